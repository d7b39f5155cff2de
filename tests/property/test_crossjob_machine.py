"""Worlds of several jobs that wait for each other, checked by definition at every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuelet.core.check import check, is_unreachable
from cuelet.core.operations import attempts, depends, launching, requests
from cuelet.core.operations.between_jobs import StoredEdge, attach_stored
from cuelet.core.operations.depends import Target
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.errors import FarmError, InvalidSpecError
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import DEPEND, DONE, RUNNING, WAITING, JobState
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome
from tests.budget import examples

RANGES = ["1-1", "1-3", "2-5", "1-6x2", "4-1"]
CORES, MEMORY_MB = 3.0, 100_000


@st.composite
def edge_specs(draw: st.DrawFn, *, outside: bool) -> tuple[int, EdgeSpec]:
    """Return the number of the awaited job, and a depend that may or may not fit."""
    on_job = draw(st.integers(0, 2))
    kind = draw(st.sampled_from(list(EdgeKind)))
    spec = EdgeSpec(
        layer=draw(st.sampled_from(["", "aaa", "bbb", "bbb"])),
        waiting_frame=draw(st.sampled_from([None, None, 1, 2, 3])),
        on=draw(st.sampled_from(["", "aaa", "bbb", "aaa"])),
        on_frame=draw(st.sampled_from([None, None, 1, 2, 3])),
        kind=kind,
        outcome=draw(st.sampled_from([Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.FINISHED])),
        on_job=f"a-b-c_job{on_job}" if outside else "",
    )
    return on_job, spec


@st.composite
def job_specs(draw: st.DrawFn, number: int) -> JobSpec:
    layers = tuple(
        LayerSpec(
            name=name,
            range=draw(st.sampled_from(RANGES)),
            chunk=draw(st.integers(1, 2)),
            retries=draw(st.integers(0, 1)),
        )
        for name in ("aaa", "bbb")
    )
    inside = EdgeSpec(
        layer="bbb",
        on="aaa",
        kind=draw(st.sampled_from(list(EdgeKind))),
        outcome=draw(st.sampled_from(list(Outcome))),
    )
    return JobSpec(
        name=f"a-b-c_job{number}",
        show="a",
        shot="b",
        user="c",
        layers=layers,
        edges=draw(st.sampled_from([(), (inside,)])),
        after=tuple(f"a-b-c_job{on}" for on in range(number) if draw(st.integers(0, 4)) == 0),
        outside=tuple(
            spec
            for on_job, spec in draw(st.lists(edge_specs(outside=True), max_size=2))
            if on_job < number
        ),
    )


class Kept:
    """What a store would have: rows of frames, added depends, and which depends are in force."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, Any]] = {}
        self.edges: dict[tuple[str, int], tuple[EdgeSpec, bool]] = {}
        self.ended: dict[str, tuple[JobState, float]] = {}

    def commit(self, decision: Decision) -> None:
        for job in decision.launched:
            self.rows[job.id] = {}
            self.edges |= {(job.id, e.index): (e.spec, e.active) for e in job.added_edges()}
        for (job_id, index), job in decision.frames.items():
            self.rows[job_id][index] = job.row(index)
        for key, edge in decision.edges.items():
            self.edges[key] = edge.spec, edge.active
        for job in (*decision.launched, *decision.jobs.values()):
            self.ended[job.id] = job.state, job.stopped_at

    def load(self, old: Job) -> Job:
        fresh = Job(old.spec, old.id, submitted_at=old.submitted_at)
        fresh.state, fresh.stopped_at = self.ended[old.id]
        mine = {i: active for (job_id, i), (_, active) in self.edges.items() if job_id == old.id}
        fresh.restore(self.rows[old.id].values(), [i for i, active in mine.items() if not active])
        return fresh

    def added(self, jobs: dict[str, Job]) -> list[StoredEdge]:
        return [
            StoredEdge(job_id, index, spec, active)
            for (job_id, index), (spec, active) in sorted(self.edges.items())
            if index >= len(jobs[job_id].spec.edges)
        ]


def picture(job: Job) -> tuple[Any, ...]:
    """Return everything of a job that depends have to do with."""
    return (
        job.state,
        bytes(job.state_of),
        bytes(job.flags),
        list(job.unmet),
        list(job.unreachable),
        sorted(job.depends_ignored),
        sorted(job.marked_done),
        sorted(job.rerun_pending),
        [(edge.spec, edge.active, edge.open_count, edge.lost) for edge in job.edges],
    )


