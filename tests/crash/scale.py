"""How much of each crash test runs, from which seed, and the figures it found.

`make test` runs quick cuts, `make crash` the full counts, `make crash CRASH_S=300` about five
minutes of them.
"""

from __future__ import annotations

import json
import math
import os
import random
import time
from pathlib import Path
from typing import Any

FULL_S = 1500.0
"""What the full counts take on two cores."""

SEED = int(os.environ.get("CUELET_CRASH_SEED", "0")) or random.randrange(1, 10**6)

figures: list[dict[str, Any]] = []
"""What the tests of this process measured, in their order."""


def is_long() -> bool:
    """Tell whether this is `make crash`."""
    return os.environ.get("CUELET_CRASH") == "full"


def count(*, quick: int, full: int) -> int:
    """Return how often to do it."""
    if not is_long():
        return quick
    budget_s = float(os.environ.get("CUELET_CRASH_S") or FULL_S)
    return max(quick, min(full, math.ceil(full * budget_s / FULL_S)))


def chance(name: str) -> random.Random:
    """Return the random choices of one test; the seed is printed when it fails."""
    print(f"CUELET_CRASH_SEED={SEED}")
    return random.Random(f"{SEED} {name}")


def record(row: str, **measured: Any) -> None:
    """Keep what a test measured for docs/robustness.md: printed at the end, appended to a file."""
    found = {"row": row, "seed": SEED, "at": time.strftime("%Y-%m-%d %H:%M"), **measured}
    figures.append(found)
    if path := os.environ.get("CUELET_CRASH_REPORT"):
        with Path(path).open("a") as report:
            report.write(json.dumps(found) + "\n")
