"""What the frames of a layer took together, kept up to date frame by frame.

A job of 100,000 frames is asked about while it runs; nobody adds up its frames for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class Totals:
    """Sums and extremes over the frames of one layer.

    An extreme that is taken away is only looked for again when somebody asks.
    """

    __slots__ = ("_longest_s", "_max_rss_kb", "_shortest_s", "core_s", "finished", "wall_s")

    def __init__(self) -> None:
        self.finished = 0
        """Frames that have run to an end."""
        self.wall_s = self.core_s = 0.0
        self._shortest_s: float | None = None
        self._longest_s: float | None = 0.0
        self._max_rss_kb: int | None = 0

    def recount(self, walls: Sequence[float], cpu_s: Iterable[float], peaks: Iterable[int]) -> None:
        """Count the figures of all frames, and nothing else."""
        ran = [wall for wall in walls if wall > 0]
        self.finished, self.wall_s, self.core_s = len(ran), sum(ran), sum(cpu_s)
        self._shortest_s, self._longest_s = min(ran, default=None), max(ran, default=0.0)
        self._max_rss_kb = max(peaks, default=0)

    def add(self, wall_s: float, cpu_s: float, max_rss_kb: int) -> None:
        """Count a frame's figures in."""
        if wall_s > 0:
            self.finished += 1
            self.wall_s += wall_s
            if self._shortest_s is not None or self.finished == 1:
                self._shortest_s = min(self._shortest_s or wall_s, wall_s)
            if self._longest_s is not None:
                self._longest_s = max(self._longest_s, wall_s)
        self.core_s += cpu_s
        if self._max_rss_kb is not None:
            self._max_rss_kb = max(self._max_rss_kb, max_rss_kb)

    def drop(self, wall_s: float, cpu_s: float, max_rss_kb: int) -> None:
        """Count a frame's figures out."""
        if wall_s > 0:
            self.finished -= 1
            self.wall_s -= wall_s
            if wall_s == self._shortest_s:
                self._shortest_s = None
            if wall_s == self._longest_s:
                self._longest_s = None
        self.core_s -= cpu_s
        if max_rss_kb and max_rss_kb == self._max_rss_kb:
            self._max_rss_kb = None

    def spread_s(self, walls: Iterable[float]) -> tuple[float, float]:
        """Return the shortest and the longest wall time of the frames that have run.

        Args:
            walls: Those of all frames, 0 where there is none; looked at only if need be.
        """
        if not self.finished:
            self._shortest_s, self._longest_s = None, 0.0
            return 0.0, 0.0
        if self._shortest_s is None or self._longest_s is None:
            ran = [wall for wall in walls if wall > 0]
            self._shortest_s, self._longest_s = min(ran), max(ran)
        return self._shortest_s, self._longest_s

    def peak_kb(self, peaks: Iterable[int]) -> int:
        """Return the largest peak of memory; `peaks` are looked at only if need be."""
        if self._max_rss_kb is None:
            self._max_rss_kb = max(peaks, default=0)
        return self._max_rss_kb
