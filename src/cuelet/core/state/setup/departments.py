"""Which departments groups of shows can be given to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cuelet.core.state.setup.record import Record

NAMES = "names"
"""Id of the one record."""
UNKNOWN = "Unknown"
"""The department of what nobody has given to one."""
_AT_FIRST = ("Animation", "Cloth", "FX", "Hair", "Layout", "Lighting", "Pipeline", UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentNames(Record):
    """The names of all departments."""

    KIND: ClassVar[str] = "department_names"
    names: tuple[str, ...] = _AT_FIRST
