"""OpenCue's HostInterface: this machine is the only host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opencue_proto import (
    host_pb2,
    host_pb2_grpc,
)

from cuelet.core.operations import machine
from cuelet.core.operations.setup import allocations
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue import procs

HOST_ID = "00000000-0000-0000-0000-000000000001"

Context = Any


@dataclass(frozen=True, slots=True)
class Machine:
    """What the machine says of itself now."""

    name: str
    cores: float
    memory_mb: int
    free_memory_mb: int
    load_average: float
    boot_time: float


class HostService(host_pb2_grpc.HostInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Show this machine as the farm's only host."""

    def __init__(self, engine: Engine, machine: Callable[[], Machine]) -> None:
        self._engine, self._machine = engine, machine

    def message(self) -> host_pb2.Host:
        """Return this machine as a host."""
        facts, farm = self._machine(), self._engine.farm
        return host_pb2.Host(
            id=HOST_ID,
            name=facts.name,
            alloc_name=allocations.current_allocation(farm).full_name,
            os="Linux",
            cores=farm.cores,
            idle_cores=farm.free_cores,
            memory=farm.memory_mb * 1024,
            idle_memory=farm.free_memory_mb * 1024,
            total_memory=facts.memory_mb * 1024,
            free_memory=facts.free_memory_mb * 1024,
            load=int(facts.load_average * 100),
            boot_time=int(facts.boot_time),
            state=host_pb2.UP,
            lock_state=host_pb2.LOCKED if farm.host.locked else host_pb2.OPEN,
            thread_mode=host_pb2.AUTO,
            tags=farm.host.tags,
            gpus=farm.host.gpus,
            idle_gpus=max(farm.host.gpus - farm.held_gpus, 0),
        )

    def _only(self, host_id: str) -> host_pb2.Host:
        """Return this machine if that is what an id names; raises NotFoundError."""
        host = self.message()
        if host_id != host.id:
            raise NotFoundError(kind="host", name=host_id, remedy=f"there is only {host.name}")
        return host

    async def GetHosts(self, request: Any, context: Context) -> Any:
        host, wanted = self.message(), request.r
        named = not wanted.hosts or host.name in wanted.hosts
        matched = not wanted.substr or any(part in host.name for part in wanted.substr)
        hosts = [host] if named and matched else []
        return host_pb2.HostGetHostsResponse(hosts=host_pb2.HostSeq(hosts=hosts))

    async def FindHost(self, request: Any, context: Context) -> Any:
        host = self.message()
        if request.name.partition(".")[0] != host.name.partition(".")[0]:
            raise NotFoundError(kind="host", name=request.name, remedy=f"there is only {host.name}")
        return host_pb2.HostFindHostResponse(host=host)

    async def GetHost(self, request: Any, context: Context) -> Any:
        return host_pb2.HostGetHostResponse(host=self._only(request.id))

    async def GetProcs(self, request: Any, context: Context) -> Any:
        self._only(request.host.id)
        found = procs.running(self._engine.farm)
        return host_pb2.HostGetProcsResponse(procs=procs.proc_seq(found, self._engine.place()))

    # -- acting ------------------------------------------------------------------------------

    async def _change(self, request: Any, act: Callable[[Farm, Decision], None]) -> None:
        self._only(request.host.id)
        await self._engine.submit(lambda farm, decision, now: act(farm, decision))

    async def Lock(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda farm, decision: machine.set_locked(farm, decision, locked=True)
        )
        return host_pb2.HostLockResponse()

    async def Unlock(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda farm, decision: machine.set_locked(farm, decision, locked=False)
        )
        return host_pb2.HostUnlockResponse()

    async def AddTags(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda farm, decision: machine.add_tags(farm, request.tags, decision)
        )
        return host_pb2.HostAddTagsResponse()

    async def RemoveTags(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda farm, decision: machine.remove_tags(farm, request.tags, decision)
        )
        return host_pb2.HostRemoveTagsResponse()

    async def RenameTag(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, decision: machine.rename_tag(
                farm, request.old_tag, request.new_tag, decision
            ),
        )
        return host_pb2.HostRenameTagResponse()

    async def SetAllocation(self, request: Any, context: Context) -> Any:
        self._only(request.host.id)
        await self._engine.submit(
            lambda farm, decision, now: allocations.move_host(
                farm, allocations.find_allocation(farm, request.allocation_id), decision
            )
        )
        return host_pb2.HostSetAllocationResponse()
