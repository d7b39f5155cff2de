"""The interfaces around jobs that clients probe: CueInterface, and the machine as a host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opencue_proto import (
    cue_pb2,
    cue_pb2_grpc,
    host_pb2,
    host_pb2_grpc,
    service_pb2,
    show_pb2,
    show_pb2_grpc,
)

from cuelet.core.operations import machine
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.values.errors import NotFoundError
from cuelet.core.values.states import DEPEND, RUNNING, SETUP, WAITING, JobState
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue import inventory, procs

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


class CueService(cue_pb2_grpc.CueInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer the probe that every client opens its channel with."""

    async def GetSystemStats(self, request: Any, context: Context) -> Any:
        return cue_pb2.CueGetSystemStatsResponse(stats=cue_pb2.SystemStats())


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
            alloc_name=procs.ALLOCATION,
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
            raise NotFoundError(kind="host", name=host_id, hint=f"there is only {host.name}")
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
            raise NotFoundError(kind="host", name=request.name, hint=f"there is only {host.name}")
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
        inventory.only_allocation(self._engine.farm, request.allocation_id)
        return host_pb2.HostSetAllocationResponse()


class ShowService(show_pb2_grpc.ShowInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """List the shows that jobs name; a show needs no setting up here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _shows(self) -> dict[str, show_pb2.Show]:
        found: dict[str, show_pb2.Show] = {}
        for job in self._engine.farm.jobs.values():
            name = job.spec.show
            show = found.setdefault(
                name,
                show_pb2.Show(
                    id=name,
                    name=name,
                    active=True,
                    booking_enabled=True,
                    dispatch_enabled=True,
                    show_stats=show_pb2.ShowStats(),
                ),
            )
            if job.state is JobState.PENDING:
                stats = show.show_stats
                stats.running_frames += job.count(RUNNING)
                stats.pending_frames += job.count(WAITING, SETUP, DEPEND)
                stats.pending_jobs += 1
                stats.reserved_cores += job.cores_in_use
        return found

    async def GetShows(self, request: Any, context: Context) -> Any:
        shows = show_pb2.ShowSeq(shows=self._shows().values())
        return show_pb2.ShowGetShowsResponse(shows=shows)

    async def GetActiveShows(self, request: Any, context: Context) -> Any:
        shows = show_pb2.ShowSeq(shows=self._shows().values())
        return show_pb2.ShowGetActiveShowsResponse(shows=shows)

    async def FindShow(self, request: Any, context: Context) -> Any:
        return show_pb2.ShowFindShowResponse(show=self._show(request.name))

    def _show(self, name: str) -> show_pb2.Show:
        """Return a show by its name, which is its id as well; raises NotFoundError."""
        show = self._shows().get(name)
        if show is None:
            raise NotFoundError(kind="show", name=name)
        return show

    async def GetSubscriptions(self, request: Any, context: Context) -> Any:
        show = self._show(request.show.id)
        found = inventory.subscription_seq(self._engine.farm, [show.name])
        return show_pb2.ShowGetSubscriptionResponse(subscriptions=found)

    async def GetServiceOverrides(self, request: Any, context: Context) -> Any:
        self._show(request.show.id)
        none = service_pb2.ServiceOverrideSeq()
        return show_pb2.ShowGetServiceOverridesResponse(service_overrides=none)

    async def GetServiceOverride(self, request: Any, context: Context) -> Any:
        show = self._show(request.show.id)
        raise NotFoundError(kind=f"service override of show {show.name}", name=request.name)
