"""OpenCue's ServiceInterface: the services that jobs name, which need no setting up here."""

from __future__ import annotations

from typing import Any

from opencue_proto import service_pb2, service_pb2_grpc

from cuelet.core.state.farm import Farm
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.convert import POINTS_PER_CORE, TAG, id_of
from outline.jobspec.model import LayerSpec

KNOWN_SERVICES = ("default", "shell")
"""Services that are there before any job names one."""

Context = Any


def service_names(farm: Farm) -> list[str]:
    """Return the services that jobs name, and those that are always there."""
    named = {
        name
        for job in farm.jobs.values()
        for layer in job.layers
        for name in layer.spec.services
        if name
    }
    return sorted(named.union(KNOWN_SERVICES))


def service_message(name: str) -> service_pb2.Service:
    """Return a service: what a layer gets here that asks for nothing else, whatever it runs."""
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


class ServiceService(service_pb2_grpc.ServiceInterfaceServicer):  # type: ignore[misc] # generated
    """List the services that jobs name; a service needs no setting up here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetDefaultServices(self, request: Any, context: Context) -> Any:
        found = [service_message(name) for name in service_names(self._engine.farm)]
        services = service_pb2.ServiceSeq(services=found)
        return service_pb2.ServiceGetDefaultServicesResponse(services=services)

    async def GetService(self, request: Any, context: Context) -> Any:
        known = service_names(self._engine.farm)
        if request.name not in known:
            remedy = f"jobs name {', '.join(known[:10])}"
            raise NotFoundError(kind="service", name=request.name, remedy=remedy)
        return service_pb2.ServiceGetServiceResponse(service=service_message(request.name))
