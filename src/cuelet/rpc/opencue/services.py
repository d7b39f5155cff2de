"""OpenCue's ServiceInterface and ServiceOverrideInterface: what layers get that leave it open."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, TypeVar

from opencue_proto import service_pb2, service_pb2_grpc

from cuelet.core.operations.site import services
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.service import Service, ServiceOverride
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.convert import POINTS_PER_CORE, TAG, id_of
from outline.jobspec.model import LayerSpec

KNOWN_SERVICES = ("default", "shell")
"""Services that are there before any job names one."""

Context = Any
_S = TypeVar("_S", bound=Service)


def service_names(farm: Farm) -> list[str]:
    """Return the services that jobs name, those that are always there, and those that somebody has set up."""
    of_jobs = {
        name
        for job in farm.jobs.values()
        for layer in job.layers
        for name in layer.spec.services
        if name
    }
    return sorted(of_jobs.union(KNOWN_SERVICES, services.services(farm)))


def usual_service(name: str) -> service_pb2.Service:
    """Return a service that nobody has set up: what a layer gets that asks for nothing."""
    usual = LayerSpec(name=name)
    return service_pb2.Service(
        id=id_of("service", name),
        name=name,
        threadable=usual.threadable,
        min_cores=int(usual.cores * POINTS_PER_CORE),
        max_cores=int(usual.max_cores * POINTS_PER_CORE),
        min_memory=usual.memory_mb * 1024,
        tags=[TAG],
    )


def service_message(service: Service) -> service_pb2.Service:
    """Return a service that somebody has set up."""
    return service_pb2.Service(
        id=service.id,
        name=service.name,
        threadable=service.threadable,
        min_cores=service.min_cores,
        max_cores=service.max_cores,
        min_memory=service.min_memory_kb,
        min_gpu_memory=service.min_gpu_memory_kb,
        min_memory_increase=service.min_memory_increase_kb,
        min_gpus=service.min_gpus,
        max_gpus=service.max_gpus,
        timeout=service.timeout_min,
        timeout_llu=service.timeout_llu_min,
        tags=service.tags,
    )


def read_service(kind: type[_S], message: Any, service_id: str, **more: Any) -> _S:
    """Return a service as a client sends it."""
    return kind(
        id=service_id,
        name=message.name,
        threadable=message.threadable,
        min_cores=message.min_cores,
        max_cores=message.max_cores,
        min_memory_kb=message.min_memory,
        min_gpu_memory_kb=message.min_gpu_memory,
        min_memory_increase_kb=message.min_memory_increase,
        min_gpus=message.min_gpus,
        max_gpus=message.max_gpus,
        timeout_min=message.timeout,
        timeout_llu_min=message.timeout_llu,
        tags=tuple(tag for tag in message.tags if tag),
        **more,
    )


def override_message(override: ServiceOverride) -> service_pb2.ServiceOverride:
    """Return what a service is in a show."""
    return service_pb2.ServiceOverride(id=override.id, data=service_message(override))


def override_seq(found: Iterable[ServiceOverride]) -> service_pb2.ServiceOverrideSeq:
    """Return what several services are in a show, by name."""
    ordered = sorted(found, key=lambda each: each.name)
    return service_pb2.ServiceOverrideSeq(service_overrides=map(override_message, ordered))


class ServiceService(service_pb2_grpc.ServiceInterfaceServicer):  # type: ignore[misc] # generated
    """List the services that jobs name, and set up what layers get from them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _message(self, name: str) -> service_pb2.Service:
        kept = services.services(self._engine.farm).get(name)
        return service_message(kept) if kept else usual_service(name)

    async def GetDefaultServices(self, request: Any, context: Context) -> Any:
        found = [self._message(name) for name in service_names(self._engine.farm)]
        every = service_pb2.ServiceSeq(services=found)
        return service_pb2.ServiceGetDefaultServicesResponse(services=every)

    async def GetService(self, request: Any, context: Context) -> Any:
        known = service_names(self._engine.farm)
        if request.name not in known:
            remedy = f"there are {', '.join(known[:10])}"
            raise NotFoundError(kind="service", name=request.name, remedy=remedy)
        return service_pb2.ServiceGetServiceResponse(service=self._message(request.name))

    async def CreateService(self, request: Any, context: Context) -> Any:
        made = read_service(Service, request.data, str(uuid.uuid4()))
        await self._engine.submit(lambda farm, decision, now: services.create(farm, made, decision))
        return service_pb2.ServiceCreateServiceResponse(service=service_message(made))

    async def Update(self, request: Any, context: Context) -> Any:
        sent = request.service

        def decide(farm: Farm, decision: Decision, now: float) -> None:
            kept_id = _id_of(farm, sent)
            services.put(farm, read_service(Service, sent, kept_id), decision)

        await self._engine.submit(decide)
        return service_pb2.ServiceUpdateResponse()

    async def Delete(self, request: Any, context: Context) -> Any:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            found = services.get_service(farm, request.service.id or request.service.name, Service)
            farm.records.remove(found, decision)

        await self._engine.submit(decide)
        return service_pb2.ServiceDeleteResponse()


def _id_of(farm: Farm, sent: Any) -> str:
    """Return the id of a service that is there, set up or not; raises NotFoundError."""
    kept = farm.records.find(Service, sent.id)
    for name in service_names(farm):
        if kept is None and sent.id == id_of("service", name) and sent.name == name:
            by_name = services.services(farm).get(name)
            return by_name.id if by_name else str(uuid.uuid4())
    if kept is None:
        raise NotFoundError(kind="service", name=sent.id or sent.name)
    return kept.id


class OverrideService(service_pb2_grpc.ServiceOverrideInterfaceServicer):  # type: ignore[misc] # generated
    """Change and delete what services are in a show."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Update(self, request: Any, context: Context) -> Any:
        sent = request.service

        def decide(farm: Farm, decision: Decision, now: float) -> None:
            kept = services.get_service(farm, sent.id, ServiceOverride)
            changed = read_service(ServiceOverride, sent, kept.id, show=kept.show)
            services.put(farm, changed, decision)

        await self._engine.submit(decide)
        return service_pb2.ServiceOverrideUpdateResponse()

    async def Delete(self, request: Any, context: Context) -> Any:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            found = services.get_service(farm, request.service.id, ServiceOverride)
            farm.records.remove(found, decision)

        await self._engine.submit(decide)
        return service_pb2.ServiceOverrideDeleteResponse()
