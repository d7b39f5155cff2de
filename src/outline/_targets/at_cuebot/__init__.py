"""What becomes of a job at the Cuebot it is sent to: who runs it, what will not start, what stays behind, how long it takes.

May import: jobspec, config, and of this package's parent what a specification may say.
Add: something that is in a job's way to `obstacles` when the farm decides it, to `left_behind` when this machine does.
"""
