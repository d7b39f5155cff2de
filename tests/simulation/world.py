"""One simulated history: a machine, a farm on it, people, and everything that can go wrong.

All choices come from one random generator, all times from one counter, so a seed is a history.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from random import Random
from typing import Any

from cuelet.core.check import check
from cuelet.core.operations import attempts, requests
from cuelet.core.operations.command import Place
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.memory import MemoryAction, MemoryPolicy
from cuelet.core.values import ids
from cuelet.core.values.errors import FarmError
from cuelet.core.values.runs import RunExited, RunRequest
from cuelet.core.values.states import DEAD, RUNNING, SUCCEEDED, JobState
from cuelet.engine.disks import DiskWatch
from cuelet.engine.engine import Engine
from cuelet.engine.watchdog import LogStamp
from cuelet.store.errors import StoreError, SyncError
from cuelet.store.store import Store
from tests.simulation import invariants
from tests.simulation.disk import Disk, Fault
from tests.simulation.loop import SimulatedLoop
from tests.simulation.requests import Request, random_request
from tests.simulation.resident import Process, Resident, SimulatedRunner, frame_of

PLACE = Place(host="here", log_root="/logs", scratch="/tmp", base_env={"A": "1"})
CORES, MEMORY_MB = 2.0, 4096
DAY_S = 86_400.0
QUIET_S = 30.0
"""Longer than any timer of the farm and any time-out of a random layer."""
ENOUGH_TURNS = 5000
"""Turns after which a history without faults has come to rest, or never will."""


class SimulationError(AssertionError):
    """Say which seed, what is wrong, and how to see the whole history."""

    def __init__(self, *, seed: int, faults: list[str], step: int) -> None:
        self.seed, self.faults = seed, faults
        listed = "\n  ".join(faults[:12])
        super().__init__(
            f"seed {seed}, step {step}:\n  {listed}\nsee it all: python -m tests.simulation {seed}"
        )


class Clock:
    """What the engine reads; only the simulation moves it."""

    def __init__(self) -> None:
        self.elapsed_s, self.wall_s = 1000.0, 1_700_000_000.0

    def now(self) -> float:
        return self.wall_s

    def monotonic(self) -> float:
        return self.elapsed_s

    def since_boot(self) -> float:
        return self.elapsed_s


class Incarnation:
    """One process of the farm, from its start to its end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.loop = SimulatedLoop(world.clock.monotonic)
        self.has_loaded = False
        self.store: Store = world.disk.open()
        self.runner: SimulatedRunner
        self.asked: list[tuple[str, asyncio.Task[Any]]] = []
        self.engine = Engine(
            store=self.store,
            make_runner=self._make_runner,
            clock=world.clock,
            look_at_log=lambda path: LogStamp(world.log_size, world.log_at),
            place=lambda: PLACE,
            cores=CORES,
            memory_mb=MEMORY_MB,
            memory_policy=MemoryPolicy(MemoryAction.KILL),
            rebooted=world.rebooted,
            disks=DiskWatch(world.disk.space, database="/db", logs="/logs", owed_bytes=lambda: 0),
        )
        self.main = self.loop.create_task(self._live())

    def _make_runner(self, on_events: Any, on_lost: Any) -> SimulatedRunner:
        self.runner = SimulatedRunner(self._world, self.loop, on_events, on_lost)
        return self.runner

    async def _live(self) -> None:
        await self.engine.start()
        await self.engine.run()

    @property
    def farm(self) -> Farm:
        return self.engine.farm


