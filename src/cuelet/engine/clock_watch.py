"""Whether the wall clock was set: it then no longer goes along with the clock that counts from boot."""

from __future__ import annotations

from typing import Final

from cuelet.engine.ports import Clock

_NOTICED_S: Final = 2.0
"""Smaller corrections are the business of whoever keeps the clock right."""


class ClockWatch:
    """Compare the wall clock with the one that nobody sets.

    Args:
        clock: The time.
        drift_s: Wall minus boot clock as an earlier farm of this boot knew it; None: nobody did.
    """

    def __init__(self, clock: Clock, drift_s: float | None = None) -> None:
        self._clock = clock
        self.drift_s = self._measure_s() if drift_s is None else drift_s
        """Wall minus boot clock, as what is kept was timed."""
        self._seen_s = self.drift_s

    def look(self) -> float:
        """Return by how much the wall clock was set since what is kept was timed; mostly 0."""
        self._seen_s = self._measure_s()
        jump_s = self._seen_s - self.drift_s
        return jump_s if abs(jump_s) > _NOTICED_S else 0.0

    def settle(self) -> None:
        """Note that what the last look found is kept."""
        self.drift_s = self._seen_s

    def _measure_s(self) -> float:
        return self._clock.now() - self._clock.since_boot()
