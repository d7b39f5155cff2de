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
    """A command that would change it, or empty."""
