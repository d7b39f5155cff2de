"""Cuelet: the embedded OpenCue-compatible farm for one machine, and its everyday commands.

`server` and `services` build the farm out of its parts; `settings` are what a farm is started with.
May import: its folders as their own docstrings say; import-linter holds the order.
Add: a part of the farm to `server`, something that answers calls to `services`, a variable to `settings`.
"""

__version__ = "0.1.0"
