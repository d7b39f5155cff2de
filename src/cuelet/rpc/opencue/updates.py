"""Which frames of a job have changed since a client last asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from opencue_proto import job_pb2

from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.states import RUNNING
from cuelet.engine.engine import Engine
from cuelet.rpc import search
from cuelet.rpc.opencue import convert

_AT_ONCE = 1000
"""Frames that are put together before others have their turn."""


async def since(engine: Engine, job: Job, last_check: int, layer_filter: Any) -> Any:
    """Return the frames that have changed since a time, or that run, and the time to ask with next.

    What changed before the farm was started is not known: then every frame counts.
    """
    farm, host = engine.farm, engine.place().host
    state, asked_at = job.state, int(engine.now)
    found: list[job_pb2.UpdatedFrame] = []
    for number, index in enumerate(changed(job, last_check, _layers(farm, job, layer_filter)), 1):
        found.append(convert.updated_frame(farm, job, index, host))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return job_pb2.JobGetUpdatedFramesResponse(
        state=int(state),
        server_time=asked_at,
        updated_frames=job_pb2.UpdatedFrameSeq(updated_frames=found),
    )


def changed(job: Job, last_check: int, layers: list[Layer]) -> Iterator[int]:
    """Yield the frames of some layers that have changed since a time, or that run."""
    for layer in layers:
        for index in range(layer.start, layer.end):
            if job.changed_at[index] >= last_check or job.state_of[index] == RUNNING:
                yield index


def _layers(farm: Farm, job: Job, layer_filter: Any) -> list[Layer]:
    """Return the layers that a client wants to hear of; without any, all of the job."""
    chosen = [search.layer_of(farm, layer.id) for layer in layer_filter.layers]
    return [layer for of, layer in chosen if of is job] or list(job.layers)
