"""The `cuelet` command: data on stdout, progress and messages on stderr, honest exit codes.

`main` has every command's arguments and imports the module of the one that is asked for; a folder
holds the commands of one kind. What a command knows of jobs it asks of `opencue`.
May import: `outline`, `opencue`, `cuelet.client`, `cuelet.drawing`, `cuelet.settings`, the farm's server.
Add: a command as a function in its folder, and its arguments in `main`.
"""
