"""Depends of a job: all of them as values, and those on other jobs to drop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import opencue
from cuelet.client.errors import NoDependError
from cuelet.client.lookup import get_job
from opencue.depends import list_records
from opencue.wrappers.depend import Depend
from opencue.wrappers.job import Job


@dataclass(frozen=True, slots=True)
class DependView:
    """Who waits for what, as it was when the farm was asked."""

    id: str
    layer: str
    """The layer that waits; a job or a frame where the type says so."""
    on: str
    on_job: str
    """The job waited for; empty: the same one."""
    type: str
    outcome: str
    active: bool
    released: bool
    left: int
    """Frames that still wait for it."""
    on_left: int
    """Awaited frames that are not there yet."""
    text: str
    """A sentence."""

    def values(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return asdict(self)


def list_depends(job_id: str) -> tuple[DependView, ...]:
    """Return the depends of a job."""
    names = [field.name for field in fields(DependView)]
    records = list_records(job_id)
    return tuple(DependView(**{name: each[name] for name in names}) for each in records)


def drop_between_jobs(job: Job, *, layers: Sequence[str] = (), on: str = "") -> int:
    """Let a job, or layers of it, start without waiting for other jobs; return how many depends went.

    Args:
        job: The job that waits.
        layers: Only what these layers wait for; none: all.
        on: Only what waits for the job of this name or id; empty: all.

    Raises:
        NoDependError: Nothing of the job waits so.
        EntityNotFoundException: There is no such layer or job.
    """
    chosen = _between_jobs(job)
    if layers:
        waiting = {job.getLayer(name).name() for name in layers}
        chosen = [depend for depend in chosen if depend.dependErLayer() in waiting]
    if on:
        awaited = get_job(on).name()
        chosen = [depend for depend in chosen if depend.dependOnJob() == awaited]
    if not chosen:
        raise NoDependError(job=job.name())
    for depend in chosen:
        depend.satisfy()
    return len(chosen)


def _between_jobs(job: Job) -> list[Depend]:
    """Return what is in force between a job and others."""
    external = opencue.api.depend_pb2.EXTERNAL
    return [each for each in job.getDepends() if each.target() == external and each.isActive()]
