"""Commands about the farm itself: start and stop, limits, backup, check, prune, doctor.

May import: what `cuelet.cli` may; `backup` and `check` also the store, whose file they read while no farm runs.
Add: a check of the installation to `doctor`.
"""
