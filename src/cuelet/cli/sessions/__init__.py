"""Commands about the folders in which jobs keep files and data.

May import: what `cuelet.cli` may.
Add: what is found out about a folder to `scan`.
"""
