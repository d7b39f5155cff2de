"""Errors of the farm's core.

FarmError
 +-- NotFoundError        no such job, layer, frame or depend
 +-- AmbiguousNameError   a short name that several jobs answer to
 +-- DuplicateJobError    a pending job of that name exists
 +-- InvalidSpecError     a job spec the farm refuses
 +-- InvalidRequestError  an action that makes no sense here
 +-- AlreadyThereError    one of that name exists
 +-- OutOfDiskError       no room to take anything in

What any store raises when a decision cannot be kept:

NoRoomError              the disk is full; nothing of the decision was kept
NotSyncedError           the disk did not keep what it was given; the farm must end
"""

from __future__ import annotations

from collections.abc import Sequence

from cuelet.pasting import pasteable

_SHOWN = 80


def quoted(value: object) -> str:
    """Return a value as it stands in a message: its end is cut when it is long."""
    text = repr(value[: _SHOWN + 1] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


class FarmError(Exception):
    """Root of what the core refuses."""


class NotFoundError(FarmError):
    """Say what kind of thing is missing and under which name it was sought."""

    def __init__(self, *, kind: str, name: str, remedy: str = "") -> None:
        self.kind, self.name, self.remedy = kind, name, remedy
        super().__init__(f"no {kind} {quoted(name)}" + (f"; {remedy}" if remedy else ""))


class AmbiguousNameError(FarmError):
    """Name the jobs that a short name could mean."""

    def __init__(self, *, name: str, candidates: Sequence[str]) -> None:
        self.name, self.candidates = name, tuple(candidates)
        listed = ", ".join(sorted(candidates)[:5])
        super().__init__(f"job name {quoted(name)} could mean {listed}; give one of them in full")


class DuplicateJobError(FarmError):
    """Say which pending job is in the way."""

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(
            f"a pending job {quoted(name)} exists already; "
            f"kill it ({pasteable('cuelet', 'kill', name)}) or give the new one another name"
        )


class InvalidSpecError(FarmError):
    """Name the part of a job spec, the value, and what is wrong with it."""

    def __init__(self, *, where: str, value: object, reason: str) -> None:
        self.where, self.value, self.reason = where, value, reason
        super().__init__(f"{where} {quoted(value)}: {reason}")


class InvalidRequestError(FarmError):
    """Say what was asked and why it cannot be done."""

    def __init__(self, *, request: str, reason: str) -> None:
        self.request, self.reason = request, reason
        super().__init__(f"{request}: {reason}")


class AlreadyThereError(FarmError):
    """Say what kind of thing has that name already."""

    def __init__(self, *, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"{kind} {name!r} is there already; use it, or choose another name")


class OutOfDiskError(FarmError):
    """Say which disk is full, and what makes room."""

    def __init__(self, *, text: str, remedy: str) -> None:
        self.text, self.remedy = text, remedy
        super().__init__(f"{text}; make room there, {remedy} helps, then try again")


class NoRoomError(Exception):
    """Say where there is no room left; mixed into the error of a store."""

    folder: str = ""


class NotSyncedError(Exception):
    """Say that what was written may not be what is on disk; mixed into the error of a store."""
