"""One line to stderr, where there is one."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Write a line to stderr, if there is one: a DCC may have no console."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
