"""OpenCue's AllocationInterface: this machine is the only allocation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencue_proto import facility_pb2, facility_pb2_grpc, host_pb2

from cuelet.core.state.farm import Farm
from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.already import Named, as_it_is, note
from cuelet.rpc.opencue.convert import ALLOCATION, FACILITY, TAG, id_of
from cuelet.rpc.opencue.subscriptions import show_names, subscription_seq

Context = Any


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
        raise NotFoundError(
            kind="allocation", name=id_or_name, remedy=f"there is only {ALLOCATION}"
        )
    return found


_ONLY = f"there is only {ALLOCATION}, this machine"


def _known(service: AllocationService, request: Any) -> object:
    return service.only(request.allocation.id)


class AllocationService(facility_pb2_grpc.AllocationInterfaceServicer):  # type: ignore[misc] # generated
    """Show this machine as the only allocation.

    Args:
        engine: The farm.
        named: What somebody has set up.
        host: Returns this machine as a host message.
    """

    def __init__(self, engine: Engine, named: Named, *, host: Callable[[], host_pb2.Host]) -> None:
        self._engine, self._named, self._host = engine, named, host

    async def GetAll(self, request: Any, context: Context) -> Any:
        return facility_pb2.AllocGetAllResponse(allocations=allocation_seq(self._engine.farm))

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
        found = subscription_seq(farm, show_names(farm, self._named.shows))
        return facility_pb2.AllocGetSubscriptionsResponse(subscriptions=found)

    async def Create(self, request: Any, context: Context) -> Any:
        wanted = f"{request.facility.name or FACILITY}.{request.name.rpartition('.')[2]}"
        if wanted != ALLOCATION or request.tag not in {"", TAG}:
            raise InvalidRequestError(request=f"create allocation {wanted}", reason=_ONLY)
        note(context, f"allocation {ALLOCATION}: {_ONLY}")
        found = allocation_message(self._engine.farm)
        return facility_pb2.AllocCreateResponse(allocation=found)

    def only(self, id_or_name: str) -> facility_pb2.Allocation:
        """Return the allocation if that is what an id or a name means; raises NotFoundError."""
        return only_allocation(self._engine.farm, id_or_name)

    SetTag = as_it_is(
        facility_pb2.AllocSetTagResponse,
        _ONLY,
        known=_known,
        only=lambda request: request.tag == TAG,
        refusal=f"its tag is {TAG}; give the machine further tags with cuelet farm start --tags",
    )
    SetDefault = as_it_is(facility_pb2.AllocSetDefaultResponse, _ONLY, known=_known)
    SetBillable = as_it_is(
        facility_pb2.AllocSetBillableResponse, "nobody is billed here", known=_known
    )


def allocation_seq(farm: Farm) -> facility_pb2.AllocationSeq:
    """Return the only allocation, as a list."""
    return facility_pb2.AllocationSeq(allocations=[allocation_message(farm)])
