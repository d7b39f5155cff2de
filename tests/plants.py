"""Plant a bug in a copy of the tree and see which tests fail: what both `plants/run.py` share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def planted(patch: Path) -> Iterator[Path]:
    """Give a copy of the tree with a patch applied."""
    with tempfile.TemporaryDirectory(prefix="cuelet-plant-") as folder:
        copy = Path(folder)
        for part in ("src", "tests"):
            shutil.copytree(
                ROOT / part,
                copy / part,
                symlinks=True,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        shutil.copy(ROOT / "pyproject.toml", copy)
        subprocess.run(["patch", "-p1", "-s", "-i", str(patch)], cwd=copy, check=True)
        yield copy


def failures(copy: Path, *arguments: str) -> str:
    """Run pytest in a copy of the tree and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rfE", *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy / "src")},
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"pytest did not run:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def try_all(folder: Path, caught_by: Callable[[Path], Sequence[str]], names: Sequence[str]) -> int:
    """Try the named plants of a folder, or all; return how many went unnoticed."""
    unnoticed = 0
    for patch in sorted(folder.glob("*.patch")):
        if names and patch.stem not in names:
            continue
        found = caught_by(patch)
        print(f"{patch.stem}: {', '.join(found) or 'NOT CAUGHT'}", flush=True)
        unnoticed += not found
    return unnoticed
