"""What launching commands share: their options, and launching and inspecting scripts.

May import: all of outline; opencue only in `launching`.
Add: an option that every launching command takes to `options`.
"""
