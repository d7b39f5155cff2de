"""A group of jobs of a show, and which group a job is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cuelet.core.state.setup.record import Record

UNSET = -1
"""A limit or a default that nobody has set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Record):
    """One group; that at the root of a show has no parent, and the show's name when it is made."""

    KIND: ClassVar[str] = "group"
    show: str = ""
    """Id of the show."""
    parent: str = ""
    """Id of the group it is in; empty at the root."""
    name: str = ""
    department: str = "Unknown"
    min_cores: float = 0.0
    max_cores: float = UNSET
    """Cores that frames of its jobs may hold together; those of groups in it do not count."""
    min_gpus: int = 0
    max_gpus: int = UNSET
    job_priority: int = UNSET
    """What jobs get that are moved into it; so are the next four."""
    job_min_cores: float = UNSET
    job_max_cores: float = UNSET
    job_min_gpus: int = UNSET
    job_max_gpus: int = UNSET

    @property
    def is_limited(self) -> bool:
        """Whether its jobs may not use all there is."""
        return self.max_cores >= 0 or self.max_gpus >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Record):
    """The group of a job that is not in the root group of its show; its id is the job's."""

    KIND: ClassVar[str] = "membership"
    group: str = ""
