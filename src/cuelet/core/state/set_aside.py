"""Jobs that are kept but not run, because what is stored of them is damaged."""

from __future__ import annotations

from typing import NamedTuple


class SetAside(NamedTuple):
    """A job that the farm leaves alone until somebody decides about it."""

    id: str
    name: str
    reason: str
    """What is wrong, in words that go on after its name."""
