"""Prove that simulation and model catch bugs: plant one in a copy of the tree and see them fail.

Run by hand, a few seconds to a minute per plant: ``.venv/bin/python tests/simulation/plants/run.py
[NAME ...]``. Ends with 0 when every plant was caught. docs/robustness.md keeps what caught which.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TESTS = ("tests/simulation/test_simulation.py", "tests/property/test_farm_model.py")

PLUGIN = "tests.simulation.plants.no_shrinking"


def caught_by(patch: Path) -> list[str]:
    """Return what fails first with this patch applied: a test, and the seed of a simulation."""
    with tempfile.TemporaryDirectory(prefix="cuelet-plant-") as folder:
        copy = Path(folder)
        for part in ("src", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        subprocess.run(["patch", "-p1", "-s", "-i", str(patch)], cwd=copy, check=True)
        found = []
        for test in TESTS:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-x", "-rfE", "-p", PLUGIN, test],
                cwd=copy,
                env={**os.environ, "PYTHONPATH": str(copy / "src")},
                capture_output=True,
                text=True,
            )
            if done.returncode not in (0, 1):
                raise SystemExit(f"pytest did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            found += re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", done.stdout, re.MULTILINE)
            found += re.findall(r"SimulationError: (seed \d+)", done.stdout)[:1]
            if found:
                break
    return list(dict.fromkeys(found))


def main(names: list[str]) -> int:
    """Try the named plants, or all; return how many went unnoticed."""
    unnoticed = 0
    for patch in sorted(HERE.glob("*.patch")):
        if names and patch.stem not in names:
            continue
        tests = caught_by(patch)
        print(f"{patch.stem}: {', '.join(tests) or 'NOT CAUGHT'}", flush=True)
        unnoticed += not tests
    return unnoticed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
