"""Which frames start now: job priority, then age, then layer order, then frame order."""

from __future__ import annotations

from cuelet.core.farm import Decision, Farm, start
from cuelet.core.job import Job, Layer
from cuelet.core.states import WAITING

_WAITING = bytes([WAITING])


def dispatch(farm: Farm, decision: Decision, *, now: float) -> None:
    """Start as many waiting frames as the free cores and memory hold."""
    for job in farm.order:
        if farm.free_cores < 0.05:
            return
        if not job.paused:
            _dispatch_job(farm, job, decision, now=now)


def _dispatch_job(farm: Farm, job: Job, decision: Decision, *, now: float) -> None:
    for layer in job.layers:
        if layer.counts[WAITING]:
            while (index := _next_fitting(farm, job, layer)) is not None:
                start(farm, job, index, decision, now=now)


def _next_fitting(farm: Farm, job: Job, layer: Layer) -> int | None:
    """Return the first waiting frame of a layer if the machine has room for it now."""
    if not layer.counts[WAITING] or not _fits(farm, job, layer):
        return None
    index = job.state_of.find(_WAITING, layer.cursor, layer.end)
    layer.cursor = index
    return index


def _fits(farm: Farm, job: Job, layer: Layer) -> bool:
    cores, memory_mb = farm.reservation(layer)
    if job.max_cores > 0 and job.cores_in_use + cores > max(job.max_cores, cores) + 1e-6:
        return False
    return cores <= farm.free_cores + 1e-6 and memory_mb <= farm.free_memory_mb
