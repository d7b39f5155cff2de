"""What ends the command early, and with which exit code."""

from __future__ import annotations

import grpc

from opencue.config import ConfigError
from opencue.cuebot import UnknownFacilityException
from opencue.exception import (
    ConnectionException,
    CuebotDatabaseException,
    CueException,
    FarmNotStartedException,
)
from opencue.search import SearchOptionError

FAILED, USAGE, UNREACHABLE, LOCAL, NOT_FOUND, DENIED = 1, 2, 3, 4, 5, 6

_CODES = {
    grpc.StatusCode.DEADLINE_EXCEEDED: UNREACHABLE,
    grpc.StatusCode.NOT_FOUND: NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED: DENIED,
    grpc.StatusCode.UNAUTHENTICATED: DENIED,
}
_OF_THE_MACHINE = (OSError, MemoryError, ImportError, AttributeError, UnicodeEncodeError)
"""What `cuelet.programs` finds words for."""


class UsageError(ValueError):
    """A flag or its value makes no sense: which one and why."""

    def __init__(self, *, flag: str, reason: str) -> None:
        self.flag, self.reason = flag, reason
        super().__init__(f"{flag}: {reason}; see cueadmin -h")


class NothingFoundError(LookupError):
    """Names that nothing on the farm has.

    Args:
        kind: What was looked for, as ``job``.
        names: The names that were not found.
        known: Names that would have been.
    """

    def __init__(self, *, kind: str, names: list[str], known: list[str] | None = None) -> None:
        self.kind, self.names, self.known = kind, names, known
        shown = ", ".join(repr(name) for name in names)
        there = f"; there are: {', '.join(known)}" if known else ""
        super().__init__(f"no {kind} {shown}{there}")


class StepError(Exception):
    """One of several steps failed, after others were done.

    Args:
        done: How many steps were done before.
        total: How many there are.
        cause: What went wrong.
    """

    def __init__(self, *, done: int, total: int, cause: CueException) -> None:
        self.done, self.total, self.cause = done, total, cause
        super().__init__(f"{message_of(cause)} (done before: {done} of {total})")


def exit_code_of(error: BaseException) -> int | None:
    """Return the exit code an error ends the command with, or None when the machine or the installation is to blame."""
    if isinstance(error, StepError):
        return exit_code_of(error.cause)
    if isinstance(error, UsageError | SearchOptionError | UnknownFacilityException):
        return USAGE
    if isinstance(error, NothingFoundError):
        return NOT_FOUND
    if isinstance(error, ConfigError | FarmNotStartedException):
        return LOCAL
    if isinstance(error, CueException) and error.status in _CODES:
        return _CODES[error.status]
    if isinstance(error, ConnectionException | CuebotDatabaseException):
        return UNREACHABLE
    return None if isinstance(error, _OF_THE_MACHINE) else FAILED


def message_of(error: BaseException) -> str:
    """Return the error as one line."""
    return " ".join(str(error).split())
