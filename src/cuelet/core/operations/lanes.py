"""Frames in lanes begin, end, and are given back; `cuelet.core.scheduling.lanes` fills the lanes."""

from __future__ import annotations

from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.states import RUNNING, SETUP


def leave(farm: Farm, job: Job, index: int, decision: Decision, *, at: float | None) -> None:
    """Take a frame out of its lane; what it held goes to the next one, or back.

    Args:
        farm: The farm.
        job: The job.
        index: The frame.
        decision: Where what changes is noted.
        at: When it ended, and the next one began; None when it did not even begin.
    """
    if job.state_of[index] == SETUP:
        for lane in job.lanes.values():
            if index in lane.queue:
                lane.queue.remove(index)
    elif (lane_ := job.lanes.pop(index, None)) and lane_.queue:
        following = lane_.queue.popleft()
        job.prefetched_reservations.pop(following, None)
        job.reserved[following] = job.reserved.pop(index)
        if index in job.gpus_held:
            job.gpus_held[following] = job.gpus_held.pop(index)
        job.started_with.pop(index, None)
        job.rss_kb.pop(index, None)
        job.lanes[following] = lane_
        job.note_start(following, job.start_at[index] if at is None else at)
        job.move(following, RUNNING, decision)
    else:
        farm.release(job, index)


def forget(job: Job) -> None:
    """Drop the names of a job's lanes, once the runner has met the farm and nothing waits there."""
    job.lanes.clear()


def has_followed(job: Job, index: int) -> bool:
    """Tell whether the runner started a frame by itself: only it knows when."""
    lane = job.lanes.get(index)
    followed = lane is not None and lane.id != job.run_id(index)
    return followed or job.state_of[index] == SETUP


def withdraw(job: Job, decision: Decision) -> None:
    """Ask the runner to give back what of a job it has not started."""
    for lane in job.lanes.values():
        decision.withdraws += [job.run_id(index) for index in lane.queue]
