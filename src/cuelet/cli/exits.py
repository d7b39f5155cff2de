"""Exit codes of the command, the errors that carry them, and how an error is said."""

from __future__ import annotations

import enum
import sys

MAX_MESSAGE = 2000
"""Characters of an error that are printed; some quote commands, and commands may be long."""


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


def message_of(error: BaseException) -> str:
    """Return what the farm said in its own words, else the error's."""
    from opencue.exception import DeadlineExceededException

    if isinstance(error, DeadlineExceededException):
        return str(error)  # it said nothing; the details are gRPC's
    details = getattr(error, "details", None)
    said = details() if callable(details) else None
    return str(said or error)


def say(message: str) -> None:
    """Print an error: readable however long it is, and without what would drive a terminal."""
    from cuelet.cli.terminal import readable

    print(f"cuelet: {readable(message, MAX_MESSAGE)}", file=sys.stderr, flush=True)
