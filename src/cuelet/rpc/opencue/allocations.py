"""OpenCue's AllocationInterface: allocations, one of which this machine is in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from opencue_proto import facility_pb2, facility_pb2_grpc, host_pb2

from cuelet.core.operations.setup import allocations
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.allocation import Allocation
from cuelet.core.state.setup.shares import host_allocation
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.already import note
from cuelet.rpc.opencue.convert import FACILITY
from cuelet.rpc.opencue.subscriptions import subscription_seq

Context = Any
_Act = Callable[[Farm, Allocation, Decision], object]

_NO_BILL = "that is kept and shown; the embedded farm bills nobody"
_ONE_HOST = "the embedded farm has one machine, which stays where it is; cueadmin -move moves it"


def allocation_message(farm: Farm, allocation: Allocation) -> facility_pb2.Allocation:
    """Return an allocation with what its hosts do: this machine, or none."""
    is_here = host_allocation(farm.records) == allocation.id
    return facility_pb2.Allocation(
        id=allocation.id,
        name=allocation.full_name,
        tag=allocation.tag,
        facility=allocation.facility,
        billable=allocation.billable,
        stats=_stats(farm) if is_here else facility_pb2.AllocationStats(),
    )


def _stats(farm: Farm) -> facility_pb2.AllocationStats:
    free_gpus = max(farm.host.gpus - farm.held_gpus, 0)
    return facility_pb2.AllocationStats(
        cores=farm.cores,
        available_cores=farm.free_cores,
        idle_cores=farm.free_cores,
        running_cores=farm.cores - farm.free_cores,
        hosts=1,
        locked_hosts=int(farm.host.locked),
        locked_cores=farm.free_cores if farm.host.locked else 0.0,
        gpus=farm.host.gpus,
        running_gpus=farm.held_gpus,
        idle_gpus=free_gpus,
        available_gpus=free_gpus,
    )


def allocation_seq(farm: Farm, facility: str = "") -> facility_pb2.AllocationSeq:
    """Return every allocation, or those of a facility."""
    found = [
        allocation_message(farm, each)
        for each in allocations.allocations(farm)
        if facility in ("", each.facility)
    ]
    return facility_pb2.AllocationSeq(allocations=found)


class AllocationService(facility_pb2_grpc.AllocationInterfaceServicer):  # type: ignore[misc] # generated
    """Answer calls about allocations from the engine's state.

    Args:
        engine: The farm.
        host: Returns this machine as a host message.
    """

    def __init__(self, engine: Engine, *, host: Callable[[], host_pb2.Host]) -> None:
        self._engine, self._host = engine, host

    def _of(self, message: facility_pb2.Allocation) -> Allocation:
        """Return the allocation that a client holds a copy of; its id counts, or its name."""
        return allocations.find_allocation(self._engine.farm, message.id or message.name)

    def _message(self, id_or_name: str) -> facility_pb2.Allocation:
        farm = self._engine.farm
        return allocation_message(farm, allocations.find_allocation(farm, id_or_name))

    async def _change(self, request: Any, act: _Act) -> None:
        await self._engine.submit(
            lambda farm, decision, now: act(farm, self._of(request.allocation), decision)
        )

    # -- reading -----------------------------------------------------------------------------

    async def GetAll(self, request: Any, context: Context) -> Any:
        return facility_pb2.AllocGetAllResponse(allocations=allocation_seq(self._engine.farm))

    async def Find(self, request: Any, context: Context) -> Any:
        return facility_pb2.AllocFindResponse(allocation=self._message(request.name))

    async def Get(self, request: Any, context: Context) -> Any:
        return facility_pb2.AllocGetResponse(allocation=self._message(request.id))

    async def GetDefault(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        found = allocation_message(farm, allocations.default_allocation(farm))
        return facility_pb2.AllocGetDefaultResponse(allocation=found)

    def _hosts(self, request: Any) -> host_pb2.HostSeq:
        is_here = host_allocation(self._engine.farm.records) == self._of(request.allocation).id
        return host_pb2.HostSeq(hosts=[self._host()] if is_here else [])

    async def GetHosts(self, request: Any, context: Context) -> Any:
        return facility_pb2.AllocGetHostsResponse(hosts=self._hosts(request))

    async def FindHosts(self, request: Any, context: Context) -> Any:
        wanted, found = request.r, self._hosts(request).hosts
        hosts = [
            host
            for host in found
            if (not wanted.hosts or host.name in wanted.hosts)
            and (not wanted.ids or host.id in wanted.ids)
            and (not wanted.substr or any(part in host.name for part in wanted.substr))
        ]
        return facility_pb2.AllocFindHostsResponse(hosts=host_pb2.HostSeq(hosts=hosts))

    async def GetSubscriptions(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        found = allocations.subscriptions_to(farm, self._of(request.allocation))
        seq = subscription_seq(farm, found)
        return facility_pb2.AllocGetSubscriptionsResponse(subscriptions=seq)

    # -- setting up --------------------------------------------------------------------------

    async def Create(self, request: Any, context: Context) -> Any:
        facility, new_id = request.facility.name or FACILITY, str(uuid.uuid4())
        made = await self._engine.submit(
            lambda farm, decision, now: allocations.create(
                farm, new_id, request.name, decision, facility=facility, tag=request.tag
            )
        )
        found = allocation_message(self._engine.farm, made)
        return facility_pb2.AllocCreateResponse(allocation=found)

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._change(request, allocations.delete)
        return facility_pb2.AllocDeleteResponse()

    async def SetName(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, found, decision: allocations.rename(farm, found, request.name, decision),
        )
        return facility_pb2.AllocSetNameResponse()

    async def SetTag(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, found, decision: allocations.set_tag(farm, found, request.tag, decision),
        )
        return facility_pb2.AllocSetTagResponse()

    async def SetBillable(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, found, decision: allocations.set_billable(
                farm, found, decision, billable=request.value
            ),
        )
        note(context, _NO_BILL)
        return facility_pb2.AllocSetBillableResponse()

    async def SetDefault(self, request: Any, context: Context) -> Any:
        await self._change(request, allocations.set_default)
        note(context, _ONE_HOST)
        return facility_pb2.AllocSetDefaultResponse()

    async def ReparentHosts(self, request: Any, context: Context) -> Any:
        here = self._host()
        for host in request.hosts.hosts:
            if host.id != here.id:
                name = host.name or host.id
                raise NotFoundError(kind="host", name=name, remedy=f"there is only {here.name}")
        if request.hosts.hosts:
            await self._change(request, allocations.move_host)
        return facility_pb2.AllocReparentHostsResponse()
