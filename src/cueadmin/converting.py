"""What is typed, as what servers take: amounts, states, and ranges of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import opencue

_ON = frozenset({"yes", "on", "enabled", "true"})
_Converter = Callable[[float], float]


class Convert:
    """Texts and amounts, one into the other."""

    @staticmethod
    def gigsToKB(val: float) -> int:
        """Return gigabytes as KB."""
        return int(1024 * 1024 * val)

    @staticmethod
    def hoursToSeconds(val: float) -> int:
        """Return hours as seconds."""
        return int(3600 * val)

    @staticmethod
    def stringToBoolean(val: str) -> bool:
        """Return whether a text says yes, on, enabled or true."""
        return val.lower() in _ON

    @staticmethod
    def strToMatchSubject(val: str) -> int:
        """Return the `filter_pb2.MatchSubject` of a name in any case."""
        return _member(opencue.api.filter_pb2.MatchSubject, "match subject", val)

    @staticmethod
    def strToMatchType(val: str) -> int:
        """Return the `filter_pb2.MatchType` of a name in any case."""
        return _member(opencue.api.filter_pb2.MatchType, "match type", val)

    @staticmethod
    def strToActionType(val: str) -> int:
        """Return the `filter_pb2.ActionType` of a name in any case."""
        return _member(opencue.api.filter_pb2.ActionType, "action type", val)

    @staticmethod
    def strToFrameState(val: str) -> int:
        """Return the `job_pb2.FrameState` of a name in any case."""
        return _member(opencue.api.job_pb2.FrameState, "frame state", val)

    @staticmethod
    def strToHardwareState(val: str) -> int:
        """Return the `host_pb2.HardwareState` of a name in any case."""
        return _member(opencue.api.host_pb2.HardwareState, "hardware state", val)

    @staticmethod
    def strToThreadMode(val: str) -> int:
        """Return the `host_pb2.ThreadMode` of a name in any case."""
        return _member(opencue.api.host_pb2.ThreadMode, "thread mode", val)


def _member(members: Any, kind: str, text: str) -> int:
    name = str(text).upper()
    if name not in members.keys():  # noqa: SIM118 - an enum of protobuf is no mapping
        raise ValueError(f"invalid {kind}: {name}; there are {', '.join(members.keys())}")
    return int(members.Value(name))


def handleIntCriterion(mixed: Any, convert: _Converter | None = None) -> list[Any]:
    """Return what a server searches whole numbers by.

    Args:
        mixed: ``gtN``, ``N`` or a number for above, ``ltN`` for below, ``A-B`` for between; nothing for no criterion.
        convert: Makes the server's unit of what is typed.

    Raises:
        ValueError: It is none of these.
    """
    return _criterion("Integer", mixed, lambda text: int((convert or float)(float(text))))


def handleFloatCriterion(mixed: Any, convert: _Converter | None = None) -> list[Any]:
    """Return what a server searches fractions by; for the arguments see `handleIntCriterion`."""
    return _criterion("Float", mixed, lambda text: float((convert or float)(float(text))))


def _criterion(kind: str, mixed: Any, number: Callable[[Any], Any]) -> list[Any]:
    above, below, between = (
        getattr(opencue.api.criterion_pb2, f"{which}{kind}SearchCriterion")
        for which in ("GreaterThan", "LessThan", "InRange")
    )
    if isinstance(mixed, above | below | between):
        return [mixed]
    if isinstance(mixed, int | float):
        return [above(value=number(mixed))]
    if not mixed:
        return []
    if not isinstance(mixed, str):
        raise ValueError(f"invalid {kind.lower()} search input value: {mixed!r}")  # noqa: TRY004 - as OpenCue raises
    if mixed.startswith("lt"):
        return [below(value=number(mixed[2:]))]
    low, dash, high = mixed.partition("-")
    if dash and not mixed.startswith("gt"):
        return [between(min=number(low), max=number(high))]
    return [above(value=number(mixed.removeprefix("gt")))]
