"""What keeps the frames of a layer from starting, each obstacle as a value, in the order in which it is met.

The scheduler stops at the first one; an explanation asks for all of them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from cuelet.core.state.disks import FullDisk, disks_holding
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import UP
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.limits import Limit
from cuelet.core.state.setup.shares import Share
from outline.jobspec.reservation import ROUNDING_CORES, is_capped


class Code(enum.Enum):
    """What kind of obstacle it is."""

    PAUSED = "paused"
    """The job is paused."""
    SHOW = "show"
    """The job's show starts nothing."""
    DISK = "disk"
    """A disk that the job needs is full."""
    LOCKED = "locked"
    """The machine is locked."""
    HOST_STATE = "host state"
    """The machine is set to be under repair."""
    START_AFTER = "start after"
    """The layer's time to start has not come."""
    TAGS = "tags"
    """The machine has none of the layer's tags."""
    SERVICES = "services"
    """The machine lacks a service of the layer."""
    GPUS_ABSENT = "gpus absent"
    """The machine has fewer GPUs than the layer asks for."""
    NO_SHARE = "no share"
    """The job's group or show may not use what one frame needs."""
    LIMIT_ZERO = "limit zero"
    """A limit lets nothing run."""
    LIMIT = "limit"
    """A limit has no place left."""
    GPUS = "gpus"
    """The GPUs are not free."""
    SHARE = "share"
    """The job's group or show uses what it may use."""
    CAP = "cap"
    """The job may not use more cores."""
    GPU_CAP = "gpu cap"
    """The job may not use more GPUs."""
    CORES = "cores"
    """The machine has too few cores free."""
    MEMORY = "memory"
    """The machine has too little memory free."""
    TURN = "turn"
    """Cores and memory are kept for a larger frame that has waited long."""


LACKING: Final = (Code.TAGS, Code.SERVICES, Code.GPUS_ABSENT)
"""What this machine lacks for good."""
ROOM: Final = (Code.CORES, Code.MEMORY)
"""What a smaller frame may not need."""


class Obstacle(NamedTuple):
    """One thing that keeps a layer from starting a frame."""

    code: Code
    disk: FullDisk | None = None
    """The full disk."""
    limit: Limit | None = None
    """The limit without a place."""
    share: Share | None = None
    """What the group or the show may use."""
    kept_for: Layer | None = None
    """The layer that comes first and for which the last of it is kept; None: it is just not there."""


def obstacles(farm: Farm, job: Job, layer: Layer) -> Iterator[Obstacle]:
    """Yield everything that keeps the waiting frames of a layer from starting, first met first."""
    return chain(of_job(farm, job), of_layer(farm, job, layer), of_room(farm, job, layer))


def of_job(farm: Farm, job: Job) -> Iterator[Obstacle]:
    """Yield what holds every frame of a job."""
    if job.paused:
        yield Obstacle(Code.PAUSED)
    if farm.shares.closed_shows and job.show_id in farm.shares.closed_shows:
        yield Obstacle(Code.SHOW)
    if farm.full_disks:
        for disk in disks_holding(farm, job):
            yield Obstacle(Code.DISK, disk=disk)
    if farm.host.locked:
        yield Obstacle(Code.LOCKED)
    if farm.host.state != UP:
        yield Obstacle(Code.HOST_STATE)


def of_layer(farm: Farm, job: Job, layer: Layer) -> Iterator[Obstacle]:
    """Yield what holds a layer whatever runs: its time, what the machine lacks, limits of none or too little."""
    host = farm.host
    if layer.start_after > farm.at:
        yield Obstacle(Code.START_AFTER)
    if not host.has_one_of(layer.tags):
        yield Obstacle(Code.TAGS)
    if not host.has_services(layer.spec.services):
        yield Obstacle(Code.SERVICES)
    if layer.gpus > host.gpus:
        yield Obstacle(Code.GPUS_ABSENT)
    if job.shares:
        yield from _too_small_shares(farm, job, layer)
    if layer.limits:
        yield from _limits_of_none(farm, layer)


def _too_small_shares(farm: Farm, job: Job, layer: Layer) -> Iterator[Obstacle]:
    cores, _ = farm.reservation(layer)
    for share in job.shares:
        if not share.can_hold(cores, layer.gpus):
            yield Obstacle(Code.NO_SHARE, share=share)


def _limits_of_none(farm: Farm, layer: Layer) -> Iterator[Obstacle]:
    for limit in farm.limits.of(layer):
        if not limit.max_value:
            yield Obstacle(Code.LIMIT_ZERO, limit=limit)


def of_room(farm: Farm, job: Job, layer: Layer) -> Iterator[Obstacle]:
    """Yield what of the scarce things is taken by others, or kept for a layer that comes first."""
    if layer.limits:
        yield from _full_limits(farm, layer)
    if layer.gpus:
        yield from _gpus_taken(farm, layer)
        if _gpus_capped(job, layer):
            yield Obstacle(Code.GPU_CAP)
    turns = farm.turns
    cores, memory_mb = farm.reservation(layer)
    if job.shares:
        yield from _full_shares(farm, job, layer, cores)
    if is_capped(cores=cores, used_cores=job.cores_in_use, most_cores=job.max_cores):
        yield Obstacle(Code.CAP)
    elif turns.jobs and turns.jobs.get(job.id, layer) is not layer:
        yield Obstacle(Code.CAP, kept_for=turns.jobs[job.id])
    if cores > farm.free_cores + ROUNDING_CORES:
        yield Obstacle(Code.CORES)
    if memory_mb > farm.free_memory_mb:
        yield Obstacle(Code.MEMORY)
    if turns.room is not None and turns.room is not layer:
        yield Obstacle(Code.TURN, kept_for=turns.room)


def _full_limits(farm: Farm, layer: Layer) -> Iterator[Obstacle]:
    for limit in farm.limits.of(layer):
        first = farm.turns.limits.get(limit.name, layer)
        if not limit.max_value:
            continue  # told by `of_layer`
        if not limit.has_room():
            yield Obstacle(Code.LIMIT, limit=limit)
        elif first is not layer and not limit.has_room(2):
            yield Obstacle(Code.LIMIT, limit=limit, kept_for=first)


def _full_shares(farm: Farm, job: Job, layer: Layer, cores: float) -> Iterator[Obstacle]:
    for share in job.shares:
        first = farm.turns.shares.get(share, layer)
        if not share.can_hold(cores, layer.gpus):
            continue  # told by `of_layer`
        if not share.has_room(cores, layer.gpus):
            yield Obstacle(Code.SHARE, share=share)
        elif first is not layer:
            yield Obstacle(Code.SHARE, share=share, kept_for=first)


def _gpus_taken(farm: Farm, layer: Layer) -> Iterator[Obstacle]:
    if layer.gpus > farm.host.gpus:
        return  # told by `of_layer`
    if layer.gpus > farm.host.gpus - farm.held_gpus:
        yield Obstacle(Code.GPUS)
    elif farm.turns.gpus is not None and farm.turns.gpus is not layer:
        yield Obstacle(Code.GPUS, kept_for=farm.turns.gpus)


def _gpus_capped(job: Job, layer: Layer) -> bool:
    """Tell whether its job's cap on GPUs holds a frame; one that asks for more may run alone."""
    most, used = job.settings.max_gpus, sum(job.gpus_held.values())
    return most > 0 and used > 0 and used + layer.gpus > most
