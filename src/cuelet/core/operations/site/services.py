"""What people ask of services, and what layers get from them when they are launched."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from cuelet.core.operations.machine import MAX_GPUS
from cuelet.core.operations.site.settings import set_of_layer
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.setup.service import Service, ServiceOverride
from cuelet.core.values.errors import InvalidRequestError, NotFoundError, quoted
from outline.jobspec.model import JobSpec, LayerSpec

DEFAULT = "default"
"""The service of layers that name none, or none that anybody has set up."""
MAX_POINTS, MAX_MEMORY_KB, MAX_MINUTES = 1_000_000, 1 << 40, 60 * 24 * 366
MAX_TAGS = 64
_POINTS_PER_CORE = 100
_NAME = re.compile(r"[\w.-]{1,255}\Z", re.ASCII)
_S = TypeVar("_S", bound=Service)


# -- requests ------------------------------------------------------------------------------------


def services(farm: Farm) -> dict[str, Service]:
    """Return the services that somebody has set up, by name."""
    return {each.name: each for each in farm.records.all(Service)}


def overrides(farm: Farm, show: str) -> dict[str, ServiceOverride]:
    """Return what services are in a show, which is given by its id, by name."""
    return {each.name: each for each in farm.records.all(ServiceOverride) if each.show == show}


def create(farm: Farm, made: Service, decision: Decision) -> None:
    """Set up a service, or what one is in a show.

    Raises:
        InvalidRequestError: It is there, or a value makes no sense.
    """
    if made.name in _beside(farm, made):
        request = f"create service {made.name}"
        raise InvalidRequestError(request=request, reason="it is there; update it instead")
    put(farm, made, decision)


def _beside(farm: Farm, made: Service) -> dict[str, Any]:
    return overrides(farm, made.show) if isinstance(made, ServiceOverride) else services(farm)


def put(farm: Farm, made: Service, decision: Decision) -> None:
    """Set a service to new values; raises InvalidRequestError."""
    _refuse_nonsense(made)
    farm.records.put(made, decision)


def _refuse_nonsense(made: Service) -> None:
    bounds = (
        ("min_cores", made.min_cores, MAX_POINTS),
        ("max_cores", made.max_cores, MAX_POINTS),
        ("min_memory", made.min_memory_kb, MAX_MEMORY_KB),
        ("min_gpu_memory", made.min_gpu_memory_kb, MAX_MEMORY_KB),
        ("min_memory_increase", made.min_memory_increase_kb, MAX_MEMORY_KB),
        ("min_gpus", made.min_gpus, MAX_GPUS),
        ("max_gpus", made.max_gpus, MAX_GPUS),
        ("timeout", made.timeout_min, MAX_MINUTES),
        ("timeout_llu", made.timeout_llu_min, MAX_MINUTES),
        ("the number of tags", len(made.tags), MAX_TAGS),
    )
    request = f"set up service {quoted(made.name)}"
    for what, value, most in bounds:
        if not 0 <= value <= most:
            reason = f"{what} is {value}; use 0 to {most:,}"
            raise InvalidRequestError(request=request, reason=reason)
    for word in (made.name, *made.tags):
        if not _NAME.match(word):
            reason = "names and tags have letters, digits, underscores, dashes, dots"
            raise InvalidRequestError(request=request, reason=reason)


def get_service(farm: Farm, id_or_name: str, kind: type[_S]) -> _S:
    """Return a service, or what one is in a show, by id; a service by name too; raises NotFoundError."""
    for each in farm.records.all(kind):
        if each.id == id_or_name or (kind is Service and each.name == id_or_name):
            return each
    what = kind.KIND.replace("_", " ")
    raise NotFoundError(kind=what, name=id_or_name, remedy="nobody has set it up")


# -- launches ------------------------------------------------------------------------------------


def fill(farm: Farm, spec: JobSpec, show: str) -> JobSpec:
    """Return a job whose layers have from their services what its script leaves open.

    Args:
        farm: The farm.
        spec: The job as it was sent.
        show: Id of its show.
    """
    known = _known(farm, show)
    return spec.replace(layers=tuple(_filled(layer, known) for layer in spec.layers))


def _known(farm: Farm, show: str) -> dict[str, Service]:
    return {**services(farm), **overrides(farm, show)} if farm.records.has_any(_KINDS) else {}


def _filled(layer: LayerSpec, known: dict[str, Service]) -> LayerSpec:
    service = _service_of(layer, known)
    if service is None:
        return layer.replace(unset=()) if layer.unset else layer
    offered = _offered(service)
    chosen = {key: value for key, value in offered.items() if key in layer.unset and value}
    return layer.replace(**chosen, **_threadable(layer, service), unset=())


def _service_of(layer: LayerSpec, known: dict[str, Service]) -> Service | None:
    """Return the first of a layer's services that somebody has set up, else the default one."""
    for name in layer.services:
        if name in known:
            return known[name]
    return known.get(DEFAULT)


def _offered(service: Service) -> dict[str, Any]:
    return {
        "cores": service.min_cores / _POINTS_PER_CORE,
        "max_cores": service.max_cores / _POINTS_PER_CORE,
        "memory_mb": service.min_memory_kb // 1024,
        "gpus": service.min_gpus,
        "timeout_s": service.timeout_min * 60,
        "timeout_llu_s": service.timeout_llu_min * 60,
        "tags": service.tags,
    }


def _threadable(layer: LayerSpec, service: Service) -> dict[str, bool]:
    return {"threadable": service.threadable} if "threadable" in layer.unset else {}


def settle(farm: Farm, job: Job, decision: Decision) -> None:
    """Give the layers of a fresh job what their services say beyond what a specification holds."""
    known = _known(farm, job.show_id)
    for layer in job.layers if known else ():
        service = _service_of(layer.spec, known)
        if service and (service.max_gpus or service.min_gpu_memory_kb):
            memory_mb = service.min_gpu_memory_kb // 1024
            most = service.max_gpus
            set_of_layer(farm, job, layer, decision, max_gpus=most, gpu_memory_mb=memory_mb)


_KINDS = (Service, ServiceOverride)
