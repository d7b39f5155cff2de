"""Calls to make later, by the monotonic clock: a heap, for a loop that polls."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from itertools import count


class Timers:
    """Calls due at given times; one that is no longer wanted must notice that itself."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def call_at(self, at: float, call: Callable[[], None]) -> None:
        """Make a call at a time of `now`, or soon after."""
        heapq.heappush(self._heap, (at, next(self._order), call))

    def call_in(self, delay_s: float, call: Callable[[], None]) -> None:
        """Make a call after a delay."""
        self.call_at(self.now() + delay_s, call)

    def wait_s(self) -> float | None:
        """Return the seconds until the next call, None when there is none."""
        return max(0.0, self._heap[0][0] - self.now()) if self._heap else None

    def run_due(self) -> None:
        """Make all calls whose time has come; those they add wait for the next round."""
        now = self.now()
        last = next(self._order)
        while self._heap and self._heap[0][0] <= now and self._heap[0][1] < last:
            heapq.heappop(self._heap)[2]()
