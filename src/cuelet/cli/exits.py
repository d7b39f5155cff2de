"""Exit codes of the command, and the errors that carry them."""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """What an exit status of ``cuelet`` means."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    ENVIRONMENT = 4
    NOT_FOUND = 5
    DENIED = 6
    DEAD_FRAMES = 7
    TIMEOUT = 124
    INTERRUPTED = 130


class CommandError(Exception):
    """End the command with one line and an exit status."""

    def __init__(self, message: str, status: Exit = Exit.FAILED) -> None:
        self.status = status
        super().__init__(message)
