"""Commands about the farm itself: start and stop, limits, backup, prune, doctor.

May import: what `cuelet.cli` may; `backup` also the store, whose file it copies while no farm runs.
Add: a check of the installation to `doctor`.
"""