class World:
    """A machine and its history.

    Args:
        seed: Everything follows from it.
        note: Takes the history, line by line.
    """

    def __init__(self, seed: int, note: Callable[[str], None] = lambda line: None) -> None:
        self.seed, self.random, self._note = seed, Random(seed), note
        self.clock = Clock()
        self.disk = Disk(self._committed)
        self.journal: dict[str, RunExited | None] = {}
        """The resident's journal: runs nobody has acknowledged."""
        self.processes: dict[str, Process] = {}
        self.started: set[str] = set()
        """Every run that ever got a process."""
        self.booked: dict[str, int] = {}
        """Every run that was asked for, with the number of retries decided on by then."""
        self.cores: dict[str, float] = {}
        """What each run that was asked for may hold."""
        self.in_lanes = 0
        """How many were asked for ahead of their turn."""
        self.succeeded: dict[str, int] = {}
        """Frames whose success is recorded, with the number of retries when it was booked."""
        self.launched: list[str] = []
        self.prefetched_reservations: set[str] = set()
        """Jobs whose launch was acknowledged."""
        self.retries = 0
        """How often a retry was decided on."""
        self.resident: Resident | None = None
        self.farm: Incarnation | None = None
        self.faults: list[str] = []
        self.step = 0
        self.rebooted = False
        """The machine was restarted since a farm last settled with the runner."""
        self.kinds: dict[str, int] = {}
        """How often each thing happened."""
        self._expected: invariants.Digest | None = None
        """The state before the batch in which the farm may die."""
        self._shown: invariants.Digest | None = None
        """What the farm showed when it died: the next one must find it on disk."""
        self.log_size, self.log_at = 0, 0.0
        weights = {name: self.random.choice(each) for name, each in _WEIGHTS.items()}
        self._has_decided = False
        self._names, self._weights = list(weights), list(weights.values())
        self._failing = self.random.choice((0.0, 0.1, 0.3, 0.7))

    # -- what is judged as it happens ------------------------------------------------------------

    def complain(self, fault: str) -> None:
        self.faults.append(fault)

    def judge_request(self, request: RunRequest) -> None:
        """See that a run is on disk before the runner hears of it."""
        job_id, index, attempt = _split(request.run_id)
        row = self._row(job_id, index)
        if row is None or row[0] != RUNNING or row[1] != attempt:
            self.complain(f"{request.run_id} was asked for, on disk is {row}")
        self.booked[request.run_id] = self.retries
        assert self.farm is not None
        held = self.farm.farm.jobs[job_id].reserved.get(index)
        layer = self.farm.farm.jobs[job_id].layer_at(index)
        self.cores[request.run_id] = (held or self.farm.farm.reservation(layer))[0]
        self.in_lanes += bool(request.lane)

    def judge_ack(self, run_ids: tuple[str, ...]) -> None:
        """See that an end is on disk before the runner may forget it."""
        for run_id in run_ids:
            job_id, index, attempt = _split(run_id)
            row = self._row(job_id, index)
            if row is None or (row[0] == RUNNING and row[1] == attempt):
                self.complain(f"{run_id} was acknowledged, on disk is {row}")
            exited = self.journal.get(run_id)
            if exited and exited.exit_status == 0 and row and row[0] == SUCCEEDED:
                self.succeeded[frame_of(run_id)] = self.booked[run_id]

    def _row(self, job_id: str, index: int) -> tuple[int, int] | None:
        assert self.farm is not None
        return self.farm.store._database.execute(
            "SELECT frame.state, attempt FROM frame JOIN job ON job.pk = frame.job "
            "WHERE job.id = ? AND idx = ?",
            (job_id, index),
        ).fetchone()

    def judge_spawn(self, run_id: str) -> None:
        """See that no frame runs twice at a time, no run twice at all, none without a cause."""
        frame = frame_of(run_id)
        beside = [other for other in self.processes if frame_of(other) == frame]
        if beside:
            self.complain(f"{run_id} starts while {beside} still runs")
        if run_id in self.started:
            self.complain(f"{run_id} starts a second time")
        if self.succeeded.get(frame) == self.retries:
            self.complain(f"{run_id} starts though the frame succeeded and nobody asked again")
        self.started.add(run_id)
        held = sum(self.cores[run] for run in {*self.processes, run_id})
        if held > CORES + 1e-6:
            self.complain(f"{run_id} starts, and {held} cores are held")

    # -- the history -----------------------------------------------------------------------------

    def run(self) -> None:
        """Live through the whole history; raises SimulationError."""
        try:
            steps = self.random.randint(60, 260)
            for name in ("start_farm", "ask", *self.random.choice(_OPENINGS)):
                self._turn(name)
            while self.step < steps:
                self.step += 1
                self._turn(self.random.choices(self._names, self._weights)[0])
            self._calm_down()
            self._repair()
        finally:
            self._end()

    def _turn(self, name: str) -> None:
        if self.farm is None and name not in _WITHOUT_FARM:
            name = "start_farm"
        self.kinds[name] = self.kinds.get(name, 0) + 1
        getattr(self, f"_{name}")()
        self._judge()

    def _judge(self) -> None:
        if self.farm is not None and self._has_decided:
            self._has_decided = False
            self.faults += check(self.farm.farm)
            self.faults += self.farm.loop.faults
        if self.faults:
            self.note("FAULT", *self.faults)
            raise SimulationError(seed=self.seed, faults=self.faults, step=self.step)

    def note(self, *what: object) -> None:
        self._note(f"{self.step:4} {self.clock.elapsed_s - 1000:8.2f}s  {' '.join(map(str, what))}")

    def _end(self) -> None:
        if self.farm is not None:
            self.farm.loop.die()
            self.farm.store.close()
            self.farm = None
        self.disk.remove()

    # -- turns: time and the wire ----------------------------------------------------------------

    def _pump(self) -> None:
        self._run_callbacks(self.random.choice((1, 2, 5, 20)))

    def _flow(self) -> None:
        """Let everything that is under way arrive."""
        for _ in range(self.random.choice((1, 2, 6))):
            if self.farm is None:
                return
            self._run_callbacks(30)
            self._pass(self.random.choice((0.0, 0.01, 0.3)))
            while self.resident and self.resident.link and self.resident.link.to_resident:
                self._obey(self.resident)
            self._to_farm()

    def _run_callbacks(self, count: int) -> None:
        farm = self.farm
        while farm and farm.loop.is_ready and count:
            count -= 1
            if farm.has_loaded and self._may_die(farm):
                self._expected = invariants.digest(farm.farm)
            farm.loop.step()
            self._has_decided = True
            if farm.main.done():
                self._farm_ended(farm)
                return
            farm.has_loaded = True
            self.rebooted = self.rebooted and farm.engine._rebooted
        self._hear_replies()

    def _may_die(self, farm: Incarnation) -> bool:
        return self.disk.fault is not None or farm.runner.dies_after is not None

    def _committed(self) -> None:
        """From here on, what is in memory is what a restart must find."""
        farm = self.farm
        assert farm is not None
        farm.has_loaded = True
        if self._may_die(farm):
            self._expected = invariants.digest(farm.farm)

    def _farm_ended(self, farm: Incarnation) -> None:
        error = None if farm.main.cancelled() else farm.main.exception()
        if isinstance(error, Exception) and not isinstance(error, SyncError):
            self.complain(f"the farm ended by itself: {error!r}")
        self.note("the farm is killed inside a batch")
        self._lose_farm(self._expected)

    def _hear_replies(self) -> None:
        assert self.farm is not None
        for text, task in [each for each in self.farm.asked if each[1].done()]:
            self.farm.asked.remove((text, task))
            error = task.exception()
            if error is None:
                self.note("granted:", text.partition(" ")[0], task.result() or "")
                if text.startswith("launch"):
                    self.prefetched_reservations.add(task.result())
            elif isinstance(error, (FarmError, StoreError)):
                self.note("refused:", error)
            else:
                self.complain(f"{text} raised {error!r}")

    def _advance(self) -> None:
        seconds = self.random.choice((0.1, 1.0, 3.0, 6.0, 25.0))
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        self.clock.elapsed_s += seconds
        self.clock.wall_s += seconds
        for process in list(self.processes.values()):
            if (
                process.term_at is not None
                and self.clock.elapsed_s >= process.term_at + process.grace_s
            ):
                self._finish(process, 137, exit_signal=9)

    def _jump(self) -> None:
        self.clock.wall_s += self.random.choice((-DAY_S, -60.0, DAY_S))
        self.note("somebody sets the clock to", self.clock.wall_s)

    def _to_resident(self) -> None:
        resident = self.resident
        for _ in range(self.random.choice((1, 2, 8))):
            if resident and resident.link and resident.link.to_resident:
                self._obey(resident)
        if resident and self.random.random() < 0.5:
            resident.flush()
        self._let_leave()

    def _obey(self, resident: Resident) -> None:
        assert resident.link is not None
        self.note("runner obeys", *resident.link.to_resident[0][:2])
        resident.obey()
        self._let_leave()

    def _to_farm(self) -> None:
        farm = self.farm
        if farm and farm.runner.link:
            farm.loop.call_soon(farm.runner.receive, self.random.choice((1, 2, 10)))

    def _let_leave(self) -> None:
        if self.resident and self.resident.is_done():
            self.note("runner leaves")
            self._lose_resident(lose_acks=False)

    # -- turns: processes ------------------------------------------------------------------------

    def _exit(self) -> None:
        if not self.processes:
            return
        process = self.random.choice(list(self.processes.values()))
        if process.term_at is not None:
            status, number = self.random.choice(((143, 15), (143, 15), (143, 15), (0, 0), (3, 0)))
        else:
            bad = self.random.random() < self._failing
            status, number = self.random.choice(((1, 0), (139, 11), (33, 0))) if bad else (0, 0)
        self._finish(process, status, exit_signal=number)

    def _finish(self, process: Process, status: int, *, exit_signal: int = 0) -> None:
        resident = self.resident
        self.note("ends", process.run_id, status)
        if resident is None or process.run_id in resident.recovering:
            del self.processes[process.run_id]  # nobody sees it
            return
        reason = "killed on request" if process.term_at is not None and status else ""
        resident.end(process.run_id, status, exit_signal=exit_signal, reason=reason)
        self._let_leave()

    def _use(self) -> None:
        if self.processes and self.resident:
            run_id = self.random.choice(list(self.processes))
            if run_id not in self.resident.recovering:
                self.resident.use(run_id)

    def _log_grows(self) -> None:
        self.log_size += 1
        self.log_at = self.clock.now()

    # -- turns: people ---------------------------------------------------------------------------

    def _ask(self) -> None:
        assert self.farm is not None
        self._submit(*random_request(self.random, self.launched))

    def _submit(self, text: str, verb: str, request: Request) -> None:
        assert self.farm is not None
        self.note("asked:", text)

        def counted(farm: Farm, decision: Decision, now: float) -> Any:
            self.retries += verb in _REVIVING
            return request(farm, decision, now)

        task = self.farm.loop.create_task(self.farm.engine.submit(counted))
        self.farm.asked.append((text, task))

    # -- turns: faults ---------------------------------------------------------------------------

    def _commit_fails(self) -> None:
        times = self.random.choice((1, 1, 1, 3))
        code = self.random.choice((sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, _FSYNC))
        self.disk.fault = Fault(at=self.random.randrange(6), code=code, times=times)
        self.note("a commit will fail with", code, "at statement", self.disk.fault.at)

    def _disk_fills(self) -> None:
        self.disk.is_full = not self.disk.is_full
        self.disk.commits_left = 0
        self.note("the disk is full" if self.disk.is_full else "there is room again")

    def _crash_in_commit(self) -> None:
        self.disk.fault = Fault(at=self.random.choice((-1, 0, 1, 2, 3, 4, 5)))
        self.note("the farm will die at statement", self.disk.fault.at)

    def _crash_in_act(self) -> None:
        assert self.farm is not None
        self.farm.runner.dies_after = self.random.randrange(5)
        self.note("the farm will die at call", self.farm.runner.dies_after)

    def _crash_farm(self) -> None:
        if self.farm is not None:
            self.note("kill -9 of the farm")
            self._lose_farm(None)

    def _lose_farm(self, expected: invariants.Digest | None) -> None:
        """Let the farm's process be gone; what it showed last is what must be on disk."""
        farm, self.farm = self.farm, None
        assert farm is not None
        if farm.has_loaded:
            self._shown = invariants.digest(farm.farm) if expected is None else expected
        self._expected = None
        farm.loop.die()
        self.disk.crash(farm.store)

    def _crash_resident(self) -> None:
        if self.resident is not None:
            self.note("kill -9 of the runner")
            self._lose_resident(lose_acks=self.random.random() < 0.5)

    def _lose_resident(self, *, lose_acks: bool) -> None:
        resident, self.resident = self.resident, None
        assert resident is not None
        if lose_acks:
            self.journal = {**resident.unsynced_acks, **self.journal}
        if resident.link:
            self._break(resident.link)

    def _break(self, link: Any) -> None:
        """Lose what is under way from some point on."""
        link.is_open = False
        link.to_resident.clear()
        for _ in range(self.random.randrange(3)):
            if link.to_farm:
                link.to_farm.pop()

    def _drop_link(self) -> None:
        resident = self.resident
        if resident and resident.link:
            self.note("the connection breaks")
            for _ in range(self.random.randrange(3)):
                if resident.link.to_resident:
                    resident.obey()
            self._break(resident.link)
            resident.link = None

    def _crash_both(self) -> None:
        self._crash_farm()
        self._crash_resident()

    def _reboot(self) -> None:
        """Take everything down; what the runner noted last was not synced and may be gone."""
        self._crash_farm()
        self._crash_resident()
        self.note("the machine restarts")
        self.processes.clear()
        for run_id in list(self.journal)[-self.random.randrange(3) :]:
            if self.random.random() < 0.5:
                del self.journal[run_id]
        self.rebooted = True

    def _survivors_end(self) -> None:
        if self.resident and self.resident.recovering:
            self.note("lost runs are reported", self.resident.recovering)
            self.resident.conclude_recovery()

    def _stop_farm(self) -> None:
        """Stop the farm in order, as `cuelet farm stop` does."""
        assert self.farm is not None
        farm = self.farm
        self.note("farm stop")
        farm.main.cancel()
        farm.loop.create_task(farm.engine.close())
        for _ in range(60):
            if farm.loop.is_ready:
                farm.loop.step()
            else:
                self._pass(0.5)
        self._lose_farm(None)

    def start_resident(self) -> None:
        """Start a runner on the journal of the one before."""
        self.note("a runner starts")
        self.resident = Resident(self)

    def _start_farm(self) -> None:
        if self.farm is not None:
            return
        self.note("a farm starts")
        self.disk.fault = None
        self.farm = Incarnation(self)
        if self._shown is not None:
            self._compare_with_disk(self._shown)

    def _compare_with_disk(self, shown: invariants.Digest) -> None:
        assert self.farm is not None
        found = Farm(cores=CORES, memory_mb=MEMORY_MB)
        for job in self.farm.store.load():
            found.add(job)
        for fault in invariants.differences(shown, invariants.digest(found)):
            self.complain(f"after the restart: {fault}")
        for job_id in sorted(self.prefetched_reservations - found.jobs.keys()):
            self.complain(f"job {job_id}, whose launch was acknowledged, is gone")

    # -- the end ---------------------------------------------------------------------------------

    def _calm_down(self) -> None:
        """Let all faults cease and everything run to where nothing happens any more."""
        self.note("-- calm")
        self._settle()
        assert self.farm is not None
        self.faults += invariants.idle_without_reason(self.farm.farm)
        self.faults += invariants.unexplained(self.farm.farm)
        self._judge()

    def _settle(self) -> None:
        """Serve everybody until nothing is under way."""
        quiet_s, commits = 0.0, -1
        for _ in range(ENOUGH_TURNS):
            if self.farm is None:
                self._start_farm()
            if self._work() or self.disk.commits != commits:
                quiet_s, commits = 0.0, self.disk.commits
            elif quiet_s > QUIET_S:
                return
            elif self.farm and not self.farm.loop.is_ready:
                quiet_s += 3.0
                self._pass(3.0)
            self._judge()
        self.complain("it never comes to rest")
        self._judge()

    def _work(self) -> bool:
        """Do one thing that can be done; tell whether there was one, timers of the farm aside."""
        farm = self.farm
        assert farm is not None
        self.disk.fault, self.disk.is_full, farm.runner.dies_after = None, False, None
        if farm.loop.is_ready:
            self._run_callbacks(20)
            if self.farm is not farm or farm.loop.is_ready:
                return False
        resident = self.resident
        if resident and resident.link and resident.link.to_resident:
            self._to_resident()
            return True
        link = farm.runner.link
        if link and (link.to_farm or not link.is_open):
            self._to_farm()
            return True
        if resident and resident.recovering:
            self._survivors_end()
            return True
        if self.processes and link is None:
            return False  # the farm is about to meet the runner
        if self.processes:
            self._judge_kills(farm.farm)
            self._exit()
            return True
        return False

    def _judge_kills(self, farm: Farm) -> None:
        """See that whatever somebody wants to end was told so, now that every message has arrived."""
        for run_id, process in self.processes.items():
            found = attempts.current_run(farm, run_id)
            wanted = found is None or found[1] in found[0].intents
            if wanted and process.term_at is None:
                self.complain(f"{run_id} runs on though it was killed, or nobody waits for it")

    def _repair(self) -> None:
        """Let people put everything right: then every job that was not killed completes."""
        self.note("-- repair")
        self._failing = 0.0
        for _ in range(20):
            assert self.farm is not None
            pending = [j for j in self.farm.farm.jobs.values() if j.state is JobState.PENDING]
            if not pending:
                return
            for job in pending:
                for text, verb, request in _repairs(job):
                    self._submit(text, verb, request)
            self._settle()
        self.complain(f"jobs that nothing completes: {[job.name for job in pending]}")
        self._judge()