class World:
    """Three jobs, whose operators do as they please."""

    def __init__(self, specs: list[JobSpec]) -> None:
        self.now, self.kept = 1.0, Kept()
        self.farm = Farm(cores=CORES, memory_mb=MEMORY_MB)
        decision = Decision()
        self.jobs: list[Job] = []
        for number, spec in enumerate(specs):
            self.jobs += self.launch(spec, number, decision)
        self.settle(decision)

    def launch(self, spec: JobSpec, number: int, decision: Decision) -> list[Job]:
        """Launch a job; one whose depends make no sense goes without them."""
        before = [picture(job) for job in self.jobs]
        try:
            return launching.launch(self.farm, [spec], [ids.job_id(number)], decision, now=number)
        except InvalidSpecError:
            assert [picture(job) for job in self.jobs] == before
            assert not any(job.edges_from_jobs() for job in self.jobs[number:])
        bare = JobSpec(name=spec.name, show="a", shot="b", user="c", layers=spec.layers)
        return launching.launch(self.farm, [bare], [ids.job_id(number)], decision, now=number)

    def settle(self, decision: Decision) -> None:
        dispatch(self.farm, decision, now=self.now)
        self.kept.commit(decision)
        for run in decision.kills:
            after = Decision()
            attempts.on_run_exited(self.farm, self.report(run, 137), after)
            self.settle(after)
        assert check(self.farm) == []
        for job in self.jobs:
            if job.state is JobState.PENDING:
                assert launching.is_stuck(self.farm, job) == is_stuck(self.farm, job)

    def report(self, run: str, status: int) -> RunExited:
        return RunExited(run, status, 0, 0.1, 0.2, 1000, self.now)

    def running(self) -> list[tuple[Job, int]]:
        return [(j, i) for j in self.jobs for i in range(j.size) if j.state_of[i] == RUNNING]

    def do(self, op: str, pick: int, new: tuple[int, EdgeSpec]) -> None:
        self.now += 1
        job, decision = self.jobs[pick % len(self.jobs)], Decision()
        before = [picture(each) for each in self.jobs]
        try:
            OPS[op](self, job, pick // len(self.jobs), new, decision)
        except FarmError:
            assert [picture(each) for each in self.jobs] == before
            assert not decision
        self.settle(decision)

    def end(self, pick: int, status: int, decision: Decision) -> None:
        running = self.running()
        if running:
            job, index = running[pick % len(running)]
            attempts.on_run_exited(self.farm, self.report(job.run_id(index), status), decision)

    def retry(self, pick: int, decision: Decision) -> None:
        """Retry a frame, of a job that others wait for if there is one."""
        jobs = [job for job in self.jobs if job.edges_from_jobs()] or self.jobs
        ended = [
            (j, i) for j in jobs for i in range(j.size) if j.state_of[i] not in (WAITING, DEPEND)
        ]
        if ended:
            job, index = ended[pick % len(ended)]
            requests.retry_frames(self.farm, job, [index], decision)

    def add(self, job: Job, new: tuple[int, EdgeSpec], decision: Decision) -> None:
        on_job, spec = self.jobs[new[0] % len(self.jobs)], new[1]
        on = "" if on_job is job else on_job.id
        values = {key: getattr(spec, key) for key in ("layer", "waiting_frame", "on", "on_frame")}
        wanted = EdgeSpec(**values, kind=spec.kind, outcome=spec.outcome, on_job=on)
        edge = depends.add_depend(self.farm, job, wanted, decision)
        assert edge.active
        assert depends.add_depend(self.farm, job, wanted, decision) is edge

    def restart(self) -> None:
        """Build the farm anew from what was committed, as after a crash."""
        fresh = [self.kept.load(job) for job in self.jobs]
        by_id = {job.id: job for job in fresh}
        attach_stored(by_id, self.kept.added(by_id))
        assert [picture(job) for job in fresh] == [picture(job) for job in self.jobs]
        farm = Farm(cores=CORES, memory_mb=MEMORY_MB)
        for job in fresh:
            farm.add(job)
            for index in range(job.size):
                if job.state_of[index] == RUNNING:
                    farm.reserve(job, index)
        self.farm, self.jobs = farm, fresh


def is_stuck(farm: Farm, job: Job) -> bool:
    """Tell by thought: let all that runs or may start succeed, and see whether the job gets on."""
    if job.paused or job.count(RUNNING) or job.count(WAITING):
        return False
    met: set[tuple[str, int]] = set()
    grown = True
    while grown:
        found = {(j.id, i) for j in farm.jobs.values() for i in range(j.size) if _comes(met, j, i)}
        grown, met = found != met, found
    waiting = (index for index in range(job.size) if job.state_of[index] == DEPEND)
    return not any(_may_start(met, job, index) for index in waiting)


def _comes(met: set[tuple[str, int]], job: Job, index: int) -> bool:
    """Tell whether a frame is done, or will be when the frames in ``met`` are."""
    state = job.state_of[index]
    if state in DONE or index in job.marked_done or (job.id, index) in met:
        return True
    if job.state is JobState.FINISHED:
        return state == RUNNING  # it is being killed: not known yet
    if state != DEPEND:
        return state in (RUNNING, WAITING)
    return _may_start(met, job, index)


def _may_start(met: set[tuple[str, int]], job: Job, index: int) -> bool:
    return all(_opens(met, edge, index) for edge in job.edges_holding(index) if edge.active)


def _opens(met: set[tuple[str, int]], edge: Edge, index: int) -> bool:
    over = [
        (edge.awaited.id, on) in met or (edge.on_finish and is_unreachable(edge.awaited, on))
        for on in edge.awaited_by(index)
    ]
    return not over or (any(over) if edge.links.any_one else all(over))


def _index(job: Job, pick: int) -> int:
    return pick % job.size


def _on_edge(act: Callable[[Edge, Decision], object]) -> Any:
    def do(w: World, j: Job, n: int, _: object, d: Decision) -> None:
        if j.edges:
            act(j.edges[n % len(j.edges)], d)

    return do


OPS: dict[str, Callable[[World, Job, int, tuple[int, EdgeSpec], Decision], object]] = {
    "exit0": lambda w, j, n, e, d: w.end(n, 0, d),
    "exit1": lambda w, j, n, e, d: w.end(n, 1, d),
    "retry": lambda w, j, n, e, d: w.retry(n, d),
    "kill": lambda w, j, n, e, d: requests.kill_frames(j, [_index(j, n)], d, by="me"),
    "eat": lambda w, j, n, e, d: requests.eat_frames(w.farm, j, [_index(j, n)], d, now=w.now),
    "free": lambda w, j, n, e, d: requests.free_frames(j, [_index(j, n)], d),
    "hold": lambda w, j, n, e, d: depends.wait_again(j, [_index(j, n)], d),
    "done": lambda w, j, n, e, d: requests.mark_done(j, [_index(j, n)], d),
    "add": lambda w, j, n, e, d: w.add(j, e, d),
    "satisfy": _on_edge(depends.satisfy),
    "put back": _on_edge(depends.unsatisfy),
    "drop job": lambda w, j, n, e, d: depends.drop_of_job(j, Target(n % 3), d),
    "drop layer": lambda w, j, n, e, d: depends.drop_of_layer(j, j.layers[n % 2], Target(e[0]), d),
    "drop frame": lambda w, j, n, e, d: depends.drop_of_frame(j, _index(j, n), Target(e[0]), d),
    "kill job": lambda w, j, n, e, d: requests.kill_job(w.farm, j, d, now=w.now),
    "pause": lambda w, j, n, e, d: requests.set_paused(j, d, paused=not j.paused),
    "restart": lambda w, j, n, e, d: w.restart(),
}
OFTEN = [*["exit0"] * 8, "exit1", "exit1", "add", "add", "add", "retry", "retry", "restart"]
STEPS = st.tuples(st.sampled_from([*OPS, *OFTEN]), st.integers(0, 999), edge_specs(outside=False))
WORLDS = st.tuples(job_specs(0), job_specs(1), job_specs(2)).map(list)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=examples(250), deadline=None, suppress_health_check=SLOW)
@given(WORLDS, st.lists(STEPS, min_size=10, max_size=50))
def test_every_invariant_holds_between_jobs_whatever_happens(
    specs: list[JobSpec], steps: list[tuple[str, int, tuple[int, EdgeSpec]]]
) -> None:
    world = World(specs)
    for op, pick, new in steps:
        world.do(op, pick, new)
    world.restart()


@settings(max_examples=examples(150), deadline=None, suppress_health_check=SLOW)
@given(WORLDS, st.lists(edge_specs(outside=False), max_size=12))
def test_jobs_that_succeed_end_whatever_depends_are_added(
    specs: list[JobSpec], added: list[tuple[int, EdgeSpec]]
) -> None:
    """An accepted depend never closes a cycle: everything ends, every frame runs once."""
    world = World(specs)
    for number, new in enumerate(added):
        world.do("add", number, new)
    for _ in range(200):
        world.do("exit0", 0, (0, EdgeSpec(layer="", on="")))
    assert {job.state for job in world.jobs} == {JobState.FINISHED}
    assert {run for job in world.jobs for run in job.attempt} == {1}
