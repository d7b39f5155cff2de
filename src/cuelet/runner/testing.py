"""For tests of whatever uses a runner: a fake one without processes, and a listener that waits.

`FakeRunner` and `cuelet.runner.client.ResidentRunner` pass one conformance suite.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from cuelet.core.values.runs import (
    FAILED_LAUNCH,
    ORPHANED,
    LiveRun,
    RunEvent,
    RunExited,
    RunnerState,
    RunRequest,
    RunReturned,
    RunStarted,
    RunUsage,
    Step,
)
from cuelet.runner import procfs
from cuelet.runner.client import ResidentRunner
from cuelet.runner.resident.lanes import Lanes

FAKE_PID = 1_000_000
_TERM = 15


class FakeRunner:
    """A runner whose runs end when the test says so.

    `spawned`, `kills` and `acked` keep what was asked, in order. Events arrive in the next
    iteration of the event loop, together.
    """

    def __init__(
        self,
        *,
        on_events: Callable[[list[RunEvent]], None],
        on_lost: Callable[[], None],
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Prepare a fake.

        Args:
            on_events: As for the real one.
            on_lost: As for the real one.
            now: Clock for times and durations, seconds.
        """
        self.spawned: list[RunRequest] = []
        self.kills: list[tuple[str, float]] = []
        self.acked: list[str] = []
        self.obeys_kill = True
        """Whether a killed run ends by itself."""
        self.has_lanes = False
        """Whether it says that it takes runs ahead of their turn; it does in any case."""
        self._lanes = Lanes()
        self._on_events = on_events
        self._on_lost = on_lost
        self._now = now
        self._envs: dict[str, Mapping[str, str]] = {}
        self._live: dict[str, LiveRun] = {}
        self._ended: dict[str, RunExited] = {}
        self._events: list[RunEvent] = []
        self._connected = False
        self._stopping = False

    # What the engine calls

    @property
    def is_connected(self) -> bool:
        """Whether `connect` has returned and nothing was lost since."""
        return self._connected

    async def connect(self) -> RunnerState:
        """Return every run that was not acknowledged."""
        self._connected = True
        self._stopping = False
        self._events.clear()
        self._lanes.restart()
        live, ended = tuple(self._live.values()), tuple(self._ended.values())
        return RunnerState(FAKE_PID, "fake-boot", live, ended, self.has_lanes)

    def define_env(self, key: str, env: Mapping[str, str]) -> None:
        """Keep a base environment."""
        self._envs[key] = dict(env)

    def forget_env(self, key: str) -> None:
        """Drop a base environment."""
        self._envs.pop(key, None)

    def spawn(self, request: RunRequest) -> None:
        """Begin a run, or have it wait in its lane."""
        known = self._lanes.has(request.run_id) or request.run_id in self._ended
        if self._connected and not known and not self._lanes.enter(request, self._now()):
            self._begin(request)

    def _begin(self, request: RunRequest) -> None:
        run_id = request.run_id
        self.spawned.append(request)
        pid = FAKE_PID + len(self.spawned)
        self._live[run_id] = LiveRun(run_id, pid, pid, self._now(), 0.0)
        if request.env_key not in self._envs:
            reason = f"environment {request.env_key!r} was never defined"
            self.finish(run_id, FAILED_LAUNCH, reason=reason)
        else:
            self._tell(RunStarted(run_id, pid, self._now()))

    def kill(self, run_id: str, grace_s: float) -> None:
        """End a run at once, unless `obeys_kill` is off."""
        if not self._connected:
            return
        self.kills.append((run_id, grace_s))
        if run_id in self._live and self.obeys_kill:
            self.finish(run_id, 128 + _TERM, exit_signal=_TERM, reason="killed on request")
        elif run_id not in self._live and self._lanes.remove(run_id):
            self._conclude(
                LiveRun(run_id, 0, 0, self._now(), 0.0),
                128 + _TERM,
                exit_signal=_TERM,
                reason="killed on request",
            )

    def withdraw(self, run_ids: Iterable[str]) -> None:
        """Give runs back that wait."""
        for run_id in run_ids:
            if run_id not in self._live and self._lanes.remove(run_id):
                self._tell(RunReturned(run_id))

    def ack(self, run_ids: Iterable[str]) -> None:
        """Forget exits."""
        for run_id in run_ids if self._connected else ():
            self.acked.append(run_id)
            self._ended.pop(run_id, None)

    def stop(self) -> None:
        """Leave as soon as no run is left."""
        if self._connected:
            self._stopping = True
            self._leave_when_done()

    async def close(self) -> None:
        """Disconnect; runs go on."""
        self._connected = False

    # What the test calls

    @property
    def live(self) -> tuple[str, ...]:
        """Ids of the runs that have not ended, in order of their beginning."""
        return tuple(self._live)

    def finish(
        self,
        run_id: str,
        exit_status: int = 0,
        *,
        exit_signal: int = 0,
        cpu_s: float = 0.0,
        max_rss_kb: int = 0,
        reason: str = "",
        made: str = "",
    ) -> None:
        """Let a run end; the one that waits behind it begins."""
        self._conclude(
            self._live.pop(run_id),
            exit_status,
            exit_signal=exit_signal,
            cpu_s=cpu_s,
            max_rss_kb=max_rss_kb,
            reason=reason,
            made=made,
        )
        if following := self._lanes.leave(run_id):
            self._begin(following)
        self._leave_when_done()

    def _conclude(
        self,
        run: LiveRun,
        exit_status: int,
        *,
        exit_signal: int = 0,
        cpu_s: float = 0.0,
        max_rss_kb: int = 0,
        reason: str = "",
        made: str = "",
    ) -> None:
        exited = RunExited(
            run_id=run.run_id,
            exit_status=exit_status,
            exit_signal=exit_signal,
            cpu_s=cpu_s,
            wall_s=self._now() - run.at,
            max_rss_kb=max_rss_kb,
            at=self._now(),
            reason=reason,
            made=made,
        )
        self._ended[run.run_id] = exited
        self._tell(exited)

    def use(self, run_id: str, *, rss_kb: int, max_rss_kb: int, cpu_s: float) -> None:
        """Report what a live run uses."""
        if run_id in self._live:
            self._tell(RunUsage(run_id, rss_kb, max_rss_kb, cpu_s))

    def drop(self) -> None:
        """Break the connection; runs survive."""
        self._connected = False
        asyncio.get_running_loop().call_soon(self._on_lost)

    def crash(self) -> None:
        """Let the resident die with its runs: the next `connect` tells that they were lost."""
        self._lanes.restart()
        for run_id in self.live:
            self.finish(run_id, ORPHANED, reason="lost: its runner died")
        self.drop()

    def _tell(self, event: RunEvent) -> None:
        if self._connected:
            if not self._events:
                asyncio.get_running_loop().call_soon(self._deliver)
            self._events.append(event)

    def _deliver(self) -> None:
        events, self._events = self._events, []
        if events and self._connected:
            self._on_events(events)

    def _leave_when_done(self) -> None:
        if self._stopping and not self._live:
            self._stopping = False
            asyncio.get_running_loop().call_soon(self._leave)

    def _leave(self) -> None:
        self._deliver()
        self.drop()


