"""Lanes: frames that the runner gets ahead of their turn, behind a running frame of their layer.

The runner starts them one after the other, each when nothing is left of the one before, within
the reservation of the first: the farm's commit and the way to it cost nothing between two short
frames. Only frames that would get the reservation next are booked so, and only while the layer's
frames are short; the runner gives back what waited too long.
"""

from __future__ import annotations

from collections import deque

from cuelet.core.operations.exit_status import begin_anew
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.frame_row import Lane
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.pace import SHORT_S
from cuelet.core.values.states import SETUP, WAITING


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
            if farm.head_of_line and farm.head_of_line[0] is layer:
                farm.head_of_line = layer, now  # it gets its turn


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
    job.prefetched_reservations[index] = holds
    job.move(index, SETUP, decision)
    decision.prefetches.append((job, index, lane.id))
    lane.queue.append(index)
