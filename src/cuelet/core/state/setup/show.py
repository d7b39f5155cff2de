"""A show, as somebody has set it up or a launch has made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cuelet.core.state.setup.record import Record

UNSET = -1.0
"""A default that nobody has set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show(Record):
    """One show; its id follows from the name it was made with."""

    KIND: ClassVar[str] = "show"
    name: str = ""
    active: bool = True
    """Whether it takes jobs."""
    booking: bool = True
    dispatching: bool = True
    """Whether its frames start: both have to be on."""
    default_min_cores: float = UNSET
    default_max_cores: float = UNSET
    """Of jobs that do not say themselves."""
    default_min_gpus: int = -1
    default_max_gpus: int = -1
    comment_email: str = ""
    scheduler_managed: bool = False
    """Whether OpenCue's other scheduler is to serve it; there is none here: kept and shown."""
    archived_to: str = ""
    """The show that gets its jobs from now on, by id; empty while it is not archived."""
    archived_name: str = ""
    """The name it had, by which jobs are still launched."""
    made_by_launch: bool = False
    """Whether nobody made it but a launch that named it."""
    has_own_subscriptions: bool = False
    """Whether somebody said what it may use; until then that is the whole of the usual allocation."""

    @property
    def starts_frames(self) -> bool:
        """Whether frames of it start at all."""
        return self.booking and self.dispatching
