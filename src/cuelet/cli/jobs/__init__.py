"""Commands about jobs that are on the farm: jobs, show, logs, why, repro, retry and its like.

May import: what `cuelet.cli` may.
Add: a command as a file here, its arguments in `arguments`, its entry in docs/reference.
"""
