"""What a check of the doctor's comes to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checkup:
    """One line of the doctor's report."""

    level: str
    """ok, warning or error."""
    what: str
    detail: str
