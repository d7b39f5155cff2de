"""The `cuelet` command: data on stdout, progress and messages on stderr, honest exit codes.

A folder holds the commands of one kind, a file each, and their arguments; `main` imports the file of
the command that is asked for. What a command knows of jobs it asks of `cuelet.client`.
May import: `outline`, `opencue`, `cuelet.client`, `cuelet.drawing`, `cuelet.settings`, `cuelet.quantities`, the farm's server.
Add: a command as a file in its folder, its arguments in the folder's `arguments`.
"""
