"""The farm's loop: take what came in, decide, commit, then act.

`engine` is the loop, `ports` says what it needs of a store and a runner.
May import: the core, `outline.config` for the path map; a store or runner only by its port.
Add: what is looked at between decisions as a module beside `disks` and `watchdog`.
"""
