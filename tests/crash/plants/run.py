"""Prove that the crash tests catch bugs: plant one in a copy of the tree and see them fail.

Run by hand, a minute or two per plant: ``.venv/bin/python -m tests.crash.plants.run [NAME ...]``.
A patch may begin with ``tests: FILE ...``, the files that should notice it.
Ends with 0 when every plant was caught. docs/robustness.md keeps what caught which.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.plants import failures, planted, try_all

TESTS = ["tests/crash/test_farm_kill.py"]


def tests_for(patch: Path) -> list[str]:
    """Return the files of tests that a patch names."""
    head, _, files = patch.read_text().partition("\n")[0].partition("tests: ")
    return files.split() if files and not head else TESTS


def caught_by(patch: Path) -> list[str]:
    """Return the names of the tests that fail with this patch applied."""
    with planted(patch) as copy:
        printed = failures(copy, *tests_for(patch))
    return sorted(
        set(re.findall(r"^(?:FAILED|ERROR) \S+::(\w+(?:\[\S+\])?)", printed, re.MULTILINE))
    )


if __name__ == "__main__":
    raise SystemExit(try_all(Path(__file__).resolve().parent, caught_by, sys.argv[1:]))
