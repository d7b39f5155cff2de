"""What OpenCue manages apart from jobs, as one machine has it: services, the facility, its allocation."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from opencue_proto import (
    facility_pb2,
    facility_pb2_grpc,
    host_pb2,
    service_pb2,
    service_pb2_grpc,
    subscription_pb2,
    subscription_pb2_grpc,
)

from cuelet.core.state.farm import Farm
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.procs import ALLOCATION
from outline.jobspec.model import LayerSpec

FACILITY, TAG = ALLOCATION.split(".")
KNOWN_SERVICES = ("default", "shell")
"""Services that are there before any job names one."""

_POINTS_PER_CORE = 100
_IDS = uuid.UUID("9d7f3a44-6f0c-4b6c-8d0e-0c7e1e7a5a10")
"""Namespace of the ids of things that have only a name."""

Context = Any


def id_of(kind: str, name: str) -> str:
    """Return the id of what is known by its name; always the same one."""
    return str(uuid.uuid5(_IDS, f"{kind} {name}"))


# -- services ----------------------------------------------------------------------------------


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
        min_cores=int(usual.cores * _POINTS_PER_CORE),
        max_cores=int(usual.max_cores * _POINTS_PER_CORE),
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
            hint = f"jobs name {', '.join(known[:10])}"
            raise NotFoundError(kind="service", name=request.name, hint=hint)
        return service_pb2.ServiceGetServiceResponse(service=service_message(request.name))


# -- the allocation ----------------------------------------------------------------------------


def allocation_message(farm: Farm) -> facility_pb2.Allocation:
    """Return the one allocation: this machine."""
    return facility_pb2.Allocation(
        id=id_of("allocation", ALLOCATION),
        name=ALLOCATION,
        tag=TAG,
        facility=FACILITY,
        stats=facility_pb2.AllocationStats(
            cores=farm.cores,
            available_cores=farm.free_cores,
            idle_cores=farm.free_cores,
            running_cores=farm.cores - farm.free_cores,
            hosts=1,
            locked_hosts=int(farm.host.locked),
            locked_cores=farm.free_cores if farm.host.locked else 0.0,
            gpus=farm.host.gpus,
            running_gpus=farm.held_gpus,
            idle_gpus=max(farm.host.gpus - farm.held_gpus, 0),
        ),
    )


def only_allocation(farm: Farm, id_or_name: str) -> facility_pb2.Allocation:
    """Return the allocation if that is what an id or a name means; raises NotFoundError."""
    found = allocation_message(farm)
    if id_or_name not in (found.id, found.name):
        raise NotFoundError(kind="allocation", name=id_or_name, hint=f"there is only {ALLOCATION}")
    return found


class AllocationService(facility_pb2_grpc.AllocationInterfaceServicer):  # type: ignore[misc] # generated
    """Show this machine as the only allocation.

    Args:
        engine: The farm.
        host: Returns this machine as a host message.
    """

    def __init__(self, engine: Engine, *, host: Callable[[], host_pb2.Host]) -> None:
        self._engine, self._host = engine, host

    async def GetAll(self, request: Any, context: Context) -> Any:
        return facility_pb2.AllocGetAllResponse(allocations=_allocations(self._engine.farm))

    async def Find(self, request: Any, context: Context) -> Any:
        found = only_allocation(self._engine.farm, request.name)
        return facility_pb2.AllocFindResponse(allocation=found)

    async def Get(self, request: Any, context: Context) -> Any:
        found = only_allocation(self._engine.farm, request.id)
        return facility_pb2.AllocGetResponse(allocation=found)

    async def GetDefault(self, request: Any, context: Context) -> Any:
        found = allocation_message(self._engine.farm)
        return facility_pb2.AllocGetDefaultResponse(allocation=found)

    async def GetHosts(self, request: Any, context: Context) -> Any:
        only_allocation(self._engine.farm, request.allocation.id)
        return facility_pb2.AllocGetHostsResponse(hosts=host_pb2.HostSeq(hosts=[self._host()]))

    async def GetSubscriptions(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        only_allocation(farm, request.allocation.id)
        found = subscription_seq(farm, show_names(farm))
        return facility_pb2.AllocGetSubscriptionsResponse(subscriptions=found)


def _allocations(farm: Farm) -> facility_pb2.AllocationSeq:
    return facility_pb2.AllocationSeq(allocations=[allocation_message(farm)])


class FacilityService(facility_pb2_grpc.FacilityInterfaceServicer):  # type: ignore[misc] # generated
    """Show the only facility, which holds the only allocation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Get(self, request: Any, context: Context) -> Any:
        return facility_pb2.FacilityGetResponse(facility=_only_facility(request.name))

    async def GetAllocations(self, request: Any, context: Context) -> Any:
        _only_facility(request.facility.id)
        found = _allocations(self._engine.farm)
        return facility_pb2.FacilityGetAllocationsResponse(allocations=found)


def _only_facility(id_or_name: str) -> facility_pb2.Facility:
    """Return the facility if that is what an id or a name means; raises NotFoundError."""
    found = facility_pb2.Facility(id=id_of("facility", FACILITY), name=FACILITY)
    if id_or_name not in (found.id, found.name):
        raise NotFoundError(kind="facility", name=id_or_name, hint=f"there is only {FACILITY}")
    return found


# -- subscriptions -----------------------------------------------------------------------------


def show_names(farm: Farm) -> list[str]:
    """Return the shows that jobs name."""
    return sorted({job.spec.show for job in farm.jobs.values()})


def subscription_message(farm: Farm, show: str) -> subscription_pb2.Subscription:
    """Return the subscription of a show, which may use the whole machine."""
    size = round(farm.cores * _POINTS_PER_CORE)
    held = sum(job.cores_in_use for job in farm.jobs.values() if job.spec.show == show)
    name = f"{ALLOCATION}.{show}"
    return subscription_pb2.Subscription(
        id=id_of("subscription", name),
        name=name,
        show_name=show,
        facility=FACILITY,
        allocation_name=ALLOCATION,
        size=size,
        burst=size,
        reserved_cores=round(held * _POINTS_PER_CORE),
    )


def subscription_seq(farm: Farm, shows: Iterable[str]) -> subscription_pb2.SubscriptionSeq:
    """Return the subscriptions of several shows."""
    found = [subscription_message(farm, show) for show in shows]
    return subscription_pb2.SubscriptionSeq(subscriptions=found)


class SubscriptionService(subscription_pb2_grpc.SubscriptionInterfaceServicer):  # type: ignore[misc] # generated
    """Find the subscriptions that every show has to the whole machine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _found(self, id_or_name: str) -> subscription_pb2.Subscription:
        farm = self._engine.farm
        for found in subscription_seq(farm, show_names(farm)).subscriptions:
            if id_or_name in (found.id, found.name):
                return found
        raise NotFoundError(kind="subscription", name=id_or_name)

    async def Find(self, request: Any, context: Context) -> Any:
        found = self._found(request.name)
        return subscription_pb2.SubscriptionFindResponse(subscription=found)

    async def Get(self, request: Any, context: Context) -> Any:
        found = self._found(request.id)
        return subscription_pb2.SubscriptionGetResponse(subscription=found)
