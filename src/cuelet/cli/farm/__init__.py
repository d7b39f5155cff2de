"""Commands about the farm itself: start and stop, limits, backup, prune, doctor.

May import: what `cuelet.cli` may.
Add: a check of the installation to `doctor`.
"""
