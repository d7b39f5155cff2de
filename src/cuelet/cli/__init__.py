"""The ``cuelet`` command: data on stdout, progress and messages on stderr, honest exit codes."""
