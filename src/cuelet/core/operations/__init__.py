"""What may happen to the farm's state: launches, attempts of frames, requests of people, depends.

Each function checks, changes the `Farm` it is given, and notes in a `Decision` what to commit.
May import: `state` and `values`; `outline.jobspec` and `outline.frames`.
Add: a new request to `requests`; what an exit status means to `exit_status`.
"""
