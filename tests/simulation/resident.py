"""The resident runner and its wire, simulated: the documented contract without processes.

What the real one promises and this one keeps: a run is in the journal before it exists and its end
before anybody is told; a known run is not started again; messages of a connection keep their order
and are lost from some point on when it breaks; what an earlier connection had sent is done before
a new one is greeted; whatever survives a dead resident is ended before it is reported lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cuelet.core.values.runs import (
    FAILED_LAUNCH,
    NOT_BEGUN,
    ORPHANED,
    LiveRun,
    RunEvent,
    RunExited,
    RunnerState,
    RunRequest,
    RunReturned,
    RunStarted,
    RunUsage,
)
from cuelet.runner.resident.lanes import Lanes
from tests.simulation.disk import Crash

if TYPE_CHECKING:
    from tests.simulation.loop import SimulatedLoop
    from tests.simulation.world import World


def frame_of(run_id: str) -> str:
    """Return the frame id of a run id."""
    return run_id.partition(".")[0]


@dataclass
class Process:
    """One run's processes: they do not care who watches them."""

    run_id: str
    began: float
    pid: int
    term_at: float | None = None
    """When SIGTERM reached it."""
    grace_s: float = 0.0


class Link:
    """One connection: two pipes that keep order."""

    def __init__(self) -> None:
        self.to_resident: deque[tuple[Any, ...]] = deque()
        self.to_farm: deque[RunEvent] = deque()
        self.is_open = True


class Resident:
    """The process that owns the frames; its journal outlives it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.link: Link | None = None
        self.envs: set[str] = set()
        self.stopping = False
        self.recovering = [run for run, exited in world.journal.items() if exited is None]
        """Runs of a dead predecessor whose processes are not all proven gone."""
        self.unsynced_acks: dict[str, RunExited] = {}
        self.lanes = Lanes()
        for run in self.recovering:
            self.lanes.occupy(run)

    def greet(self, link: Link) -> RunnerState:
        """Make a connection the farm's; what the one before had sent is done first."""
        if self.link is not None:
            while self.link.to_resident:
                self.obey()
            self.link.is_open = False
        self.link, self.stopping = link, False
        self.lanes.restart()
        live = [p for p in self._world.processes.values() if p.run_id not in self.recovering]
        now, at = self._world.clock.elapsed_s, self._world.clock.now()
        running = [
            LiveRun(p.run_id, p.pid, p.pid, at - (now - p.began), now - p.began) for p in live
        ]
        running += [LiveRun(run, 1, 1, at, 0.0) for run in self.recovering]
        ended = tuple(exited for exited in self._world.journal.values() if exited)
        return RunnerState(1, "boot", tuple(running), ended, has_lanes=True)

    def obey(self) -> None:
        """Do what the oldest message says."""
        assert self.link is not None
        kind, *values = self.link.to_resident.popleft()
        getattr(self, f"_on_{kind}")(*values)

    def _on_define_env(self, key: str) -> None:
        self.envs.add(key)

    def _on_forget_env(self, key: str) -> None:
        self.envs.discard(key)

    def _on_spawn(self, run_id: str, request: RunRequest) -> None:
        known = run_id in self._world.journal or self.lanes.has(run_id)
        if not known and not self.lanes.enter(request, self._world.clock.elapsed_s):
            self._begin(request)

    def _begin(self, request: RunRequest) -> None:
        world, run_id = self._world, request.run_id
        world.judge_spawn(run_id)
        world.journal[run_id] = None
        if request.env_key not in self.envs:
            world.complain(f"{run_id} was started in an environment nobody defined")
            self.end(run_id, FAILED_LAUNCH)
            return
        if world.disk.is_full and world.random.random() < 0.5:
            self.end(run_id, NOT_BEGUN, reason="no room for its log")
            return
        world.processes[run_id] = Process(run_id, world.clock.elapsed_s, len(world.started))
        self._tell(RunStarted(run_id, len(world.started), world.clock.wall_s))

    def _on_kill(self, run_id: str, grace_s: float) -> None:
        process = self._world.processes.get(run_id)
        if process and process.term_at is None and run_id not in self.recovering:
            process.term_at, process.grace_s = self._world.clock.elapsed_s, grace_s
        elif process is None and self.lanes.remove(run_id):
            self._conclude(run_id, 143, 15, 0.0, "killed on request")

    def _on_withdraw(self, run_ids: tuple[str, ...]) -> None:
        self._give_back([run_id for run_id in run_ids if run_id not in self._world.processes])

    def _give_back(self, run_ids: list[str]) -> None:
        for run_id in run_ids:
            if self.lanes.remove(run_id):
                self._tell(RunReturned(run_id))

    def _on_ack(self, run_ids: tuple[str, ...]) -> None:
        for run_id in run_ids:
            exited = self._world.journal.get(run_id)
            if exited is not None:
                del self._world.journal[run_id]
                self.unsynced_acks[run_id] = exited

    def _on_stop(self) -> None:
        self.stopping = True

    def flush(self) -> None:
        """Write acknowledgements to the journal: from now on they survive."""
        self.unsynced_acks.clear()

    def end(self, run_id: str, status: int, *, exit_signal: int = 0, reason: str = "") -> None:
        """Notice that a run has ended: journal first, then tell."""
        world = self._world
        process = world.processes.pop(run_id, None)
        wall_s = world.clock.elapsed_s - process.began if process else 0.0
        self._conclude(run_id, status, exit_signal, wall_s, reason)
        if self.lanes.has(run_id):
            for late in self.lanes.take_late(run_id, world.clock.elapsed_s):
                self._tell(RunReturned(late))
            if following := self.lanes.leave(run_id):
                self._begin(following)

    def _conclude(
        self, run_id: str, status: int, exit_signal: int, wall_s: float, reason: str
    ) -> None:
        now = self._world.clock.wall_s
        exited = RunExited(run_id, status, exit_signal, 0.1, wall_s, 1000, now, reason)
        self._world.journal[run_id] = exited
        self._tell(exited)

    def conclude_recovery(self) -> None:
        """End the survivors of the predecessor and report its runs as lost."""
        for run_id in self.recovering:
            self.end(run_id, ORPHANED, reason="lost: its runner died")
        self.recovering = []

    def use(self, run_id: str) -> None:
        """Report what a run uses."""
        rss_kb = self._world.random.choice((2000, 2000, 9_000_000))
        self._tell(RunUsage(run_id, rss_kb, rss_kb, 0.05))

    def is_done(self) -> bool:
        """Tell whether it was asked to leave and may."""
        return self.stopping and not self._world.processes and not self.recovering

    def _tell(self, event: RunEvent) -> None:
        if self.link is not None and self.link.is_open:
            self.link.to_farm.append(event)


