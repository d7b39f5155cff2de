"""Limits: how many frames may use one thing at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import opencue


@dataclass(frozen=True, slots=True)
class LimitView:
    """A limit as it was when the farm was asked."""

    id: str
    name: str
    max: int
    """Frames at a time; below 0 for no limit."""
    running: int
    """Frames that take it now."""

    def values(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return asdict(self)


def list_limits() -> tuple[LimitView, ...]:
    """Return every limit."""
    return tuple(
        LimitView(limit.id(), limit.name(), limit.maxValue(), limit.currentRunning())
        for limit in opencue.api.getLimits()
    )


def set_limit(name: str, most: int) -> None:
    """Make a limit, or change the maximum of the one of that name."""
    known = {limit.name(): limit for limit in opencue.api.getLimits()}
    if name in known:
        known[name].setMaxValue(most)
    else:
        opencue.api.createLimit(name, most)


def delete_limit(name: str) -> None:
    """Remove a limit; layers that carry it run without it."""
    opencue.api.findLimit(name).delete()
