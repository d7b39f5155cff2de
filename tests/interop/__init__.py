"""OpenCue's own clients from PyPI, unchanged, at work on an embedded farm: ``make interop``.

Each is installed in an environment of its own and driven by real commands, CueGUI by clicks under a virtual display.
What came of each action goes into a row, and the rows into ``docs/reference/compatibility.md``.
"""
