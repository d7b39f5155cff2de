"""The farm's core under random jobs, exits and operators, checked by definition at every step."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuelet.core.check import check
from cuelet.core.operations import attempts, launching, requests
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.memory import MemoryAction, MemoryPolicy
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidSpecError
from cuelet.core.values.runs import ORPHANED, OUT_OF_MEMORY, RunExited, RunUsage
from cuelet.core.values.states import RUNNING, JobState
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome
from tests.budget import examples

RANGES = ["1-1", "1-4", "1-6", "3-8", "1-8x2", "5-1", "2,9,4"]


@st.composite
def job_specs(draw: st.DrawFn) -> JobSpec:
    count = draw(st.integers(1, 5))
    layers = tuple(
        LayerSpec(
            name=f"layer{i}",
            range=draw(st.sampled_from(RANGES)),
            chunk=draw(st.integers(1, 3)),
            retries=draw(st.integers(0, 2)),
            cores=draw(st.sampled_from([1.0, 2.0, 0.5, 0.0, 16.0])),
            memory_mb=draw(st.sampled_from([100, 1500])),
        )
        for i in range(count)
    )
    pairs = [(waiter, on) for waiter in range(count) for on in range(waiter) if draw(st.booleans())]
    edges = [
        EdgeSpec(
            layer=f"layer{waiter}",
            on=f"layer{on}",
            kind=draw(st.sampled_from(list(EdgeKind))),
            outcome=draw(st.sampled_from(list(Outcome))),
        )
        for waiter, on in pairs
    ]
    return JobSpec(
        name="show-shot-user_job",
        show="show",
        shot="shot",
        user="user",
        layers=layers,
        edges=tuple(edges),
        autoeat=draw(st.booleans()),
    )


EXITS = {"exit0": 0, "exit1": 1, "orphan": ORPHANED, "memory": OUT_OF_MEMORY}
OPS = ["exit0", "exit0", "exit1", "exit1", "retry", "kill", "eat", "free", "release", "pause"]
OPS += ["done", "orphan", "memory", "greed", "restart"]


POLICY = MemoryPolicy(MemoryAction.KILL, 1.5)


class World:
    def __init__(self, spec: JobSpec) -> None:
        self.now = 1.0
        self.farm = Farm(cores=2.0, memory_mb=2000, memory_policy=POLICY)
        (self.job,) = launching.launch(self.farm, [spec], [ids.job_id(7)], Decision(), now=self.now)
        self.rows: dict[int, object] = {}
        self.settle(Decision())

    def settle(self, decision: Decision) -> None:
        dispatch(self.farm, decision, now=self.now)
        for job_id, index in decision.frames:
            self.rows[index] = self.farm.jobs[job_id].row(index)
        # a killed process ends soon
        kills, decision.kills = decision.kills, []
        for run in kills:
            after = Decision()
            attempts.on_run_exited(self.farm, self.report(run, 137), after)
            self.settle(after)
        assert check(self.farm) == []

    def report(self, run: str, status: int) -> RunExited:
        wall_s = self.now % 7 / 10
        return RunExited(run, status, 0, wall_s / 2, wall_s, int(self.now % 5) * 100, self.now)

    def running(self) -> list[int]:
        return [i for i in range(self.job.size) if self.job.state_of[i] == RUNNING]

    def do(self, op: str, pick: int) -> None:
        self.now += 1
        decision, running = Decision(), self.running()
        if op not in (*EXITS, "greed"):
            self.ask(op, pick, decision)
        elif running:
            self.happen(op, running[pick % len(running)], pick, decision)
        self.settle(decision)

    def ask(self, op: str, pick: int, decision: Decision) -> None:
        """Do what somebody asks for."""
        job, index = self.job, pick % self.job.size
        if op == "retry":
            requests.retry_frames(self.farm, job, [index], decision)
        elif op == "kill":
            requests.kill_frames(job, [index], decision, by="me")
        elif op == "eat":
            requests.eat_frames(self.farm, job, [index], decision, now=self.now)
        elif op == "free":
            requests.free_frames(job, [index], decision)
        elif op == "done":
            requests.mark_done(job, [index], decision)
        elif op == "release" and job.edges:
            requests.release_edges(job, [job.edges[pick % len(job.edges)]], decision)
        elif op == "pause":
            requests.set_paused(job, decision, paused=not job.paused)
        elif op == "restart":
            self.restart()

    def happen(self, op: str, index: int, pick: int, decision: Decision) -> None:
        """Let a running frame end, or use memory without restraint."""
        run = self.job.run_id(index)
        if op in EXITS:
            attempts.on_run_exited(self.farm, self.report(run, EXITS[op]), decision)
        else:
            attempts.on_run_usage(self.farm, RunUsage(run, pick * 4096, pick * 4096, 0.1))
            attempts.mind_memory(self.farm, self.job, index, decision)

    def restart(self) -> None:
        """Rebuild the farm from what was committed, as after a crash."""
        old = self.job
        fresh = Job(old.spec, old.id, submitted_at=old.submitted_at)
        fresh.restore(self.rows.values(), [e.index for e in old.edges if not e.active])
        fresh.paused, fresh.state, fresh.stopped_at = old.paused, old.state, old.stopped_at
        for layer, was in zip(fresh.layers, old.layers, strict=True):
            layer.memory_mb = was.memory_mb
        assert (fresh.retries, fresh.free_retries, fresh.memory_retries) == (
            old.retries,
            old.free_retries,
            old.memory_retries,
        )
        assert fresh.state_of == old.state_of
        assert fresh.unmet == old.unmet
        assert fresh.unreachable == old.unreachable
        assert fresh.flags == old.flags
        farm = Farm(cores=2.0, memory_mb=2000, memory_policy=POLICY)
        farm.add(fresh)
        for index in range(fresh.size):
            if fresh.state_of[index] == RUNNING:
                farm.reserve(fresh, index)
        self.farm, self.job = farm, fresh


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(job_specs(), st.lists(st.tuples(st.sampled_from(OPS), st.integers(0, 999)), max_size=40))
def test_every_invariant_holds_whatever_happens(spec: JobSpec, ops: list[tuple[str, int]]) -> None:
    world = World(spec)
    for op, pick in ops:
        world.do(op, pick)


@settings(max_examples=examples(200), deadline=None)
@given(job_specs())
def test_a_job_whose_frames_succeed_finishes_and_runs_each_frame_once(spec: JobSpec) -> None:
    world = World(spec)
    for _ in range(1000):
        running = world.running()
        if not running:
            break
        world.do("exit0", 0)
    assert world.job.state is JobState.FINISHED
    assert set(world.job.attempt) == {1}
    assert world.farm.free_cores == pytest.approx(2.0)


@settings(max_examples=examples(200), deadline=None)
@given(job_specs(), st.integers(0, 4))
def test_a_dead_layer_ends_the_job_or_leaves_it_stuck_and_finish_edges_open(
    spec: JobSpec, broken: int
) -> None:
    world = World(spec)
    name = f"layer{broken % len(spec.layers)}"
    for _ in range(2000):
        running = world.running()
        if not running:
            break
        layer = world.job.layer_at(running[0]).name
        world.do("exit1" if layer == name else "exit0", 0)
    assert world.job.state is JobState.FINISHED or launching.is_stuck(world.farm, world.job)
    waiting_for_end_only = {e.layer for e in spec.edges if e.outcome is Outcome.FINISHED} - {
        e.layer for e in spec.edges if e.outcome is Outcome.SUCCEEDED
    }
    for layer in world.job.layers:
        if layer.name in waiting_for_end_only:
            assert all(world.job.attempt[i] for i in range(layer.start, layer.end))


def test_a_circle_through_the_previous_frame_is_sound_and_a_plain_one_is_named() -> None:
    layers = (LayerSpec(name="sim", range="1-5"), LayerSpec(name="cache", range="1-5"))
    forward = EdgeSpec(layer="cache", on="sim")
    back = EdgeSpec(layer="sim", on="cache", kind=EdgeKind.PREVIOUS_FRAME)
    base = {"name": "a-b-c_d", "show": "a", "shot": "b", "user": "c", "layers": layers}

    job = Job(JobSpec(**base, edges=(forward, back)), ids.job_id(1), submitted_at=0)
    assert job.state_of.count(0) == 1

    wrong = EdgeSpec(layer="sim", on="cache")
    with pytest.raises(InvalidSpecError, match=r"cache -> sim -> cache|sim -> cache -> sim"):
        Job(JobSpec(**base, edges=(forward, wrong)), ids.job_id(1), submitted_at=0)
    whole = EdgeSpec(layer="cache", on="sim", kind=EdgeKind.LAYER_ON_LAYER)
    with pytest.raises(InvalidSpecError, match="cycle"):
        Job(JobSpec(**base, edges=(whole, back)), ids.job_id(1), submitted_at=0)
