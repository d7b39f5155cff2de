"""Rounds of paired measurements, and what is said about them: one `Figure` per claim."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 7
"""Fewest measurements behind a median."""

Measure = Callable[[], float]


@dataclass(frozen=True)
class Target:
    """What a figure has to reach: of its ratio when there is a peer, else of our median."""

    limit: float
    is_upper: bool
    text: str

    def is_reached(self, value: float) -> bool:
        """Return whether a value is on the right side of the limit."""
        return value <= self.limit if self.is_upper else value >= self.limit


def at_most(limit: float, text: str) -> Target:
    """Return a target that is an upper limit."""
    return Target(limit, True, text)


def at_least(limit: float, text: str) -> Target:
    """Return a target that is a lower limit."""
    return Target(limit, False, text)


@dataclass(frozen=True)
class Figure:
    """One claim and what was measured for it.

    ``ours`` and ``peer`` are in measuring order, so that the n-th of both ran side by side.
    """

    id: str
    what: str
    unit: str
    ours: list[float]
    peer_name: str = ""
    peer: list[float] = field(default_factory=list)
    target: Target | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Median over the rounds of ours divided by the peer's."""
        if not self.peer:
            return None
        return statistics.median(a / b for a, b in zip(self.ours, self.peer, strict=True))

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        value = statistics.median(self.ours) if self.ratio is None else self.ratio
        return self.target.is_reached(value)

    def line(self) -> dict[str, Any]:
        """Return the figure as one JSON object."""
        return {
            "id": self.id,
            "what": self.what,
            "unit": self.unit,
            "ours": spread(self.ours),
            "peer": {"name": self.peer_name, **spread(self.peer)} if self.peer else None,
            "ratio": None if self.ratio is None else rounded(self.ratio),
            "target": self.target.text if self.target else None,
            "reached": self.reached,
            "n": len(self.ours),
            **self.more,
        }


@dataclass(frozen=True)
class Skipped:
    """A comparison that could not be made, and why."""

    id: str
    what: str
    reason: str

    def line(self) -> dict[str, Any]:
        """Return the reason as one JSON object."""
        return {"id": self.id, "what": self.what, "skipped": self.reason}


def spread(values: list[float]) -> dict[str, float]:
    """Return median, least and most of some values."""
    return {
        "median": rounded(statistics.median(values)),
        "min": rounded(min(values)),
        "max": rounded(max(values)),
    }


def rounded(value: float) -> float:
    """Return a value with four significant digits."""
    return float(f"{value:.4g}")


def percentile(values: list[float], share: float) -> float:
    """Return the least value that at least ``share`` (0-1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def alternate(measures: Mapping[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Take every measurement once per round, one after the other: A B C A B C ..."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            taken[name].append(measure())
    return taken


def elapsed_s(call: Callable[[], object]) -> float:
    """Return how long a call takes, in seconds."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processors, kernel, Python, load and disk."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
        "fsync_ms": rounded(_fsync_ms()),
    }


def _fsync_ms() -> float:
    with tempfile.NamedTemporaryFile(buffering=0) as file:
        taken = []
        for _ in range(20):
            file.write(b"x" * 4096)
            taken.append(1000 * elapsed_s(lambda: os.fsync(file.fileno())))
    return statistics.median(taken)
