"""Which frames start now: job priority, then age, then layer order, then frame order.

What lacks cores or memory is passed by smaller frames for `PATIENCE_S`; then nothing that comes
after it starts any more until it fits, so that a large reservation gets its turn however many
small frames keep coming.
What waits for a limit, for GPUs or for what its job, group or show may use holds only those that
would take just that away from it: `Turns` says which layer comes next at each.
"""

from __future__ import annotations

from collections.abc import Iterator

from cuelet.core.operations.attempts import start
from cuelet.core.operations.obstacles import ROOM, Code, Obstacle, of_job, of_layer, of_room
from cuelet.core.operations.skip import ready_frame
from cuelet.core.scheduling import lanes
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.turns import Turns
from cuelet.core.values.states import WAITING

PATIENCE_S = 10.0
"""Seconds for which smaller frames may pass a larger one that does not fit."""
_LASTS_A_FRAME = (*ROOM, Code.CAP)
"""What a running frame of the layer gives back when it ends: frames may follow it in its lane."""


def dispatch(farm: Farm, decision: Decision, *, now: float) -> None:
    """Start as many waiting frames as the machine holds."""
    farm.at, farm.turns = now, Turns()
    if farm.is_awaiting_runner:
        return
    first: Layer | None = None
    for job, layer in _in_turn(farm):
        met = _start_frames(farm, job, layer, decision, now=now)
        code = met and met.code
        if met is not None:
            _keep_turn(farm, job, layer, met)
        if farm.has_lanes and first is None and code in _LASTS_A_FRAME:
            lanes.fill(farm, job, layer, decision, now=now)
        if code in ROOM and first is None:
            first = layer
            if _has_waited_long(farm, layer, now):
                farm.turns.room = layer
                return
        if farm.free_cores < 0.05 and first is not None:
            return  # what is first in turn is known, even while nothing is free
    if first is None:
        farm.head_of_line = None


def _in_turn(farm: Farm) -> Iterator[tuple[Job, Layer]]:
    """Yield the layers whose frames may start, in order."""
    for job in farm.order:
        if not job.count(WAITING) or next(of_job(farm, job), None):
            continue
        for layer in job.queue:
            if not layer.counts[WAITING]:
                continue
            obstacle = next(of_layer(farm, job, layer), None)
            if obstacle is None:
                yield job, layer
            elif obstacle.code is Code.START_AFTER:
                farm.turns.next_start = min(farm.turns.next_start, layer.start_after)
            if job.id in farm.turns.jobs:
                break  # what its cap leaves is kept for the layer that comes first


def _start_frames(
    farm: Farm, job: Job, layer: Layer, decision: Decision, *, now: float
) -> Obstacle | None:
    """Start what can start of a layer; return what keeps the rest, if it is something it must get."""
    while layer.counts[WAITING]:
        obstacle = next(of_room(farm, job, layer), None)
        if obstacle is not None:
            return obstacle
        index = _next_frame(farm, job, layer, decision)
        if index is None:
            return None
        start(farm, job, index, decision, now=now)
        if farm.head_of_line and farm.head_of_line[0] is layer:
            farm.head_of_line = None
    return None


def _keep_turn(farm: Farm, job: Job, layer: Layer, met: Obstacle) -> None:
    """Note what must not be taken away from a layer by those that come after it."""
    code = met.code
    farm.turns.claim_limits(layer)
    if met.share is not None:
        farm.turns.shares.setdefault(met.share, layer)
    if code is Code.GPUS or code in ROOM:
        farm.turns.claim_gpus(layer)
    if code is Code.CAP:
        farm.turns.jobs[job.id] = layer


def _next_frame(farm: Farm, job: Job, layer: Layer, decision: Decision) -> int | None:
    """Return the waiting frame that starts next; None while its files are being looked at."""
    index = job.next_waiting(layer)
    return ready_frame(farm, job, layer, decision) if layer.spec.skip_existing else index


def _has_waited_long(farm: Farm, layer: Layer, now: float) -> bool:
    """Note since when a layer is the first that does not fit; tell whether that is too long."""
    if farm.head_of_line is None or farm.head_of_line[0] is not layer or now < farm.head_of_line[1]:
        farm.head_of_line = layer, now  # a clock that was set back must not make it wait for a day
    return now - farm.head_of_line[1] >= PATIENCE_S
