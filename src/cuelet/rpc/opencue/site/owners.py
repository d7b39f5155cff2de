"""OpenCue's OwnerInterface and DeedInterface: whom this machine belongs to."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from opencue_proto import host_pb2, host_pb2_grpc

from cuelet.core.operations.setup.shows import find_show
from cuelet.core.operations.site import ownership
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.ownership import Deed, Owner
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine

Context = Any


def owner_message(farm: Farm, owner: Owner) -> host_pb2.Owner:
    """Return an owner."""
    count = len(ownership.deeds_of(farm, owner))
    return host_pb2.Owner(id=owner.id, name=owner.name, show=owner.show, host_count=count)


def deed_message(farm: Farm, deed: Deed) -> host_pb2.Deed:
    """Return the deed of this machine."""
    owner = ownership.find_owner(farm, deed.owner)
    return host_pb2.Deed(id=deed.id, host=farm.host.name, owner=owner.name, show=owner.show)


def deed_seq(farm: Farm, owners: list[Owner]) -> host_pb2.DeedSeq:
    """Return the deeds of some owners."""
    found = [deed for owner in owners for deed in ownership.deeds_of(farm, owner)]
    return host_pb2.DeedSeq(deeds=[deed_message(farm, deed) for deed in found])


class OwnerService(host_pb2_grpc.OwnerInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer calls about owners.

    Args:
        engine: The farm.
        host: Returns this machine as a host message.
    """

    def __init__(self, engine: Engine, *, host: Callable[[], host_pb2.Host]) -> None:
        self._engine, self._host = engine, host

    async def GetOwner(self, request: Any, context: Context) -> Any:
        owner = ownership.find_owner(self._engine.farm, request.name)
        return host_pb2.OwnerGetOwnerResponse(owner=owner_message(self._engine.farm, owner))

    async def GetDeeds(self, request: Any, context: Context) -> Any:
        owner = ownership.find_owner(self._engine.farm, request.owner.id)
        return host_pb2.OwnerGetDeedsResponse(deeds=deed_seq(self._engine.farm, [owner]))

    async def GetHosts(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        owner = ownership.find_owner(farm, request.owner.id)
        hosts = [self._host()] if ownership.deeds_of(farm, owner) else []
        return host_pb2.OwnerGetHostsResponse(hosts=host_pb2.HostSeq(hosts=hosts))

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._change(request, ownership.delete_owner)
        return host_pb2.OwnerDeleteResponse()

    async def SetShow(self, request: Any, context: Context) -> Any:
        show = find_show(self._engine.farm, request.show).name
        await self._change(
            request,
            lambda farm, owner, decision: ownership.set_owners_show(farm, owner, show, decision),
        )
        return host_pb2.OwnerSetShowResponse()

    async def TakeOwnership(self, request: Any, context: Context) -> Any:
        host = self._host()
        if request.host.partition(".")[0] != host.name.partition(".")[0]:
            raise NotFoundError(kind="host", name=request.host, remedy=f"there is only {host.name}")
        new_id = str(uuid.uuid4())
        await self._change(
            request,
            lambda farm, owner, decision: ownership.take_ownership(farm, new_id, owner, decision),
        )
        return host_pb2.OwnerTakeOwnershipResponse()

    async def _change(self, request: Any, act: Callable[[Farm, Owner, Decision], object]) -> None:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            act(farm, ownership.find_owner(farm, request.owner.id), decision)

        await self._engine.submit(decide)


class DeedService(host_pb2_grpc.DeedInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer calls about the deed of this machine; see `OwnerService`."""

    def __init__(self, engine: Engine, *, host: Callable[[], host_pb2.Host]) -> None:
        self._engine, self._host = engine, host

    async def GetHost(self, request: Any, context: Context) -> Any:
        ownership.get_deed(self._engine.farm, request.deed.id)
        return host_pb2.DeedGetHostResponse(host=self._host())

    async def GetOwner(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        owner = ownership.find_owner(farm, ownership.get_deed(farm, request.deed.id).owner)
        return host_pb2.DeedGetOwnerResponse(owner=owner_message(farm, owner))

    async def Delete(self, request: Any, context: Context) -> Any:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            farm.records.remove(ownership.get_deed(farm, request.deed.id), decision)

        await self._engine.submit(decide)
        return host_pb2.DeedDeleteResponse()
