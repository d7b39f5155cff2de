"""OpenCue's ServiceInterface: the services that jobs name, which need no setting up here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opencue_proto import service_pb2, service_pb2_grpc

from cuelet.core.state.farm import Farm
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.already import Named, note, refuse_odd_name
from cuelet.rpc.opencue.convert import POINTS_PER_CORE, TAG, id_of
from outline.jobspec.model import LayerSpec

KNOWN_SERVICES = ("default", "shell")
"""Services that are there before any job names one."""

Context = Any


_NO_SETTING_UP = "a service needs no setting up here: frames reserve what their layers ask for"


def service_names(farm: Farm, named: Iterable[str] = ()) -> list[str]:
    """Return the services that jobs name, those that are always there, and others that somebody has set up."""
    of_jobs = {
        name
        for job in farm.jobs.values()
        for layer in job.layers
        for name in layer.spec.services
        if name
    }
    return sorted(of_jobs.union(KNOWN_SERVICES, named))


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

    def __init__(self, engine: Engine, named: Named) -> None:
        self._engine, self._named = engine, named

    async def GetDefaultServices(self, request: Any, context: Context) -> Any:
        found = [
            service_message(name) for name in service_names(self._engine.farm, self._named.services)
        ]
        services = service_pb2.ServiceSeq(services=found)
        return service_pb2.ServiceGetDefaultServicesResponse(services=services)

    async def GetService(self, request: Any, context: Context) -> Any:
        known = service_names(self._engine.farm, self._named.services)
        if request.name not in known:
            remedy = f"jobs name {', '.join(known[:10])}"
            raise NotFoundError(kind="service", name=request.name, remedy=remedy)
        return service_pb2.ServiceGetServiceResponse(service=service_message(request.name))

    async def CreateService(self, request: Any, context: Context) -> Any:
        refuse_odd_name("service", request.data.name)
        self._named.services.add(request.data.name)
        note(context, f"service {request.data.name}: {_NO_SETTING_UP}")
        service = service_message(request.data.name)
        return service_pb2.ServiceCreateServiceResponse(service=service)

    async def Update(self, request: Any, context: Context) -> Any:
        note(context, f"service {request.service.name}: {_NO_SETTING_UP}")
        return service_pb2.ServiceUpdateResponse()
