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
from cuelet.core.operations.site import ownership, redirects
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.ownership import HostComment
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue import comments, procs
from cuelet.rpc.opencue.site import owners
from cuelet.rpc.opencue.values import checked_choice
from cuelet.rpc.search import compiled

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
    now: float = 0.0
    swap_kb: tuple[int, int] = (0, 0)
    """Total and free."""
    scratch_kb: tuple[int, int] = (0, 0)
    """Total and free room for temporary files."""


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
            os=farm.host.os,
            has_comment=bool(farm.records.has(HostComment)),
            cores=farm.cores,
            idle_cores=farm.free_cores,
            memory=farm.memory_mb * 1024,
            idle_memory=farm.free_memory_mb * 1024,
            total_memory=facts.memory_mb * 1024,
            free_memory=facts.free_memory_mb * 1024,
            load=int(facts.load_average * 100),
            boot_time=int(facts.boot_time),
            ping_time=int(facts.now),
            total_swap=facts.swap_kb[0],
            free_swap=facts.swap_kb[1],
            total_mcp=facts.scratch_kb[0],
            free_mcp=facts.scratch_kb[1],
            state=host_pb2.HardwareState.Value(farm.host.state),
            lock_state=host_pb2.LOCKED if farm.host.locked else host_pb2.OPEN,
            thread_mode=host_pb2.ThreadMode.Value(farm.host.thread_mode),
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
        host = self.message()
        hosts = [host] if _is_meant(host, request.r) else []
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

    async def GetHostWhiteboard(self, request: Any, context: Context) -> Any:
        host, place = self.message(), self._engine.place()
        found = procs.proc_seq(procs.running(self._engine.farm), place).procs
        nested = host_pb2.NestedHost()
        _copy(host, nested)
        for proc in found:
            _copy(proc, nested.procs.nested_procs.add())
        seq = host_pb2.NestedHostSeq(nested_hosts=[nested])
        return host_pb2.HostGetHostWhiteboardResponse(nested_hosts=seq)

    async def GetComments(self, request: Any, context: Context) -> Any:
        self._only(request.host.id)
        found = comments.host_comment_seq(self._engine.farm)
        return host_pb2.HostGetCommentsResponse(comments=found)

    async def GetDeed(self, request: Any, context: Context) -> Any:
        self._only(request.host.id)
        farm = self._engine.farm
        return host_pb2.HostGetDeedResponse(
            deed=owners.deed_message(farm, ownership.get_deed(farm))
        )

    async def GetOwner(self, request: Any, context: Context) -> Any:
        self._only(request.host.id)
        farm = self._engine.farm
        owner = ownership.find_owner(farm, ownership.get_deed(farm).owner)
        return host_pb2.HostGetOwnerResponse(owner=owners.owner_message(farm, owner))

    async def GetRenderPartitions(self, request: Any, context: Context) -> Any:
        self._only(request.host.id)
        return host_pb2.HostGetRenderPartitionsResponse()

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

    async def SetHardwareState(self, request: Any, context: Context) -> Any:
        state = host_pb2.HardwareState.Name(
            checked_choice(host_pb2.HardwareState, "state", request.state)
        )
        await self._change(request, lambda farm, decision: machine.set_state(farm, state, decision))
        return host_pb2.HostSetHardwareStateResponse()

    async def SetThreadMode(self, request: Any, context: Context) -> Any:
        mode = host_pb2.ThreadMode.Name(
            checked_choice(host_pb2.ThreadMode, "thread mode", request.mode)
        )
        await self._change(
            request, lambda farm, decision: machine.set_thread_mode(farm, mode, decision)
        )
        return host_pb2.HostSetThreadModeResponse()

    async def SetOs(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda farm, decision: machine.set_os(farm, request.os, decision)
        )
        return host_pb2.HostSetOsResponse()

    async def AddComment(self, request: Any, context: Context) -> Any:
        said = comments.new_host_comment(request.new_comment, self._engine.now)
        await self._change(
            request, lambda farm, decision: ownership.add_host_comment(farm, said, decision)
        )
        return host_pb2.HostAddCommentResponse()

    async def RedirectToJob(self, request: Any, context: Context) -> Any:
        self._only(request.host.id)
        names = set(request.proc_names)

        def decide(farm: Farm, decision: Decision, now: float) -> int:
            target, place = farm.get_job(request.job_id), self._engine.place()
            found = [
                (each.job, each.index)
                for each in procs.running(farm)
                if procs.proc_message(each, place).name in names
            ]
            return redirects.redirect(farm, found, target, decision, kill=True)

        moved = await self._engine.submit(decide)
        return host_pb2.HostRedirectToJobResponse(value=moved > 0)

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


def _is_meant(host: host_pb2.Host, wanted: Any) -> bool:
    """Tell whether this machine is one that a search is for; raises InvalidRequestError."""
    patterns = [compiled(text) for text in wanted.regex]
    tests = (
        not wanted.hosts or host.name in wanted.hosts,
        not wanted.ids or host.id in wanted.ids,
        not wanted.substr or any(part in host.name for part in wanted.substr),
        not patterns or any(pattern.search(host.name) for pattern in patterns),
        not wanted.allocs or host.alloc_name in wanted.allocs,
        not wanted.states.state or host.state in wanted.states.state,
        not wanted.lock_states.state or host.lock_state in wanted.lock_states.state,
    )
    return all(tests)


def _copy(source: Any, target: Any) -> None:
    """Copy the fields that both messages have."""
    names = target.DESCRIPTOR.fields_by_name
    for field, value in source.ListFields():
        if field.name in names and hasattr(getattr(target, field.name), "extend"):
            getattr(target, field.name).extend(value)
        elif field.name in names:
            setattr(target, field.name, value)
