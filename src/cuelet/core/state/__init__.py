"""What the farm knows at one moment: jobs with their frames and edges, the machine, limits, disks.

Classes that keep their own counters right; who may change what, and why, is not decided here.
May import: `values`, `outline.jobspec` and `outline.frames`.
Add: something remembered of a frame to `frame_table` and `frame_row`, of a layer to `layer`, of the
machine to `host`.
"""
