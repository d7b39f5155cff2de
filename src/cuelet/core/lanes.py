"""Lanes: frames that the runner gets ahead of their turn, behind a running frame of their layer.

The runner starts them one after the other, each when nothing is left of the one before, within
the reservation of the first: the farm's commit and the way to it cost nothing between two short
frames. Only frames that would get the reservation next are booked so, and only while the layer's
frames are short; the runner gives back what waited too long.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from cuelet.core.endings import begin_anew
from cuelet.core.job import Job, Lane, Layer
from cuelet.core.pace import SHORT_S
from cuelet.core.states import RUNNING, SETUP, WAITING

if TYPE_CHECKING:
    from cuelet.core.farm import Decision, Farm


def fill(farm: Farm, job: Job, layer: Layer, decision: Decision, *, now: float) -> None:
    """Book waiting frames of a layer behind those that run, once half of a lane is used up."""
    depth = layer.pace.frames_ahead()
    if not depth or not layer.counts[WAITING] or _is_decided_late(layer):
        return
    leaders = _leaders(farm, job, layer, now)
    for index in leaders:
        # What is left is shared out, so that no lane ends long before the others.
        wanted = min(depth, layer.counts[WAITING] // (2 * len(leaders)))
        lane = job.lanes.get(index) or Lane(job.run_id(index), deque())
        if 2 * len(lane.queue) < wanted:
            job.lanes[index] = lane
            for _ in range(wanted - len(lane.queue)):
                _book(job, layer, lane, decision, holds=job.reserved[index])
            if farm.passed and farm.passed[0] is layer:
                farm.passed = layer, now  # it gets its turn


def _is_decided_late(layer: Layer) -> bool:
    """Tell whether more than cores decides on each frame, which is known when it is its turn."""
    return bool(layer.spec.skip_existing or layer.limits or layer.gpus)


def _leaders(farm: Farm, job: Job, layer: Layer, now: float) -> list[int]:
    """Return the frames of a layer that run with what it asks, and may soon end."""
    wanted = farm.reservation(layer)
    return [
        index
        for index, reserved in job.reserved.items()
        if layer.start <= index < layer.end
        and reserved == wanted
        and index not in job.intents
        and now - job.start_at[index] <= SHORT_S
    ]


def _book(
    job: Job, layer: Layer, lane: Lane, decision: Decision, *, holds: tuple[float, int]
) -> None:
    index = job.next_waiting(layer)
    if job.exit_status[index] == 0:
        begin_anew(job, index)
    job.begin_attempt(index)
    job.promised[index] = holds
    decision.spread(job, job.move(index, SETUP))
    decision.frame(job, index)
    decision.ahead.append((job, index, lane.id))
    lane.queue.append(index)


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
        job.promised.pop(following, None)
        job.reserved[following] = job.reserved.pop(index)
        if index in job.gpus_held:
            job.gpus_held[following] = job.gpus_held.pop(index)
        job.started_with.pop(index, None)
        job.rss_kb.pop(index, None)
        job.lanes[following] = lane_
        job.note_start(following, job.start_at[index] if at is None else at)
        job.move(following, RUNNING)
        decision.frame(job, following)
    else:
        farm.let_go(job, index)


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
