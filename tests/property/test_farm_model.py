"""The core against a plain model of the farm: random jobs, people, exits, crashes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cuelet.core.check import check
from cuelet.core.explain.frames import explain_frame
from cuelet.core.operations import attempts, launching, requests
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import RUNNING, FrameState, JobState
from outline.frames import EdgeKind, parse_range
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome
from tests.budget import examples
from tests.property.farm_model import FarmModel, Frame, JobModel, LayerModel
from tests.simulation.disk import Disk

CORES, MEMORY_MB = 2.0, 4096
RANGES = ("1", "1-2", "1-4", "1-6", "3-6", "1-8x2", "5-1", "2,9,4", "1-5:2")
PAIR_KINDS = (EdgeKind.FRAME_BY_FRAME, EdgeKind.PREVIOUS_FRAME, EdgeKind.LAYER_ON_ANY)


@st.composite
def layer_specs(draw: st.DrawFn, at: int) -> LayerSpec:
    return LayerSpec(
        name=f"layer{at}",
        range=draw(st.sampled_from(RANGES)),
        command="x",
        chunk=draw(st.sampled_from((1, 1, 2, 3))),
        retries=draw(st.sampled_from((None, 0, 1, 2))),
        cores=draw(st.sampled_from((1.0, 1.0, 0.5, 0.5, 2.0, 0.0, -1.0, 16.0))),
        memory_mb=draw(st.sampled_from((100, 1500, 9000))),
    )


@st.composite
def edge_specs(draw: st.DrawFn, er: LayerSpec, on: LayerSpec) -> EdgeSpec:
    kind = draw(st.sampled_from(list(EdgeKind)))
    on_frame = waiting_frame = None
    if kind is EdgeKind.LAYER_ON_SIM_FRAME and draw(st.booleans()):
        on_frame = draw(st.sampled_from(list(parse_range(on.range))))
    if kind not in PAIR_KINDS and draw(st.booleans()):
        waiting_frame = draw(st.sampled_from(list(parse_range(er.range))))
    return EdgeSpec(
        layer=er.name,
        on=on.name,
        kind=kind,
        outcome=draw(st.sampled_from(list(Outcome))),
        on_frame=on_frame,
        waiting_frame=waiting_frame,
    )


@st.composite
def job_specs(draw: st.DrawFn) -> JobSpec:
    layers = [draw(layer_specs(at)) for at in range(draw(st.integers(1, 4)))]
    edges = [
        draw(edge_specs(er, on))
        for at, er in enumerate(layers)
        for on in layers[:at]
        if draw(st.booleans())
    ]
    if draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from(layers)).name
        edges.append(EdgeSpec(layer=name, on=name, kind=EdgeKind.PREVIOUS_FRAME))
    return JobSpec(
        name="to be named",
        show="show",
        shot="shot",
        user="user",
        layers=tuple(layers),
        edges=tuple(edges),
        priority=draw(st.sampled_from((1, 1, 5))),
        paused=draw(st.integers(0, 9)) == 0,
        autoeat=draw(st.integers(0, 4)) == 0,
        max_retries=draw(st.integers(0, 2)),
        max_cores=draw(st.sampled_from((-1.0, -1.0, 0.5, 1.0, 1.5, 2.0))),
    )


picks = st.integers(0, 999)
statuses = st.sampled_from((0, 0, 0, 0, 1, 1, 139, 301, 286, 256, 33))
some_picks = st.lists(picks, min_size=1, max_size=4)


class FarmMachine(RuleBasedStateMachine):
    """Does everything twice: to the core, its decisions kept in the real store, and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = Disk(lambda: None)
        self.store = self.disk.open()
        self.farm = Farm(cores=CORES, memory_mb=MEMORY_MB)
        self.model = FarmModel(cores=CORES, memory_mb=MEMORY_MB)
        self.decision = Decision()
        self.now = 1000.0

    def teardown(self) -> None:
        self.store.close()
        self.disk.remove()

    # -- how the two are told apart ------------------------------------------------------------

    def job(self, pick: int) -> tuple[Job, JobModel]:
        known = list(self.model.jobs.values())
        model = known[pick % len(known)]
        return self.farm.jobs[model.id], model

    def frames(self, pick: int, chosen: list[int]) -> tuple[Job, JobModel, list[int], list[Frame]]:
        job, model = self.job(pick)
        indexes = list(dict.fromkeys(each % job.size for each in chosen))
        return job, model, indexes, [model.frames()[index] for index in indexes]

    def running(self) -> list[tuple[Job, JobModel, int]]:
        return [
            (self.farm.jobs[model.id], model, index)
            for model in self.model.jobs.values()
            for index, frame in enumerate(model.frames())
            if frame.state == "running"
        ]

    def settle(self, *, book: bool = True) -> None:
        """End a batch: book or not, commit, compare."""
        self.now += 1.0
        if book:
            dispatch(self.farm, self.decision, now=self.now)
            expected = [self._name(frame) for frame in self.model.dispatch(self.now)]
            assert [(job.id, index) for job, index in self.decision.starts] == expected
        if self.decision:
            self.store.commit(self.decision)
        self.decision = Decision()

    def _name(self, frame: Frame) -> tuple[str, int]:
        return next(
            (job.id, job.frames().index(frame))
            for job in self.model.jobs.values()
            if frame in job.frames()
        )

    # -- what happens --------------------------------------------------------------------------

    @initialize(spec=job_specs())
    def begin(self, spec: JobSpec) -> None:
        self._launch(spec, ())

    @precondition(lambda self: len(self.model.jobs) < 4)
    @rule(spec=job_specs(), after=st.none() | picks)
    def launch(self, spec: JobSpec, after: int | None) -> None:
        self._launch(spec, () if after is None else (self.job(after)[1].spec.name,))

    def _launch(self, spec: JobSpec, after: tuple[str, ...]) -> None:
        number = len(self.model.jobs)
        named = _with(spec, name=f"show-shot-user_job{number}", after=after)
        job_id = ids.job_id(number + 1)
        launching.launch(self.farm, [named], [job_id], self.decision, now=self.now)
        self.model.launch(named, job_id, self.now)
        self.settle()

    @rule(pick=picks, status=statuses, book=st.booleans())
    def one_ends(self, pick: int, status: int, book: bool) -> None:
        self._end(pick, status, book=book)

    @rule(pick=picks)
    def one_succeeds(self, pick: int) -> None:
        self._end(pick, 0, book=True)

    @rule(ends=st.lists(st.tuples(picks, statuses), min_size=2, max_size=12))
    def some_end(self, ends: list[tuple[int, int]]) -> None:
        for pick, status in ends:
            self._end(pick, status, book=True)

    @rule(count=st.integers(3, 15))
    def some_succeed(self, count: int) -> None:
        for _ in range(count):
            self._end(0, 0, book=True)

    def _end(self, pick: int, status: int, *, book: bool) -> None:
        running = self.running()
        if not running:
            return
        job, model, index = running[pick % len(running)]
        report = RunExited(job.run_id(index), status, 0, 0.1, 0.2, 1000, self.now)
        attempts.on_run_exited(self.farm, report, self.decision)
        self.model.ended(model, model.frames()[index], status)
        self.settle(book=book)

    @rule(pick=picks)
    def an_old_end_is_told_again(self, pick: int) -> None:
        job, _, (index,), _ = self.frames(pick, [pick])
        old = ids.run_id(job.frame_id(index), max(0, job.attempt[index] - 1))
        attempts.on_run_exited(
            self.farm, RunExited(old, 1, 0, 0.1, 0.2, 1000, self.now), self.decision
        )
        self.settle(book=False)

    @rule(pick=picks, chosen=some_picks, book=st.booleans())
    def retry(self, pick: int, chosen: list[int], book: bool) -> None:
        job, model, indexes, frames = self.frames(pick, chosen)
        requests.retry_frames(self.farm, job, indexes, self.decision)
        self.model.retry(model, frames)
        self.settle(book=book)

    @rule(pick=picks, chosen=some_picks, book=st.booleans())
    def kill(self, pick: int, chosen: list[int], book: bool) -> None:
        job, model, indexes, frames = self.frames(pick, chosen)
        requests.kill_frames(job, indexes, self.decision, by="me")
        self.model.kill(model, frames)
        self.settle(book=book)

    @rule(pick=picks, chosen=some_picks, book=st.booleans())
    def eat(self, pick: int, chosen: list[int], book: bool) -> None:
        job, model, indexes, frames = self.frames(pick, chosen)
        requests.eat_frames(self.farm, job, indexes, self.decision, now=self.now)
        self.model.eat(model, frames)
        self.settle(book=book)

    @rule(pick=picks, chosen=some_picks, book=st.booleans())
    def free(self, pick: int, chosen: list[int], book: bool) -> None:
        job, model, indexes, frames = self.frames(pick, chosen)
        requests.free_frames(job, indexes, self.decision)
        self.model.free(model, frames)
        self.settle(book=book)

    @rule(pick=picks, chosen=some_picks, book=st.booleans())
    def mark_done(self, pick: int, chosen: list[int], book: bool) -> None:
        job, model, indexes, frames = self.frames(pick, chosen)
        requests.mark_done(job, indexes, self.decision)
        self.model.mark_done(model, frames)
        self.settle(book=book)

    @rule(pick=picks, which=picks, book=st.booleans())
    def release(self, pick: int, which: int, book: bool) -> None:
        job, model = self.job(pick)
        if job.edges:
            index = which % len(job.edges)
            requests.release_edges(job, [job.edges[index]], self.decision)
            self.model.release(model, index)
            self.settle(book=book)

    @rule(pick=picks)
    def release_jobs(self, pick: int) -> None:
        job, model = self.job(pick)
        requests.release_edges(job, job.edges_of_job(), self.decision)
        for index in range(len(model.edges), len(model.edges) + len(model.after)):
            self.model.release(model, index)
        self.settle()

    @rule(pick=picks)
    def time_out(self, pick: int) -> None:
        running = self.running()
        if running:
            job, model, index = running[pick % len(running)]
            attempts.time_out(job, index, "too long", self.decision)
            self.model.time_out(model, model.frames()[index])
            self.settle()

    @rule(pick=picks, paused=st.sampled_from((True, False, False)))
    def pause(self, pick: int, paused: bool) -> None:
        job, model = self.job(pick)
        requests.set_paused(job, self.decision, paused=paused)
        if model.state == "pending":
            model.paused = paused
        self.settle()

    @rule(pick=picks, priority=st.sampled_from((0, 1, 5, 9)))
    def priority(self, pick: int, priority: int) -> None:
        job, model = self.job(pick)
        requests.set_priority(self.farm, job, priority, self.decision)
        model.priority = priority
        self.settle()

    @rule(pick=picks, cores=st.sampled_from((-1.0, 0.5, 1.0, 1.5, 2.0)))
    def max_cores(self, pick: int, cores: float) -> None:
        job, model = self.job(pick)
        job.max_cores = model.max_cores = cores
        self.decision.job(job)
        self.settle()

    @precondition(lambda self: len(self.model.jobs) > 1)
    @rule(pick=picks, sure=st.integers(0, 3))
    def kill_job(self, pick: int, sure: int) -> None:
        if sure:
            return
        job, model = self.job(pick)
        requests.kill_job(self.farm, job, self.decision, now=self.now)
        self.model.kill_job(model)
        self.settle()

    @rule(seconds=st.sampled_from((0.0, 5.0, 30.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.settle()

    @rule(lost=st.lists(picks, max_size=2))
    def crash(self, lost: list[int]) -> None:
        """Start again from what is on disk; of some runs the runner has never heard."""
        self.disk.crash(self.store)
        self.store = self.disk.open()
        self.farm = Farm(cores=CORES, memory_mb=MEMORY_MB)
        for job in self.store.load():
            self.farm.add(job)
            for index in range(job.size):
                if job.state_of[index] == RUNNING:
                    self.farm.reserve(job, index)
        self.model.turn = None
        running = self.running()
        for job, model, index in [running[pick % len(running)] for pick in lost if running]:
            frame = model.frames()[index]
            if frame.state == "running":
                attempts.requeue_unstarted(self.farm, job, index, self.decision, now=self.now)
                self.model.never_started(model, frame)
        self.settle()

    # -- what must be equal --------------------------------------------------------------------

    @invariant()
    def the_core_is_sound(self) -> None:
        assert check(self.farm) == []

    @invariant()
    def jobs_are_what_the_model_says(self) -> None:
        for job, model in self._both():
            assert job.state is (
                JobState.PENDING if model.state == "pending" else JobState.FINISHED
            )
            assert job.is_complete() == model.is_complete()
            assert launching.is_stuck(self.farm, job) == self.model.is_stuck(model)
        assert [job.id for job in self.farm.order] == [job.id for job in self.model.order()]

    @invariant()
    def frames_are_what_the_model_says(self) -> None:
        for job, model in self._both():
            frames = model.frames()
            states = [FrameState(state).name.lower() for state in job.state_of]
            assert states == [model.shown(frame) for frame in frames]
            assert list(job.attempt) == [frame.attempt for frame in frames]
            assert list(job.retries) == [frame.retries for frame in frames]
            assert list(job.free_retries) == [frame.free_retries for frame in frames]
            assert list(job.memory_retries) == [frame.memory_retries for frame in frames]
            unmet = [model.has_unmet(frame) for frame in frames]
            assert [count > 0 for count in job.unmet] == unmet
            intents = {at: frame.intent for at, frame in enumerate(frames) if frame.intent}
            assert {at: intent.value for at, intent in job.intents.items()} == intents

    @invariant()
    def layers_count_what_the_model_counts(self) -> None:
        for job, model in self._both():
            for layer, other in zip(job.layers, model.layers.values(), strict=True):
                assert layer.memory_mb == other.memory_mb
                shown = _shown(model, other)
                counts = {state: layer.counts[state] for state in FrameState}
                assert counts == {s: shown.count(s.name.lower()) for s in FrameState}

    @invariant()
    def the_machine_is_booked_as_the_model_books_it(self) -> None:
        cores, memory_mb = self.model.held(self.model.jobs.values())
        assert self.farm.free_cores == pytest.approx(CORES - cores)
        assert self.farm.free_memory_mb == MEMORY_MB - memory_mb

    @invariant()
    def whatever_does_not_run_can_say_why(self) -> None:
        for job, _ in self._both():
            for index in range(job.size):
                assert all(reason.text for reason in explain_frame(self.farm, job, index))
                assert explain_frame(self.farm, job, index)

    def _both(self) -> Iterator[tuple[Job, JobModel]]:
        assert self.farm.jobs.keys() == self.model.jobs.keys()
        return ((self.farm.jobs[job_id], model) for job_id, model in self.model.jobs.items())


def _shown(model: JobModel, layer: LayerModel) -> list[str]:
    return [model.shown(frame) for frame in layer.frames]


def _with(spec: JobSpec, **changes: object) -> JobSpec:
    return JobSpec(**{name: getattr(spec, name) for name in JobSpec.__slots__} | changes)


def _settings(runs: int) -> settings:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(
        max_examples=examples(runs),
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=slow,
    )


@pytest.mark.hypothesis
def test_the_core_does_what_the_model_does() -> None:
    run_state_machine_as_test(FarmMachine, settings=_settings(100))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.hypothesis
def test_the_core_does_what_the_model_does_for_long() -> None:
    run_state_machine_as_test(FarmMachine, settings=_settings(2000))