class Listener:
    """Collects what a runner reports and lets a test wait for it."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []
        self.times_lost = 0
        self._changed = asyncio.Event()

    def on_events(self, events: list[RunEvent]) -> None:
        """Take a batch."""
        self.events += events
        self._changed.set()

    def on_lost(self) -> None:
        """Count a lost runner."""
        self.times_lost += 1
        self._changed.set()

    async def wait_until(self, condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Wait until a condition holds; it is looked at after each report.

        Raises:
            TimeoutError: It did not in time.
        """
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def wait_exits(self, *run_ids: str, timeout_s: float = 20.0) -> list[RunExited]:
        """Wait for the exits of runs and return them in the order asked for."""
        await self.wait_until(lambda: set(run_ids) <= self.exits.keys(), timeout_s)
        return [self.exits[run_id] for run_id in run_ids]

    async def wait_started(self, *run_ids: str) -> list[RunStarted]:
        """Wait for the beginnings of runs and return them in the order asked for."""
        await self.wait_until(lambda: set(run_ids) <= self.started.keys())
        return [self.started[run_id] for run_id in run_ids]

    @property
    def exits(self) -> dict[str, RunExited]:
        """The exits reported so far, by run."""
        return {event.run_id: event for event in self.events if isinstance(event, RunExited)}

    @property
    def returned(self) -> list[str]:
        """The runs given back so far, in order."""
        return [event.run_id for event in self.events if isinstance(event, RunReturned)]

    @property
    def started(self) -> dict[str, RunStarted]:
        """The beginnings reported so far, by run."""
        return {event.run_id: event for event in self.events if isinstance(event, RunStarted)}


@asynccontextmanager
async def open_resident(
    directory: str | os.PathLike[str], listener: Listener, *, cgroup: str = ""
) -> AsyncIterator[ResidentRunner]:
    """Connect to the resident of a directory, with this process's environment as "base".

    At the end its runs are killed and it is stopped, so that no process is left.
    """
    runner = ResidentRunner(
        directory, on_events=listener.on_events, on_lost=listener.on_lost, cgroup=cgroup
    )
    await runner.connect()
    runner.define_env("base", os.environ)
    try:
        yield runner
    finally:
        await _end_resident(runner, listener)


async def _end_resident(runner: ResidentRunner, listener: Listener) -> None:
    if not runner.is_connected:
        await runner.connect()
    lost_before = listener.times_lost
    await runner.close()
    state = await runner.connect()
    for run in state.running:
        runner.kill(run.run_id, 0)
    runner.ack(run.run_id for run in state.exited)
    runner.stop()
    await listener.wait_until(lambda: listener.times_lost > lost_before)
    await wait_gone(runner.pid)
    output = Path(runner.directory, "runner.log").read_text(encoding="utf-8")
    if "our bug" in output:
        raise AssertionError(output)


async def wait_gone(pid: int, timeout_s: float = 10.0) -> None:
    """Wait until a process no longer runs.

    Raises:
        TimeoutError: It still does.
    """
    async with asyncio.timeout(timeout_s):
        while (process := procfs.read_process(pid)) and process.is_alive:
            await asyncio.sleep(0.005)


def make_request(
    run_id: str,
    *argvs: Sequence[str],
    log_path: str | os.PathLike[str],
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] = "/",
    env_key: str = "base",
    header: str = "",
    memory_max_mb: int = 0,
    lane: str = "",
    patience_s: float = 3600.0,
) -> RunRequest:
    """Return a request with one step per argument list."""
    return RunRequest(
        run_id=run_id,
        steps=tuple(Step(tuple(argv)) for argv in argvs),
        env_key=env_key,
        env=env or {},
        cwd=os.fspath(cwd),
        log_path=os.fspath(log_path),
        header=header,
        memory_max_mb=memory_max_mb,
        lane=lane,
        patience_s=patience_s,
    )


def list_processes_of(runner_dir: str | os.PathLike[str]) -> list[int]:
    """Return the live processes that carry the marker of a runner's directory."""
    wanted = os.path.realpath(runner_dir)
    marked = []
    for process in procfs.iter_processes():
        markers = procfs.read_markers(process.pid) if process.is_alive else None
        if markers and markers[1] == wanted:
            marked.append(process.pid)
    return marked