def _repairs(job: Job) -> list[tuple[str, str, Request]]:
    """Return the requests of somebody who wants a job to complete."""
    dead = [index for index in range(job.size) if job.state_of[index] == DEAD]
    held = [edge.awaited.name for edge in job.edges_of_job()]

    def act(farm: Farm, decision: Any, now: float) -> None:
        found = farm.get_job(job.id)
        requests.set_paused(found, decision, paused=False)
        requests.release_edges(found, found.edges_of_job(), decision)
        requests.retry_frames(farm, found, dead, decision)

    return [(f"repair {job.name}: retry {dead}, release {held}", "retry", act)]


def _split(run_id: str) -> tuple[str, int, int]:
    parts = ids.split_run_id(run_id)
    assert parts is not None, run_id
    return parts


_FSYNC = sqlite3.SQLITE_IOERR_FSYNC

_WEIGHTS: dict[str, tuple[float, ...]] = {
    "pump": (10.0, 30.0),
    "flow": (5.0, 20.0, 60.0),
    "to_resident": (5.0, 10.0),
    "to_farm": (5.0, 10.0),
    "advance": (1.0, 5.0),
    "exit": (5.0, 15.0, 30.0, 60.0),
    "use": (0.0, 1.0),
    "log_grows": (0.0, 1.0),
    "jump": (0.0, 0.0, 1.0),
    "ask": (5.0, 15.0, 30.0),
    "commit_fails": (0.0, 0.0, 2.0),
    "disk_fills": (0.0, 0.0, 2.0),
    "crash_in_commit": (0.0, 2.0, 5.0),
    "crash_in_act": (0.0, 2.0, 5.0),
    "crash_farm": (0.0, 1.0, 3.0),
    "crash_resident": (0.0, 0.0, 1.0, 3.0),
    "crash_both": (0.0, 0.0, 1.0),
    "reboot": (0.0, 0.0, 1.0),
    "drop_link": (0.0, 0.0, 1.0, 3.0),
    "survivors_end": (1.0, 5.0),
    "stop_farm": (0.0, 0.0, 1.0),
}
"""Weights of the turns; each history draws its own, so that some know no faults of a kind."""

_OPENINGS = ((), ("flow",), ("flow", "ask", "flow", "flow"), ("ask", "ask", "flow", "flow"))
"""How a history may begin; most begin with jobs that run."""

_REVIVING = frozenset({"retry", "eat", "mark", "free", "release", "drop"})
"""What lets frames run again, or for the first time: then what waited for their end runs again too."""
_WITHOUT_FARM = frozenset(
    {
        "to_resident",
        "advance",
        "exit",
        "jump",
        "reboot",
        "crash_resident",
        "survivors_end",
        "log_grows",
    }
)


def simulate(seed: int, note: Callable[[str], None] = lambda line: None) -> World:
    """Live through the history of a seed; raises SimulationError."""
    log = logging.getLogger("cuelet.engine.engine")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)  # failed commits are wanted here
    try:
        world = World(seed, note)
        world.run()
        return world
    finally:
        log.setLevel(level)
