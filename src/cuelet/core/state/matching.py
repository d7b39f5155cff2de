"""Whether a layer may start on this machine now, apart from cores and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outline.jobspec import reservation

if TYPE_CHECKING:
    from cuelet.core.state.farm import Farm
    from cuelet.core.state.job import Job
    from cuelet.core.state.layer import Layer
    from cuelet.core.state.limits import Limit


def fits_machine(farm: Farm, layer: Layer) -> bool:
    """Tell whether this machine is one that a layer can run on at all."""
    host = farm.host
    return (
        host.has_one_of(layer.tags)
        and host.has_services(layer.spec.services)
        and layer.gpus <= host.gpus
    )


def is_open(farm: Farm, layer: Layer) -> bool:
    """Tell whether nothing but its time and what others use holds a layer."""
    return fits_machine(farm, layer) and all(limit.max_value for limit in farm.limits.of(layer))


def full_limits(farm: Farm, layer: Layer) -> list[Limit]:
    """Return the limits of a layer that have no place for it, kept places counted."""
    return [
        limit
        for limit in farm.limits.of(layer)
        if not limit.has_room(1 + _kept(farm, limit, layer))
    ]


def _kept(farm: Farm, limit: Limit, layer: Layer) -> int:
    """Return 1 when a place of a limit is kept for another layer."""
    return farm.turns.limits.get(limit.name, layer) is not layer


def lacks_gpus(farm: Farm, layer: Layer) -> bool:
    """Tell whether other frames hold, or wait before it for, the GPUs that a layer asks for."""
    if not layer.gpus:
        return False
    is_behind = farm.turns.gpus not in (None, layer)
    return is_behind or layer.gpus > farm.host.gpus - farm.held_gpus


def is_capped(farm: Farm, job: Job, layer: Layer) -> bool:
    """Tell whether the job's own limit on cores, not the machine, is what holds a layer."""
    cores, _ = farm.reservation(layer)
    return reservation.is_capped(cores=cores, used_cores=job.cores_in_use, most_cores=job.max_cores)
