"""Which frames start now: job priority, then age, then layer order, then frame order.

What does not fit is passed by smaller frames for `PATIENCE_S`; then nothing that comes after it
starts any more until it fits, so that a large reservation gets its turn however many small
frames keep coming.
"""

from __future__ import annotations

from cuelet.core.disks import disks_holding
from cuelet.core.farm import Decision, Farm, holders, start
from cuelet.core.job import Job, Layer
from cuelet.core.skip import ready_frame
from cuelet.core.states import WAITING

PATIENCE_S = 10.0
"""Seconds for which smaller frames may pass a larger one that does not fit."""

_WAITING = bytes([WAITING])


def dispatch(farm: Farm, decision: Decision, *, now: float) -> None:
    """Start as many waiting frames as the free cores and memory hold."""
    passed: Layer | None = None
    for job in farm.order:
        if job.paused or not job.count(WAITING) or holders(farm, job):
            continue
        if farm.full_disks and disks_holding(farm, job):
            continue
        for layer in job.layers:
            if not layer.counts[WAITING] or _is_capped(farm, job, layer):
                continue
            _start_fitting(farm, job, layer, decision, now=now)
            if passed is None and _is_kept_waiting(farm, job, layer):
                passed = layer
                if _has_waited_long(farm, layer, now):
                    return
        if farm.free_cores < 0.05 and passed is not None:
            break  # what is first in turn is known, even while nothing is free
    if passed is None:
        farm.passed = None


def _start_fitting(farm: Farm, job: Job, layer: Layer, decision: Decision, *, now: float) -> None:
    while layer.counts[WAITING] and _fits(farm, layer) and not _is_capped(farm, job, layer):
        index = _next_frame(farm, job, layer, decision)
        if index is None:
            return
        start(farm, job, index, decision, now=now)
        if farm.passed and farm.passed[0] is layer:
            farm.passed = None


def _next_frame(farm: Farm, job: Job, layer: Layer, decision: Decision) -> int | None:
    """Return the waiting frame that starts next; None while its files are being looked at."""
    layer.cursor = job.state_of.find(_WAITING, layer.cursor, layer.end)
    if layer.spec.skip_existing:
        return ready_frame(farm, job, layer, decision)
    return layer.cursor


def _is_kept_waiting(farm: Farm, job: Job, layer: Layer) -> bool:
    """Tell whether a layer has frames that only want room."""
    if not layer.counts[WAITING] or _is_capped(farm, job, layer):
        return False
    return not _fits(farm, layer)


def _has_waited_long(farm: Farm, layer: Layer, now: float) -> bool:
    """Note since when a layer is the first that does not fit; tell whether that is too long."""
    if farm.passed is None or farm.passed[0] is not layer or now < farm.passed[1]:
        farm.passed = layer, now  # a clock that was set back must not make it wait for a day
    return now - farm.passed[1] >= PATIENCE_S


def _is_capped(farm: Farm, job: Job, layer: Layer) -> bool:
    """Tell whether the job's own limit on cores, not the machine, is what holds a layer."""
    cores, _ = farm.reservation(layer)
    return job.max_cores > 0 and job.cores_in_use + cores > max(job.max_cores, cores) + 1e-6


def _fits(farm: Farm, layer: Layer) -> bool:
    cores, memory_mb = farm.reservation(layer)
    return cores <= farm.free_cores + 1e-6 and memory_mb <= farm.free_memory_mb
