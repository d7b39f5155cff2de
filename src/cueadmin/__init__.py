"""Administer a render farm from the shell: ``cueadmin``, flag for flag as OpenCue has it.

`flags` has every flag, `dispatching` finds the function for those that were given; `common`, `util`, `output` and
`format` are what other programs import, under OpenCue's names.
May import: `opencue` and what gRPC gives it; neither outline nor the farm.
Add: a flag to `flags`, what it does to the `*_operations` module of its kind, a listing to `queries`.
"""

__distribution__ = "cuelet"
"""By this Cuelet knows its own packages from OpenCue's of the same names."""
