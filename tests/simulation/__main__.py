"""Replay one seed with its whole history, or try many: ``python -m tests.simulation SEED [LAST]``."""

from __future__ import annotations

import sys
import time

from tests.simulation.world import SimulationError, simulate


def main(arguments: list[str]) -> int:
    """Return 1 when a seed failed."""
    if not 1 <= len(arguments) <= 2 or not all(each.isdecimal() for each in arguments):
        print(__doc__)
        return 2
    first, last = int(arguments[0]), int(arguments[-1])
    if len(arguments) == 1:
        return _try(first, print)
    began, failed = time.monotonic(), 0
    for seed in range(first, last + 1):
        failed += _try(seed)
    print(f"{last - first + 1} seeds, {failed} failed, {time.monotonic() - began:.1f} s")
    return int(failed > 0)


def _try(seed: int, note: object = None) -> int:
    try:
        simulate(seed, print if note else lambda line: None)
    except SimulationError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
