"""Disks without room: which there are, and which jobs they keep from starting frames."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cuelet.core.state.farm import Farm
    from cuelet.core.state.job import Job


class DiskUse(StrEnum):
    """What the farm keeps on a disk."""

    DATABASE = "database"
    """Decisions; without it nothing is taken in and nothing starts."""
    LOGS = "logs"
    """What frames print; without it nothing starts."""
    SESSION = "sessions"
    """What the frames of some jobs share; without it only these do not start."""


REMEDIES = {
    DiskUse.DATABASE: "cuelet farm prune --older-than 30d --logs",
    DiskUse.LOGS: "cuelet farm prune --older-than 30d --logs",
    DiskUse.SESSION: "cuelet sessions clean",
}
"""The command that makes room, by what the disk is used for."""


@dataclass(frozen=True, slots=True)
class FullDisk:
    """A disk that has no room left for what the farm keeps on it."""

    use: DiskUse
    folder: str
    detail: str
    """How much is left, in words."""

    @property
    def text(self) -> str:
        """One line for people."""
        return f"the farm is out of disk for its {self.use.value}: {self.folder}: {self.detail}"

    @property
    def remedy(self) -> str:
        """The command that makes room."""
        return REMEDIES[self.use]


def disks_holding(farm: Farm, job: Job) -> list[FullDisk]:
    """Return the full disks that keep a job's frames from starting."""
    return [disk for disk in farm.full_disks if _concerns(disk, job)]


def _concerns(disk: FullDisk, job: Job) -> bool:
    if disk.use is not DiskUse.SESSION:
        return True
    return job.spec.session.startswith(f"{disk.folder.rstrip('/')}/")


def find_full(farm: Farm, use: DiskUse) -> FullDisk | None:
    """Return the full disk of a use, or None."""
    return next((disk for disk in farm.full_disks if disk.use is use), None)
