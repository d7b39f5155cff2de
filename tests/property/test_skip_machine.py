"""Skipping among random jobs, exits and operators: no answer about an older state of a frame skips it."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuelet.core.operations.command import Place
from cuelet.core.operations.skip import (
    BuildRecord,
    CheckRequest,
    CheckResult,
    decide_freshness,
    is_skipped,
    request,
)
from cuelet.core.state.decision import Decision
from cuelet.core.values.states import WAITING, JobState
from outline.jobspec.model import DeclaredFile, JobSpec
from tests.budget import examples
from tests.property.test_core_machine import OPS, World, job_specs

PLACE = Place(host="here", log_root="/logs", scratch="/tmp")
FILE = DeclaredFile(name="image", paths=("/out/#LAYER#.#IFRAME#",))
ANSWERS = ("unchanged", "changed")


class SkippingWorld(World):
    """A world whose frames are looked at; answers come when the test says so, in any order."""

    def __init__(self, spec: JobSpec) -> None:
        self.asked: list[tuple[CheckRequest, int]] = []
        """Questions without an answer, each with the life of its frame when it was asked."""
        self.lives: dict[int, int] = {}
        """How often each frame has left WAITING."""
        self.was_waiting: dict[int, int] = {}
        """Waiting frames, each with its attempts."""
        super().__init__(spec)

    def settle(self, decision: Decision) -> None:
        super().settle(decision)
        job = self.job
        waiting = {i: job.attempt[i] for i in range(job.size) if job.state_of[i] == WAITING}
        for index, attempts in self.was_waiting.items():
            if waiting.get(index) != attempts:
                self.lives[index] = self.lives.get(index, 0) + 1
        self.was_waiting = waiting
        for _, index in decision.checks:
            if index in job.checks:
                self.asked.append((request(job, index, PLACE), self.lives.get(index, 0)))
        decision.checks.clear()

    def answer(self, how: str, pick: int) -> None:
        if not self.asked:
            return
        asked, life = self.asked.pop(pick % len(self.asked))
        index = asked.index
        before, decision = self.job.attempt[index], Decision()
        made = BuildRecord(*asked.fingerprint, "in", "out")
        seen = CheckResult(asked, inputs="in", outputs="out", is_newer=how == "unchanged")
        decide_freshness(self.farm, self.job, seen, made, decision, now=self.now)
        if self.job.attempt[index] > before:
            assert life == self.lives.get(index, 0), "skipped on an answer about an older state"
            assert how == "unchanged"
            assert before == 0, "a frame that had been tried was skipped"
            assert is_skipped(self.job, index)
            assert not self.job.paused
            assert decision.starts == []
        self.settle(decision)

    def restart(self) -> None:
        """Go back to what is on disk, with answers under way that were asked before."""
        ordered = self.farm.checks_ordered
        super().restart()
        self.farm.checks_ordered = ordered
        self.lives = {index: self.lives.get(index, 0) + 1 for index in range(self.job.size)}


@st.composite
def skipping_specs(draw: st.DrawFn) -> JobSpec:
    spec = draw(job_specs())
    layers = tuple(
        layer.replace(output_files=(FILE,), skip_existing=draw(st.booleans()))
        for layer in spec.layers
    )
    return spec.replace(layers=layers, force=draw(st.sampled_from([False, False, True])))


STEPS = st.tuples(st.sampled_from([*OPS, *ANSWERS * 5]), st.integers(0, 999))


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(skipping_specs(), st.lists(STEPS, max_size=60))
def test_no_frame_is_skipped_on_an_answer_that_is_out_of_date(
    spec: JobSpec, steps: list[tuple[str, int]]
) -> None:
    world = SkippingWorld(spec)
    for step, pick in steps:
        if step in ANSWERS:
            world.answer(step, pick)
        else:
            world.do(step, pick)


@settings(max_examples=examples(100), deadline=None)
@given(skipping_specs(), st.integers(0, 999))
def test_a_job_finishes_whatever_its_looks_find(spec: JobSpec, seed: int) -> None:
    world = SkippingWorld(spec)
    for step in range(2000):
        if world.asked:
            world.answer(ANSWERS[(seed + step) % 2], seed + step)
        elif world.running():
            world.do("exit0", seed + step)
        else:
            break
    assert world.job.state is JobState.FINISHED
    assert set(world.job.attempt) == {1}
