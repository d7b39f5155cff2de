"""What a frame reserves of a machine, and what its job may use of it: on the farm and here alike.

Pure: plain numbers in, plain numbers out.
"""

from __future__ import annotations

DEFAULT_MEMORY_MB = 512
"""Reserved for a frame of a layer that says nothing: room for many small tools on a laptop."""
LEAST_CORES = 0.1
"""Reserved for a frame that asks for less."""
ROUNDING_CORES = 1e-6
"""By which sums of fractions may be off."""


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


def core_count(number: float) -> str:
    """Return such as ``1 core`` or ``2.5 cores``."""
    return f"{number:g} core" + ("" if number == 1 else "s")


def is_capped(*, cores: float, used_cores: float, most_cores: float | None) -> bool:
    """Tell whether its job's cap holds a frame; one that asks for more than the cap may run alone.

    What is left of the cap is then kept for it: no frame of the job that comes after it starts.

    Args:
        cores: What the frame would get.
        used_cores: What running frames of its job hold.
        most_cores: The cap; None, 0 and less are none.
    """
    if most_cores is None or most_cores <= 0:
        return False
    return used_cores + cores > max(most_cores, cores) + ROUNDING_CORES
