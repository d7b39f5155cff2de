"""What people ask of jobs and frames: pause, urgency, kill, retry, eat, release."""

from __future__ import annotations

from collections.abc import Iterable

from cuelet.core.operations import lanes
from cuelet.core.operations.attempts import finish, finish_if_complete, kill
from cuelet.core.operations.exit_status import begin_anew
from cuelet.core.state.decision import Decision
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.errors import (
    InvalidRequestError,
)
from cuelet.core.values.states import (
    DEPEND,
    EATEN,
    RUNNING,
    SETUP,
    SUCCEEDED,
    WAITING,
    WITH_RUNNER,
    Intent,
    JobState,
)


def set_paused(job: Job, decision: Decision, *, paused: bool) -> None:
    """Stop or resume booking frames of a job; running frames go on, an ended job stays as it is."""
    if job.state is JobState.PENDING:
        job.paused = paused
        decision.job(job)
        if paused:
            lanes.withdraw(job, decision)


def set_priority(farm: Farm, job: Job, priority: int, decision: Decision) -> None:
    """Set the urgency of a job; higher goes first."""
    job.priority = priority
    farm.sort()
    decision.job(job)


def set_autoeat(job: Job, decision: Decision, *, autoeat: bool) -> None:
    """Give frames that fail up at once, without retries; or give their retries back."""
    job.autoeat = autoeat
    job.max_retries = 0 if autoeat else job.spec.max_retries
    for layer in job.layers:
        own = layer.spec.retries
        layer.retries = job.max_retries if autoeat or own is None else own
    decision.job(job)


def kill_job(farm: Farm, job: Job, decision: Decision, *, now: float) -> None:
    """End a job: running frames are killed, waiting ones never run, nor does what waits for them."""
    if job.state is JobState.FINISHED:
        return
    finish(farm, job, decision, now=now)
    lanes.withdraw(job, decision)
    job.state_changed(decision)
    for layer in job.layers:
        for index in job.frames_in(layer, frozenset({RUNNING})):
            kill(job, index, Intent.JOB_KILLED, decision)


def kill_frames(job: Job, indexes: Iterable[int], decision: Decision, *, by: str) -> int:
    """Kill running frames: they end dead; return how many."""
    running = [index for index in indexes if job.state_of[index] == RUNNING]
    for index in running:
        job.reasons[index] = f"killed by {by}"
        kill(job, index, Intent.KILL, decision)
    return len(running)


def retry_frames(farm: Farm, job: Job, indexes: Iterable[int], decision: Decision) -> int:
    """Run frames again, with all their retries; return how many.

    Running ones are killed first.
    What waited for them waits again, and what had run after them runs again.
    """
    chosen = [index for index in indexes if job.state_of[index] not in (WAITING, SETUP, DEPEND)]
    if chosen and job.state is JobState.FINISHED:
        _refuse_second(farm, job)
        farm.reopen(job)
        decision.job(job)
        job.state_changed(decision)
    for index in chosen:
        begin_anew(job, index)
        job.unmark_done(index, decision)
        if job.state_of[index] == RUNNING:
            kill(job, index, Intent.RETRY, decision)
        else:
            job.move(index, WAITING, decision)
    return len(chosen)


def _refuse_second(farm: Farm, job: Job) -> None:
    if farm.find_pending_job(job.name):
        raise InvalidRequestError(
            request=f"retry in finished job {job.name}",
            reason="a newer job of that name is pending; kill it first",
        )


def eat_frames(
    farm: Farm, job: Job, indexes: Iterable[int], decision: Decision, *, now: float
) -> int:
    """Give up on frames, so that the rest can go on; return how many."""
    chosen = [i for i in indexes if job.state_of[i] not in (SUCCEEDED, EATEN)]
    for index in chosen:
        if job.state_of[index] in WITH_RUNNER:
            kill(job, index, Intent.EAT, decision)
        else:
            job.move(index, EATEN, decision)
    finish_if_complete(farm, job, decision, now=now)
    return len(chosen)


def free_frames(job: Job, indexes: Iterable[int], decision: Decision) -> int:
    """Let frames run whatever they wait for; return how many did wait."""
    chosen = [index for index in indexes if job.state_of[index] == DEPEND]
    for index in chosen:
        job.free(index, decision)
    return len(chosen)


def release_edges(job: Job, edges: Iterable[Edge], decision: Decision) -> int:
    """Take depends out of force; return how many were in force."""
    chosen = [edge for edge in edges if edge.active]
    for edge in chosen:
        job.release(edge, decision)
    return len(chosen)


def mark_done(job: Job, indexes: Iterable[int], decision: Decision) -> None:
    """Release what waits for these frames, without touching these."""
    for index in indexes:
        job.mark_done(index, decision)
