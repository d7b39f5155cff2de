"""What a frame may use of memory, and how much more its layer reserves after it ran out of it."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from cuelet.core.state.job import Job

RAISE_MB = 2048
"""A layer whose frame ran out of memory reserves at least so much more; OpenCue's default."""
HEADROOM = 1.25
"""And at least so many times the peak of the frame."""
MEMORY_RETRIES = 5
"""Times a frame that ran out of memory is tried again with more, until somebody retries it."""


class MemoryAction(enum.Enum):
    """What is done about a frame that uses more memory than it reserved."""

    OFF = "off"
    """Nothing."""
    WARN = "warn"
    """It is said, and the frame goes on."""
    KILL = "kill"
    """It is said; beyond the factor the frame is killed and tried again with more."""


@dataclass(frozen=True, slots=True)
class MemoryPolicy:
    """What is done about frames that use more memory than they reserved.

    Raises:
        ValueError: The factor is below 1, or no number.
    """

    action: MemoryAction = MemoryAction.WARN
    factor: float = 1.5
    """Times its reservation that a frame may use before it is killed; 1 or more."""

    def limit_mb(self, reserved_mb: int, machine_mb: int) -> int:
        """Return what a frame may use before it is killed, 0 for as much as it likes."""
        if self.action is not MemoryAction.KILL or reserved_mb <= 0:
            return 0
        return min(int(reserved_mb * self.factor), machine_mb)

    def __post_init__(self) -> None:
        if not 1 <= self.factor < math.inf:
            raise ValueError(f"a memory factor of {self.factor:g} makes no sense: use 1 or more")


@dataclass(frozen=True, slots=True)
class Excess:
    """A running frame that uses more memory than it reserved."""

    text: str
    """Such as ``uses 900 MB of 512 MB reserved``."""
    limit_mb: int
    """What the policy allows it."""
    is_fatal: bool
    """The policy says that it ends here."""


def find_excess(job: Job, index: int, policy: MemoryPolicy, machine_mb: int) -> Excess | None:
    """Return by how much a running frame exceeds its reservation, None when it does not.

    One that reserved nothing has promised nothing.
    """
    reserved_mb = job.reserved[index][1]
    used_kb, peak_kb = job.rss_kb.get(index, 0), job.max_rss_kb[index]
    if policy.action is MemoryAction.OFF or not 0 < reserved_mb * 1024 < peak_kb:
        return None
    limit_mb = policy.limit_mb(reserved_mb, machine_mb)
    is_fatal = 0 < limit_mb * 1024 < used_kb
    said = f"uses {used_kb // 1024}" if used_kb > reserved_mb * 1024 else f"used {peak_kb // 1024}"
    return Excess(f"{said} MB of {reserved_mb} MB reserved", limit_mb, is_fatal)


def raised_mb(reserved_mb: int, peak_kb: int, machine_mb: int) -> int:
    """Return what to reserve for a frame that ran out of what it had, the machine's at most."""
    peak_mb = math.ceil(peak_kb / 1024 * HEADROOM)
    return min(machine_mb, max(reserved_mb + RAISE_MB, peak_mb))
