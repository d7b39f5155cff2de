"""Which frames start now.

May import: `operations`, `state`, `values`.
Add: what keeps a frame from starting belongs to `obstacles`, in the order in which it is met.
"""
