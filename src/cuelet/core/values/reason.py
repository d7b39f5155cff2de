"""One reason for which a frame does not run, in words and with what changes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that holds a frame back, or the word that nothing does."""

    code: str
    """Short and stable: paused, depend, cores, memory, ..."""
    text: str
    remedy: str = ""
    """A command that changes it and can be pasted as it is, or empty: what runs is waited for."""
    cost: str = ""
    """What the command costs, in words, where it costs something."""
