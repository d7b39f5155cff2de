"""Commands about the folders in which jobs keep files and data.

May import: what `cuelet.cli` may.
Add: a command as a file here; what is found out about a folder to `cuelet.client.sessions`.
"""
