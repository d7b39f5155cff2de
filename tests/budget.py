"""How many examples property tests try: as many as they say in `make test`, more of them in `make crash`."""

from __future__ import annotations

import os

_TIMES = int(os.environ.get("CUELET_EXAMPLES", "1"))


def examples(number: int) -> int:
    """Return how many examples to try where ``make test`` tries so many."""
    return number * _TIMES
