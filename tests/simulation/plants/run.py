"""Prove that simulation and model catch bugs: plant one in a copy of the tree and see them fail.

Run by hand, a few seconds to a minute per plant: ``.venv/bin/python -m tests.simulation.plants.run
[NAME ...]``. Ends with 0 when every plant was caught. docs/robustness.md keeps what caught which.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.plants import failures, planted, try_all

TESTS = ("tests/simulation/test_simulation.py", "tests/property/test_farm_model.py")

PLUGIN = "tests.simulation.plants.no_shrinking"


def caught_by(patch: Path) -> list[str]:
    """Return what fails first with this patch applied: a test, and the seed of a simulation."""
    with planted(patch) as copy:
        for test in TESTS:
            printed = failures(copy, "-x", "-p", PLUGIN, test)
            found = re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", printed, re.MULTILINE)
            found += re.findall(r"SimulationError: (seed \d+)", printed)[:1]
            if found:
                return list(dict.fromkeys(found))
    return []


if __name__ == "__main__":
    raise SystemExit(try_all(Path(__file__).resolve().parent, caught_by, sys.argv[1:]))
