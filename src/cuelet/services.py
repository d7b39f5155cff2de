"""Everything the farm answers, built and served; kept apart because gRPC is slow to import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cuelet.engine.engine import Engine
from cuelet.rpc.cuelet.extension import FarmService
from cuelet.rpc.cuelet.upkeep import Upkeep
from cuelet.rpc.opencue.allocations import AllocationService
from cuelet.rpc.opencue.comments import CommentService
from cuelet.rpc.opencue.cue import CueService
from cuelet.rpc.opencue.depends import DependService
from cuelet.rpc.opencue.facilities import FacilityService
from cuelet.rpc.opencue.frames import FrameService
from cuelet.rpc.opencue.hosts import HostService, Machine
from cuelet.rpc.opencue.jobs import JobService
from cuelet.rpc.opencue.layers import LayerService
from cuelet.rpc.opencue.limits import LimitService
from cuelet.rpc.opencue.procs import ProcService
from cuelet.rpc.opencue.services import OverrideService, ServiceService
from cuelet.rpc.opencue.setup.filters import ActionService, FilterService, MatcherService
from cuelet.rpc.opencue.setup.groups import GroupService
from cuelet.rpc.opencue.shows import ShowService
from cuelet.rpc.opencue.site.departments import DepartmentService
from cuelet.rpc.opencue.site.owners import DeedService, OwnerService
from cuelet.rpc.opencue.subscriptions import SubscriptionService
from cuelet.rpc.serve import Listening, Services, serve
from cuelet.runner import machine
from cuelet.settings import Settings
from cuelet.store.store import Store


async def listen(
    engine: Engine,
    settings: Settings,
    store: Store,
    *,
    capacity: tuple[float, int],
    now: Callable[[], float],
    info: Callable[[], Mapping[str, Any]],
    stop: Callable[[], None],
) -> Listening:
    """Start serving an engine that runs.

    Args:
        engine: What decides.
        settings: Socket and port.
        store: The engine's, to be copied and shrunk.
        capacity: Cores and memory (MB) that frames may use together.
        now: The time, in epoch seconds.
        info: What the farm says about itself.
        stop: Ends the farm.
    """
    cores, memory_mb = capacity
    host = HostService(engine, lambda: machine_now(memory_mb, cores, now()))
    services = Services(
        job=JobService(engine),
        layer=LayerService(engine),
        frame=FrameService(engine),
        depend=DependService(engine),
        comment=CommentService(engine),
        limit=LimitService(engine),
        cue=CueService(),
        host=host,
        proc=ProcService(engine, host=host.message, now=now),
        owner=OwnerService(engine, host=host.message),
        deed=DeedService(engine, host=host.message),
        show=ShowService(engine),
        group=GroupService(engine),
        filter=FilterService(engine),
        matcher=MatcherService(engine),
        action=ActionService(engine),
        service=ServiceService(engine),
        override=OverrideService(engine),
        department=DepartmentService(engine),
        facility=FacilityService(engine),
        allocation=AllocationService(engine, host=host.message),
        subscription=SubscriptionService(engine),
        farm=FarmService(engine, info=info, stop=stop, upkeep=_upkeep(engine, store).methods),
    )
    return await serve(services, socket=settings.socket, port=settings.port)


def _upkeep(engine: Engine, store: Store) -> Upkeep:
    return Upkeep(
        engine,
        back_up=lambda target, force: store.back_up(target, force=force),
        shrink=store.shrink,
    )


def machine_now(memory_mb: int, cores: float, now: float) -> Machine:
    """Return what the machine says of itself."""
    return Machine(
        name=machine.hostname(),
        cores=cores,
        memory_mb=memory_mb,
        free_memory_mb=machine.free_memory_mb(),
        load_average=machine.load_average(),
        boot_time=machine.boot_time(),
        now=now,
        swap_kb=machine.swap_kb(),
        scratch_kb=machine.scratch_kb(),
    )
