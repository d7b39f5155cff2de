"""Farm and runner with lanes, out of step at random: nothing over-booked, lost or run twice."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuelet.core.check import check
from cuelet.core.operations import attempts, lanes, launching, requests
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.frame_row import FrameRow
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.runs import (
    ORPHANED,
    RunEvent,
    RunExited,
    RunRequest,
    RunReturned,
    RunStarted,
)
from cuelet.core.values.states import RUNNING, WITH_RUNNER, JobState
from cuelet.runner.resident.lanes import Lanes
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec
from tests.budget import examples

CORES, WALL_S = 2.0, 0.001


class Runner:
    """A resident whose processes are names: what it was asked for, and has not told yet."""

    def __init__(self) -> None:
        self.live: dict[str, float] = {}
        """Cores by run."""
        self.begun: list[str] = []
        self.news: list[RunEvent] = []
        self.unacknowledged: dict[str, RunExited] = {}
        self._cores: dict[str, float] = {}
        self.lanes = Lanes()

    def spawn(self, run_id: str, lane: str, cores: float) -> None:
        self._cores[run_id] = cores
        request = RunRequest(run_id, (), "", {}, "/", "/log", lane=lane)
        if not self.lanes.enter(request, 0.0):
            self._begin(run_id)

    def _begin(self, run_id: str) -> None:
        assert run_id not in self.begun, f"{run_id} would run twice"
        frame = run_id.partition(".")[0]
        assert frame not in {live.partition(".")[0] for live in self.live}, f"{frame} runs twice"
        self.begun.append(run_id)
        self.live[run_id] = self._cores[run_id]
        assert sum(self.live.values()) <= CORES, f"{self.live} is over-booked"
        self.news.append(RunStarted(run_id, 7, 1.0))

    def end(self, run_id: str, status: int, at: float) -> None:
        del self.live[run_id]
        self._report(run_id, status, at)
        if following := self.lanes.leave(run_id):
            self._begin(following.run_id)

    def _report(self, run_id: str, status: int, at: float) -> None:
        exited = RunExited(run_id, status, 0, 0.1, WALL_S, 1000, at)
        self.unacknowledged[run_id] = exited
        self.news.append(exited)

    def kill(self, run_id: str, at: float) -> None:
        if run_id in self.live:
            self.end(run_id, 143, at)
        elif self.lanes.remove(run_id):
            self._report(run_id, 143, at)

    def give_back(self, run_id: str) -> None:
        if run_id not in self.live and self.lanes.remove(run_id):
            self.news.append(RunReturned(run_id))

    def die(self, at: float) -> None:
        self.lanes.restart()
        for run_id in list(self.live):
            self.end(run_id, ORPHANED, at)

    def replace(self) -> None:
        """Let a successor take over, which finds everything still running."""
        self.lanes = Lanes()
        for run_id in self.live:
            self.lanes.occupy(run_id)

    def waiting(self) -> list[str]:
        return [run for run in self._cores if self.lanes.has(run) and run not in self.live]


class World:
    """A farm, what it has committed, and its runner."""

    def __init__(self, spec: JobSpec) -> None:
        self.now = 1.0
        self.runner = Runner()
        self.farm = self._fresh_farm()
        (self.job,) = launching.launch(self.farm, [spec], [ids.job_id(7)], Decision(), now=self.now)
        self.rows: dict[int, FrameRow] = {}
        self.commit(Decision())

    def _fresh_farm(self) -> Farm:
        farm = Farm(cores=CORES, memory_mb=2000)
        farm.has_lanes = True
        return farm

    def commit(self, decision: Decision) -> None:
        dispatch(self.farm, decision, now=self.now)
        assert check(self.farm) == []
        self.rows |= {index: self.job.row(index) for _, index in decision.frames}
        for job, index in decision.starts:
            self.runner.spawn(job.run_id(index), "", job.reserved[index][0])
        for job, index, lane in decision.prefetches:
            cores, _ = self.farm.reservation(job.layer_at(index))
            self.runner.spawn(job.run_id(index), lane, cores)
        for run_id in decision.withdraws:
            self.runner.give_back(run_id)
        for run_id in decision.kills:
            self.runner.kill(run_id, self.now)
        for run_id in decision.acks:
            self.runner.unacknowledged.pop(run_id, None)

    def hear(self, count: int) -> None:
        """Let the farm take in some of what the runner has to tell."""
        events, self.runner.news = self.runner.news[:count], self.runner.news[count:]
        decision = Decision()
        for event in events:
            self._take(event, decision)
        self.commit(decision)

    def _take(self, event: RunEvent, decision: Decision) -> None:
        if isinstance(event, RunExited):
            attempts.on_run_exited(self.farm, event, decision)
        elif isinstance(event, RunReturned):
            attempts.on_run_returned(self.farm, event.run_id, decision, now=self.now)
        elif isinstance(event, RunStarted):
            attempts.on_run_started(self.farm, event, decision)

    def reconnect(self) -> None:
        """Meet the runner as the engine does."""
        self.runner.lanes.restart()
        self.runner.news.clear()
        decision = Decision()
        for exited in list(self.runner.unacknowledged.values()):
            attempts.on_run_exited(self.farm, exited, decision)
        for run_id in self.runner.live:
            attempts.on_run_started(self.farm, RunStarted(run_id, 7, self.now), decision)
        reported = {*self.runner.live, *self.runner.unacknowledged}
        for index in range(self.job.size):
            if self.job.state_of[index] in WITH_RUNNER:
                if self.job.run_id(index) not in reported:
                    attempts.requeue_unstarted(self.farm, self.job, index, decision, now=self.now)
                elif index in self.job.intents:
                    decision.kills.append(self.job.run_id(index))
        lanes.forget(self.job)
        self.farm.is_awaiting_runner = False
        decision.kills += [
            run for run in self.runner.live if attempts.current_run(self.farm, run) is None
        ]
        self.commit(decision)

    def reload(self) -> None:
        """Begin again with what was committed."""
        old = self.job
        self.job = Job(old.spec, old.id, submitted_at=old.submitted_at)
        self.job.restore(self.rows.values(), [])
        self.job.paused, self.job.state = old.paused, old.state
        self.farm = self._fresh_farm()
        self.farm.is_awaiting_runner = True
        self.farm.add(self.job)
        for index in range(self.job.size):
            if self.job.state_of[index] == RUNNING:
                self.farm.reserve(self.job, index)

    def do(self, op: str, pick: int) -> None:
        """Let something happen to the processes, the farm or the line between."""
        self.now += 0.001
        live, waiting = list(self.runner.live), self.runner.waiting()
        if op in ("end", "fail") and live:
            self.runner.end(live[pick % len(live)], int(op == "fail"), self.now)
        elif op == "late" and waiting:
            self.runner.give_back(waiting[pick % len(waiting)])
        elif op == "hear":
            self.hear(1 + pick % 7)
        elif op in ("lose", "crash", "die", "replace"):
            if op == "die":
                self.runner.die(self.now)
            if op == "replace":
                self.runner.replace()
            if op == "crash":
                self.reload()
            self.reconnect()
        else:
            self.ask(op, pick % self.job.size)

    def ask(self, op: str, index: int) -> None:
        """Let somebody ask the farm for something."""
        decision = Decision()
        if op == "kill":
            requests.kill_frames(self.job, [index], decision, by="me")
        elif op == "eat":
            requests.eat_frames(self.farm, self.job, [index], decision, now=self.now)
        elif op == "retry":
            requests.retry_frames(self.farm, self.job, [index], decision)
        elif op == "pause":
            requests.set_paused(self.job, decision, paused=not self.job.paused)
        self.commit(decision)


OPS = ["end"] * 10 + ["hear"] * 10 + ["fail", "late", "kill", "eat", "retry", "pause"]
OPS += ["lose", "crash", "die", "replace"]


@st.composite
def job_specs(draw: st.DrawFn) -> JobSpec:
    cores = st.sampled_from([0.5, 1.0, 2.0])
    main = LayerSpec(name="main", range=f"1-{draw(st.integers(1, 60))}", cores=draw(cores))
    more = LayerSpec(name="more", range="1-5", cores=draw(cores))
    edge = EdgeSpec(layer="more", on="main") if draw(st.booleans()) else None
    return JobSpec(
        name="show-shot-user_job",
        show="show",
        shot="shot",
        user="user",
        layers=(main, more),
        edges=(edge,) if edge else (),
        max_retries=1,
    )


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(job_specs(), st.lists(st.tuples(st.sampled_from(OPS), st.integers(0, 999)), max_size=120))
def test_lanes_hold_whatever_happens(spec: JobSpec, ops: list[tuple[str, int]]) -> None:
    world = World(spec)
    for op, pick in ops:
        world.do(op, pick)

    requests.set_paused(world.job, Decision(), paused=False)
    world.commit(Decision())
    for _ in range(4 * world.job.size):
        for run_id in list(world.runner.live):
            world.runner.end(run_id, 0, world.now)
        world.hear(1000)
    assert not world.runner.live
    assert world.farm.free_cores == CORES
    assert world.job.state is JobState.FINISHED or launching.is_stuck(world.farm, world.job)


@settings(max_examples=examples(100), deadline=None)
@given(job_specs(), st.lists(st.tuples(st.sampled_from(["end", "hear"]), st.integers(0, 999))))
def test_without_trouble_every_frame_runs_once(spec: JobSpec, ops: list[tuple[str, int]]) -> None:
    world = World(spec)
    for op, pick in ops:
        world.do(op, pick)
    while world.runner.live or world.runner.news:
        world.do("end", 0)
        world.hear(1000)

    assert world.job.state is JobState.FINISHED
    assert len(world.runner.begun) == len(set(world.runner.begun)) == world.job.size
    assert set(world.job.attempt) == {1}
