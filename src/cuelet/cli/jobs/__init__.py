"""Commands about jobs that are on the farm: jobs, show, logs, why, repro, retry and its like.

May import: what `cuelet.cli` may.
Add: a command as a function here, its arguments in `cuelet.cli.main`, its entry in docs/reference.
"""
