"""Whether the kernel killed for want of memory: its own count of such kills."""

from __future__ import annotations

import time
from collections.abc import Callable

MARK_AGE_S = 1.0
"""A mark may be so old: many short runs share one look at the kernel's counters."""
_VMSTAT = "/proc/vmstat"


def count_oom_kills(path: str = _VMSTAT) -> int:
    """Return how often the kernel has killed for want of memory since boot, 0 if it does not say."""
    try:
        with open(path, "rb") as counters:
            text = counters.read()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith(b"oom_kill "):
            return int(line.split()[1])
    return 0


class OomCounter:
    """Tells which of the runs that got a SIGKILL may have got it from the kernel.

    The kernel does not say whom it killed, only how often; each of its kills explains one run.
    """

    def __init__(
        self,
        count: Callable[[], int] = count_oom_kills,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count, self._now = count, now
        self._claimed = 0
        self._mark = 0
        self._marked_at: float | None = None

    def mark(self) -> int:
        """Return what a run that begins now has to show at its end."""
        if self._marked_at is None or self._now() - self._marked_at > MARK_AGE_S:
            self._mark, self._marked_at = self._unclaimed(), self._now()
        return self._mark

    def claim(self, mark: int) -> bool:
        """Tell whether the kernel has killed since a mark, and explain one run by that."""
        if self._unclaimed() <= mark:
            return False
        self._claimed += 1
        return True

    def account_for(self, kills: int) -> None:
        """Note kills that are explained otherwise."""
        self._claimed += kills

    def _unclaimed(self) -> int:
        return self._count() - self._claimed
