"""A local job: the loop that starts what fits, its processes, and what is said at its end.

May import: `outline.jobspec`, `outline.frames`, `outline.exception`; no farm, no opencue.
Add: nothing that the farm decides too: such a rule belongs to `outline.jobspec`, for both.
"""
