"""A farm of hosts as far as a launch depends on it: shows, hosts, services, limits."""

from __future__ import annotations

from outline.jobspec.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class RenderHost(Record):
    """A host that runs frames."""

    name: str
    cores: float
    memory_mb: int
    gpus: int = 0
    tags: tuple[str, ...] | None = None
    """None when tags do not matter there."""
    allocation: str = ""
    """``facility.allocation``; empty when nobody says."""
    is_up: bool = True
    is_open: bool = True
    """Neither locked by hand nor by somebody who sits there."""

    @property
    def facility(self) -> str:
        """The facility it stands in; empty when nobody says."""
        return self.allocation.partition(".")[0]


class Share(Record):
    """What a show may use of an allocation: its subscription."""

    allocation: str
    size: float
    """Cores it is entitled to."""
    burst: float
    """Cores it may use at most."""


class FarmShow(Record):
    """A show."""

    name: str
    is_active: bool = True
    """It takes jobs."""
    is_dispatched: bool = True
    is_booked: bool = True
    has_own_scheduler: bool = False
    """A scheduler beside the Cuebot books its frames."""


class FarmService(Record):
    """What a layer reserves that says no more than its service."""

    tags: tuple[str, ...]
    cores: float
    memory_mb: int
    gpus: int = 0


class RenderFarm(Record):
    """A farm, as one job meets it; None where nobody was asked."""

    hosts: tuple[RenderHost, ...] | None = None
    shows: tuple[FarmShow, ...] | None = None
    shares: tuple[Share, ...] | None = None
    """Subscriptions of the job's show."""
    services: Mapping[str, FarmService] | None = None
    """By name, as the job's show has them."""
    limits: frozenset[str] | None = None
    is_pending: bool = False
    """A job of that name has not ended."""
    silence: str = ""
    """Why not everything could be asked; empty when it could."""