class SimulatedRunner:
    """The engine's runner port: the farm's end of the wire."""

    def __init__(self, world: World, loop: SimulatedLoop, on_events: Any, on_lost: Any) -> None:
        self._world, self._loop = world, loop
        self._on_events, self._on_lost = on_events, on_lost
        self._envs: set[str] = set()
        self.link: Link | None = None
        self._out: list[tuple[Any, ...]] = []
        self._gate_open = False
        self._early: list[RunEvent] = []
        self.dies_after: int | None = None
        """The farm dies at the call of this number."""

    async def connect(self) -> RunnerState:
        assert self.link is None, "connected already; close first"
        await self._hops()
        world = self._world
        if world.resident is None:
            world.start_resident()
            await self._hops()
        if world.resident is None:  # gone again: the next one
            world.start_resident()
        link = Link()
        state = world.resident.greet(link)
        await self._hops(link)
        self.link, self._gate_open = link, False
        self._out.clear()
        for key in sorted(self._envs):
            self._send("define_env", key)
        self._loop.call_soon(self._open_gate)
        return state

    async def _hops(self, link: Link | None = None) -> None:
        for _ in range(self._world.random.choice([0, 0, 1, 2])):
            future = self._loop.create_future()
            self._loop.call_later(self._world.random.choice([0, 0, 0, 0.01, 0.3]), _resolve, future)
            await future

    def _open_gate(self) -> None:
        self._gate_open = True
        early, self._early = self._early, []
        if early:
            self._on_events(early)
        if self.link and not self.link.is_open:
            self._lose()

    def define_env(self, key: str, env: Mapping[str, str]) -> None:
        self._envs.add(key)
        self._send("define_env", key)

    def forget_env(self, key: str) -> None:
        if key in self._envs:
            self._envs.discard(key)
            self._send("forget_env", key)

    def spawn(self, request: RunRequest) -> None:
        self._world.judge_request(request)
        self._send("spawn", request.run_id, request)

    def kill(self, run_id: str, grace_s: float) -> None:
        self._send("kill", run_id, grace_s)

    def withdraw(self, run_ids: Iterable[str]) -> None:
        self._send("withdraw", tuple(run_ids))

    def ack(self, run_ids: Iterable[str]) -> None:
        run_ids = tuple(run_ids)
        self._world.judge_ack(run_ids)
        self._send("ack", run_ids)

    def stop(self) -> None:
        self._send("stop")

    async def close(self) -> None:
        link, self.link = self.link, None
        if link:
            self._write(link)
            await self._hops()

    def _send(self, *message: Any) -> None:
        self._count_down()
        if self.link is None:
            return
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(message)

    def _count_down(self) -> None:
        if self.dies_after is None:
            return
        self.dies_after -= 1
        if self.dies_after < 0:
            self._world.disk.snapshot()
            raise Crash

    def _flush(self) -> None:
        if self.link:
            self._write(self.link)

    def _write(self, link: Link) -> None:
        if link.is_open:
            link.to_resident.extend(self._out)
        self._out.clear()

    def receive(self, count: int) -> None:
        """Take what arrived."""
        link = self.link
        if link is None:
            return
        events = [link.to_farm.popleft() for _ in range(min(count, len(link.to_farm)))]
        if not events:
            if not link.is_open and self._gate_open:
                self._lose()
        elif self._gate_open:
            self._on_events(events)
        else:
            self._early += events

    def _lose(self) -> None:
        if self.link:
            self.link = None
            self._on_lost()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
