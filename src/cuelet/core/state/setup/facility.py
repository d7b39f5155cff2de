"""A place that machines stand in, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cuelet.core.state.setup.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility(Record):
    """One facility beside the one of this machine, which is there without being made."""

    KIND: ClassVar[str] = "facility"
    name: str = ""
