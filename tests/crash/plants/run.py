"""Prove that the crash tests catch bugs: plant one in a copy of the tree and see them fail.

Run by hand, a minute or two per plant: ``.venv/bin/python tests/crash/plants/run.py [NAME ...]``.
A patch may begin with ``tests: FILE ...``, the files that should notice it.
Ends with 0 when every plant was caught. docs/robustness.md keeps what caught which.
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
TESTS = ["tests/crash/test_farm_kill.py"]


def tests_for(patch: Path) -> list[str]:
    """Return the files of tests that a patch names."""
    head, _, files = patch.read_text().partition("\n")[0].partition("tests: ")
    return files.split() if files and not head else TESTS


def caught_by(patch: Path) -> list[str]:
    """Return the names of the tests that fail with this patch applied."""
    with tempfile.TemporaryDirectory(prefix="cuelet-plant-") as folder:
        copy = Path(folder)
        for part in ("src", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        subprocess.run(["patch", "-p1", "-s", "-i", str(patch)], cwd=copy, check=True)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-rfE", *tests_for(patch)],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy / "src")},
            capture_output=True,
            text=True,
        )
    if done.returncode not in (0, 1):
        raise SystemExit(f"pytest did not run:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return sorted(
        set(re.findall(r"^(?:FAILED|ERROR) \S+::(\w+(?:\[\S+\])?)", done.stdout, re.MULTILINE))
    )


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
