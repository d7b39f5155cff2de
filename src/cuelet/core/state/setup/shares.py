"""What jobs of a group or a show may use of the machine together, and what they use: asked before each start."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuelet.core.state.setup.allocation import PLACEMENT, POINTS_PER_CORE, Placement, Subscription
from cuelet.core.state.setup.group import Group
from cuelet.core.state.setup.identity import (
    USUAL_ALLOCATION,
    allocation_id,
    root_group_id,
    subscription_id,
)
from cuelet.core.state.setup.record import Records
from cuelet.core.state.setup.show import Show

if TYPE_CHECKING:
    from cuelet.core.state.job import Job

_ROUNDING = 1e-6


class ShareKind(enum.Enum):
    """What sets the limit."""

    GROUP = "group"
    BURST = "burst"
    """A subscription's."""
    NO_SUBSCRIPTION = "no subscription"
    """The show may not use this machine."""


@dataclass(slots=True, eq=False)
class Share:
    """A limit on what some jobs use together, and how much that is."""

    kind: ShareKind
    owner: str
    """Id of the group or the show."""
    max_cores: float = math.inf
    max_gpus: float = math.inf
    cores: float = 0.0
    gpus: int = 0

    def take(self, cores: float, gpus: int) -> None:
        """Count what a frame holds that starts; with negative numbers one that ended."""
        self.cores = round(self.cores + cores, 6)
        self.gpus += gpus

    def has_room(self, cores: float, gpus: int) -> bool:
        """Tell whether a frame fits into what is left."""
        return (
            self.cores + cores <= self.max_cores + _ROUNDING and self.gpus + gpus <= self.max_gpus
        )

    def can_hold(self, cores: float, gpus: int) -> bool:
        """Tell whether a frame fits while nothing else runs."""
        return cores <= self.max_cores + _ROUNDING and gpus <= self.max_gpus


class Shares:
    """Every limit that the records of a farm set on groups and shows."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._by_group: dict[str, Share] = {}
        self._by_show: dict[str, Share | None] = {}
        self.closed_shows: frozenset[str] = frozenset()
        """Ids of shows whose frames do not start."""

    def rebuild(self, jobs: Iterable[Job]) -> None:
        """Read the records anew and count what every job uses."""
        self._by_show.clear()
        self._by_group = {
            group.id: _of_group(group) for group in self._records.all(Group) if group.is_limited
        }
        shows = self._records.all(Show)
        self.closed_shows = frozenset(show.id for show in shows if not show.starts_frames)
        for job in jobs:
            self.count_in(job)

    def count_in(self, job: Job) -> None:
        """Put a job under what limits it; what it uses counts there."""
        job.shares = self._of(job)
        for share in job.shares:
            share.take(job.cores_in_use, sum(job.gpus_held.values()))

    def count_out(self, job: Job) -> None:
        """Take a job from under what limits it."""
        for share in job.shares:
            share.take(-job.cores_in_use, -sum(job.gpus_held.values()))
        job.shares = ()

    def _of(self, job: Job) -> tuple[Share, ...]:
        if job.show_id not in self._by_show:
            self._by_show[job.show_id] = self._of_show(job.show_id)
        if not self._by_group:
            return tuple(filter(None, (self._by_show[job.show_id],)))
        group = self._by_group.get(job.group_id or root_group_id(job.show_id))
        return tuple(filter(None, (group, self._by_show[job.show_id])))

    def _of_show(self, show_id: str) -> Share | None:
        """Return what limits a show on the allocation of this machine; None when nothing does."""
        here = host_allocation(self._records)
        own = self._records.find(Subscription, subscription_id(here, show_id))
        if own is not None:
            burst = own.burst / POINTS_PER_CORE
            return Share(ShareKind.BURST, show_id, burst) if burst >= 0 else None
        show = self._records.find(Show, show_id)
        is_open = here == allocation_id(USUAL_ALLOCATION) and not (
            show is not None and show.has_own_subscriptions
        )
        return None if is_open else Share(ShareKind.NO_SUBSCRIPTION, show_id, 0.0)


def host_allocation(records: Records) -> str:
    """Return the id of the allocation that this machine is in."""
    place = records.find(Placement, PLACEMENT)
    return (place and place.host) or allocation_id(USUAL_ALLOCATION)


def _of_group(group: Group) -> Share:
    most_cores, most_gpus = (
        math.inf if most < 0 else most for most in (group.max_cores, group.max_gpus)
    )
    return Share(ShareKind.GROUP, group.id, most_cores, most_gpus)
