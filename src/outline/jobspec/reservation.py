"""What a frame reserves of a machine, and what its job may use of it: on the farm and here alike.

Pure: plain numbers in, plain numbers out.
"""

from __future__ import annotations

DEFAULT_MEMORY_MB = 512
"""Reserved for a frame of a layer that says nothing: room for many small tools on a laptop."""
LEAST_CORES = 0.1
"""Reserved for a frame that asks for less."""
_ROUNDING = 1e-6
"""Cores by which sums of fractions may be off."""


def asked_cores(*, cores: float, max_cores: float, threadable: bool, machine_cores: float) -> float:
    """Return the cores a frame asks for on a machine of so many, which may be more than it has.

    Args:
        cores: What its layer says: 0 is the whole machine, -n all but n, one at least.
        max_cores: Its layer's cap; 0 is none.
        threadable: It can use several; otherwise it gets one at most.
        machine_cores: Cores of the machine.
    """
    wanted = max(cores, LEAST_CORES) if cores > 0 else max(machine_cores + cores, 1.0)
    if max_cores > 0:
        wanted = min(wanted, max(max_cores, LEAST_CORES))
    return wanted if threadable else min(wanted, 1.0)


def reserve(
    *,
    cores: float,
    max_cores: float,
    threadable: bool,
    memory_mb: int,
    machine_cores: float,
    machine_memory_mb: int,
) -> tuple[float, int]:
    """Return the cores and the memory (MB) a frame gets: what it asks, the machine at most; see `asked_cores`."""
    asked = asked_cores(
        cores=cores, max_cores=max_cores, threadable=threadable, machine_cores=machine_cores
    )
    return min(asked, machine_cores), min(memory_mb, machine_memory_mb)
