"""Commands that launch and watch: run on the farm, run here, watch.

May import: what `cuelet.cli` may.
Add: what is shown while a job runs to `progress`.
"""
