"""Giving what running frames hold to something else: they end or run to their end, others come first."""

from __future__ import annotations

from collections.abc import Iterable

from cuelet.core.operations.requests import retry_frames, set_priority
from cuelet.core.operations.setup.groups import jobs_in
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.setup.group import Group
from cuelet.core.values.errors import InvalidRequestError
from cuelet.core.values.states import RUNNING, WAITING, JobState

Running = tuple[Job, int]
"""A frame that runs."""


def unbook(farm: Farm, found: Iterable[Running], decision: Decision, *, kill: bool) -> int:
    """Have frames give back what they hold: at once, and run again later, or when they end.

    A frame that ends gives back what it holds anyway: the next one is chosen anew.

    Returns:
        How many frames were running.
    """
    running = [(job, index) for job, index in found if job.state_of[index] == RUNNING]
    if kill:
        for job, index in running:
            retry_frames(farm, job, [index], decision)
    return len(running)


def redirect(
    farm: Farm, found: Iterable[Running], target: Job, decision: Decision, *, kill: bool
) -> int:
    """Give what frames hold to a job: it goes before theirs from now on.

    Raises:
        InvalidRequestError: The job has ended.

    Returns:
        How many frames were running.
    """
    if target.state is not JobState.PENDING:
        reason = "it has ended"
        raise InvalidRequestError(request=f"redirect to job {target.name}", reason=reason)
    running = [(job, index) for job, index in found if job is not target]
    if not running:
        return 0
    before = max(job.priority for job, _ in running)
    if target.priority <= before:
        set_priority(farm, target, before + 1, decision)
    return unbook(farm, running, decision, kill=kill)


def redirect_to_group(
    farm: Farm, found: Iterable[Running], group: Group, decision: Decision, *, kill: bool
) -> int:
    """Give what frames hold to the job of a group that has its turn next; return how many were running.

    Raises:
        InvalidRequestError: No job of the group has frames to start.
    """
    here = {job.id for job in jobs_in(farm, group)}
    for job in farm.order:
        if job.id in here and job.count(WAITING) and not job.paused:
            return redirect(farm, found, job, decision, kill=kill)
    reason = "none of its jobs has a frame that could start"
    raise InvalidRequestError(request=f"redirect to group {group.name}", reason=reason)
