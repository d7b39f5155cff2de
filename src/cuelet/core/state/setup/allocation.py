"""Allocations of hosts, what shows may use of them, and which one this machine is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cuelet.core.state.setup.record import Record

POINTS_PER_CORE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation(Record):
    """One allocation."""

    KIND: ClassVar[str] = "allocation"
    facility: str = ""
    name: str = ""
    """Without its facility."""
    tag: str = ""
    """What its hosts are tagged with."""
    billable: bool = True

    @property
    def full_name(self) -> str:
        """Name with the facility in front."""
        return f"{self.facility}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Record):
    """What a show may use of an allocation, in hundredths of a core."""

    KIND: ClassVar[str] = "subscription"
    show: str = ""
    allocation: str = ""
    size: int = 0
    """What it is meant to use."""
    burst: int = 0
    """What it may use at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement(Record):
    """Where hosts are: there is one record of this kind, with the id `PLACEMENT`."""

    KIND: ClassVar[str] = "placement"
    host: str = ""
    """Id of the allocation that this machine is in."""
    default: str = ""
    """Id of the allocation that new hosts get into."""


PLACEMENT = "here"
