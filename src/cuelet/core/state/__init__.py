"""What the farm knows at one moment: jobs with their frames and edges, the machine, limits, disks.

Classes that keep their own counters right; who may change what, and why, is not decided here.
May import: `values` and `outline.jobspec`.
Add: something remembered of a frame to `job`, of the machine to `host`.
"""
