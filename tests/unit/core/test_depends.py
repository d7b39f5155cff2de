"""Depends between jobs, and depends that come while things run."""

from __future__ import annotations

from typing import Any

import pytest

from cuelet.core.check import check
from cuelet.core.operations import attempts, depends, launching, requests
from cuelet.core.operations.depends import Target
from cuelet.core.operations.history import forget, list_history
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError, InvalidSpecError, NotFoundError
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import (
    DEAD,
    DEPEND,
    EATEN,
    RUNNING,
    SUCCEEDED,
    WAITING,
    FrameState,
    JobState,
)
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome, WireDependType

GATE = EdgeKind.LAYER_ON_LAYER


class Yard:
    """Jobs on a farm in memory; every step is checked."""

    def __init__(self) -> None:
        self.farm, self.decision, self.now = Farm(cores=100, memory_mb=100_000), Decision(), 1.0

    def launch(self, name: str, *layers: LayerSpec, **more: Any) -> Job:
        self.now += 1
        layers = layers or (LayerSpec(name="aaa", range="1-3"), LayerSpec(name="bbb", range="1-3"))
        spec = JobSpec(name=f"a-b-c_{name}", show="a", shot="b", user="c", layers=layers, **more)
        job_id = ids.job_id(len(self.farm.jobs) + 1)
        return launching.launch(self.farm, [spec], [job_id], self.decision, now=self.now)[0]

    def wait(self, waiter: Job, on: Job, /, **ends: Any) -> Edge:
        """Let a job, or what ``layer`` and ``waiting_frame`` name of it, wait for another."""
        ends = {"layer": "", "on": "", "kind": GATE, **ends}
        spec = EdgeSpec(**ends, on_job="" if waiter is on else on.id)
        edge = depends.add_depend(self.farm, waiter, spec, self.decision)
        assert check(self.farm) == []
        return edge

    def start(self, job: Job, index: int) -> None:
        attempts.start(self.farm, job, index, self.decision, now=self.now)

    def end(self, job: Job, index: int, status: int = 0) -> None:
        report = RunExited(job.run_id(index), status, 0, 0.5, 1.0, 1000, self.now + 1)
        attempts.on_run_exited(self.farm, report, self.decision)
        assert check(self.farm) == []

    def run(self, job: Job, *indexes: int, status: int = 0) -> None:
        for index in indexes:
            self.start(job, index)
            self.end(job, index, status)

    def retry(self, job: Job, index: int) -> None:
        requests.retry_frames(self.farm, job, [index], self.decision)
        assert check(self.farm) == []

    def kill(self, job: Job) -> None:
        requests.kill_job(self.farm, job, self.decision, now=self.now)
        assert check(self.farm) == []


@pytest.fixture
def yard() -> Yard:
    return Yard()


def states(job: Job) -> list[FrameState]:
    return [FrameState(state) for state in job.state_of]


W, D = WAITING, DEPEND
ENDS: dict[WireDependType, dict[str, Any]] = {
    WireDependType.JOB_ON_JOB: {},
    WireDependType.JOB_ON_LAYER: {"on": "bbb"},
    WireDependType.JOB_ON_FRAME: {"on": "bbb", "on_frame": 2},
    WireDependType.LAYER_ON_JOB: {"layer": "aaa"},
    WireDependType.LAYER_ON_LAYER: {"layer": "aaa", "on": "bbb"},
    WireDependType.LAYER_ON_FRAME: {"layer": "aaa", "on": "bbb", "on_frame": 2},
    WireDependType.FRAME_ON_JOB: {"layer": "aaa", "waiting_frame": 2},
    WireDependType.FRAME_ON_LAYER: {"layer": "aaa", "waiting_frame": 2, "on": "bbb"},
    WireDependType.FRAME_ON_FRAME: {"layer": "aaa", "waiting_frame": 2, "on": "bbb", "on_frame": 2},
    WireDependType.FRAME_BY_FRAME: {"layer": "aaa", "on": "bbb", "kind": EdgeKind.FRAME_BY_FRAME},
    WireDependType.PREVIOUS_FRAME: {"layer": "aaa", "on": "bbb", "kind": EdgeKind.PREVIOUS_FRAME},
    WireDependType.LAYER_ON_SIM_FRAME: {
        "layer": "aaa",
        "on": "bbb",
        "on_frame": 2,
        "kind": EdgeKind.LAYER_ON_SIM_FRAME,
    },
}
HELD = {
    "JOB": [D, D, D, D, D, D],
    "LAYER": [D, D, D, W, W, W],
    "FRAME": [W, D, W, W, W, W],
    "PREVIOUS_FRAME": [W, D, D, W, W, W],
    "FRAME_BY_FRAME": [D, D, D, W, W, W],
}
AWAITED = {
    "JOB": [0, 1, 2, 3, 4, 5],
    "LAYER": [3, 4, 5],
    "FRAME": [4],
    "PREVIOUS_FRAME": [3, 4],
    "FRAME_BY_FRAME": [3, 4, 5],
}


@pytest.mark.parametrize("kind", WireDependType)
def test_every_type_holds_what_it_names_until_what_it_names_is_done(
    yard: Yard, kind: WireDependType
) -> None:
    first, second = yard.launch("first"), yard.launch("second")

    edge = yard.wait(second, first, **ENDS[kind])

    assert edge.spec.type is kind
    assert states(second) == (HELD.get(kind.name) or HELD[kind.name.partition("_ON_")[0]])
    for index in AWAITED.get(kind.name) or AWAITED[kind.name.rpartition("_")[2]]:
        assert D in states(second)
        yard.run(first, index)
    assert states(second) == [W] * 6


@pytest.mark.parametrize("kind", [k for k in WireDependType if "JOB" not in k.name])
def test_every_type_within_a_job_can_come_while_it_runs(yard: Yard, kind: WireDependType) -> None:
    job = yard.launch("job")

    edge = yard.wait(job, job, **ENDS[kind])

    assert edge.spec.type is kind
    assert D in states(job)
    yard.run(job, 3, 4, 5)
    assert D not in states(job)


def test_the_spec_can_say_every_type_of_depend_on_a_job_that_runs_already(yard: Yard) -> None:
    first = yard.launch("first")
    for number, (kind, ends) in enumerate(ENDS.items()):
        values = {"layer": "", "on": "", "kind": GATE, **ends, "on_job": first.name}
        job = yard.launch(f"then{number}", outside=(EdgeSpec(**values),))
        assert [edge.spec.type for edge in job.edges] == [kind]
        assert job.edges[0].awaited is first
        assert D in states(job)


def test_a_spec_that_waits_for_what_is_not_there_changes_nothing(yard: Yard) -> None:
    first = yard.launch("first")
    for wrong in (
        EdgeSpec(layer="aaa", on="nope", on_job=first.name),
        EdgeSpec(layer="nope", on="bbb", on_job=first.name),
        EdgeSpec(layer="aaa", on="bbb", on_frame=9, kind=GATE, on_job=first.name),
        EdgeSpec(layer="aaa", on="bbb", on_job="a-b-c_nope"),
    ):
        with pytest.raises(InvalidSpecError, match="nope|9"):
            yard.launch("second", outside=(wrong,))
    assert list(yard.farm.jobs.values()) == [first]
    assert first.edges_from_jobs() == []


def test_frames_that_run_or_have_run_are_left_alone_by_a_new_depend(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    yard.run(second, 0)
    yard.start(second, 1)
    requests.eat_frames(yard.farm, second, [4], yard.decision, now=2.0)

    yard.wait(second, first)

    assert states(second) == [SUCCEEDED, RUNNING, D, D, EATEN, D]
    yard.end(second, 1)
    assert second.state_of[1] == SUCCEEDED
    yard.retry(second, 0)
    assert second.state_of[0] == D


def test_a_running_frame_that_fails_waits_for_a_depend_that_came_meanwhile(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    yard.start(second, 0)
    yard.wait(second, first)

    yard.end(second, 0, status=1)

    assert second.state_of[0] == D


def test_retrying_an_awaited_frame_re_arms_what_ran_after_it_in_other_jobs(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    yard.wait(second, first, layer="aaa", on="aaa", kind=EdgeKind.FRAME_BY_FRAME)
    yard.run(first, 0, 1)
    yard.run(second, 0)
    yard.start(second, 1)
    yard.decision = Decision()

    yard.retry(first, 0)
    yard.retry(first, 1)

    assert states(second)[:3] == [D, RUNNING, D]
    assert {index for job_id, index in yard.decision.frames if job_id == second.id} == {0, 1}
    yard.end(second, 1)
    assert second.state_of[1] == D


def test_a_job_that_has_ended_stays_so_when_its_input_is_made_again(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second", LayerSpec(name="aaa"))
    yard.wait(second, first, on="aaa", on_frame=1)
    yard.run(first, 0)
    yard.run(second, 0)
    assert second.state is JobState.FINISHED

    yard.retry(first, 0)

    assert (second.state, states(second)) == (JobState.FINISHED, [SUCCEEDED])
    yard.retry(second, 0)
    assert (second.state, states(second)) == (JobState.PENDING, [D])


def test_eaten_frames_release_other_jobs_whatever_the_order(yard: Yard) -> None:
    for order in ((0, 1, 2), (2, 1, 0)):
        first, second = yard.launch(f"first{order[0]}"), yard.launch(f"second{order[0]}")
        yard.wait(second, first, layer="aaa", on="aaa")
        for index in order:
            if index == 1:
                requests.eat_frames(yard.farm, first, [1], yard.decision, now=2.0)
            else:
                yard.run(first, index)
        assert states(second) == [W] * 6


def test_a_killed_job_satisfies_nothing_and_what_waits_for_it_is_stuck(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    third = yard.launch("third", LayerSpec(name="aaa"))
    yard.wait(second, first, layer="aaa", on="bbb")
    yard.wait(third, second)
    yard.run(second, 3, 4, 5)
    assert not launching.is_stuck(yard.farm, second)

    yard.kill(first)

    assert states(second)[:3] == [D, D, D]
    assert launching.is_stuck(yard.farm, second)
    assert launching.is_stuck(yard.farm, third)
    depends.drop_of_layer(second, second.layers[0], Target.EXTERNAL, yard.decision)
    assert states(second)[:3] == [W, W, W]
    assert not launching.is_stuck(yard.farm, third)


def test_a_clean_up_runs_when_the_job_its_input_waits_for_was_killed(yard: Yard) -> None:
    clean = EdgeSpec(layer="bbb", on="aaa", kind=GATE, outcome=Outcome.FINISHED)
    first, second = yard.launch("first"), yard.launch("second", edges=(clean,))
    yard.wait(second, first, layer="aaa")
    assert states(second) == [D] * 6

    yard.kill(first)

    assert states(second) == [D, D, D, W, W, W]


def test_retrying_a_frame_of_a_killed_job_gives_those_that_wait_hope_again(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second", LayerSpec(name="aaa"))
    yard.wait(second, first)
    yard.run(first, 0)
    yard.kill(first)
    assert launching.is_stuck(yard.farm, second)

    yard.retry(first, 0)

    assert not launching.is_stuck(yard.farm, second)
    yard.run(first, *range(6))
    assert states(second) == [W]


def test_a_dead_frame_upstream_makes_every_job_behind_it_stuck_until_it_is_retried(
    yard: Yard,
) -> None:
    jobs = [yard.launch("job0", LayerSpec(name="aaa", retries=0))]
    for number in range(1, 5):
        jobs.append(yard.launch(f"job{number}", LayerSpec(name="aaa")))
        yard.wait(jobs[-1], jobs[-2])

    yard.run(jobs[0], 0, status=1)

    assert all(launching.is_stuck(yard.farm, job) for job in jobs)
    yard.retry(jobs[0], 0)
    assert not any(launching.is_stuck(yard.farm, job) for job in jobs)


def test_a_frame_that_is_taken_for_done_is_no_hope_for_its_own_job(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    yard.wait(second, first, layer="aaa", on="aaa")
    yard.run(second, 3, 4, 5)
    requests.mark_done(second, [0], yard.decision)

    yard.kill(first)

    assert launching.is_stuck(yard.farm, second)


# -- adding twice, putting back, dropping ------------------------------------------------------


def test_the_same_depend_added_again_is_the_one_that_is_there(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    edge = yard.wait(second, first, layer="aaa", on="aaa")
    yard.decision = Decision()

    assert yard.wait(second, first, layer="aaa", on="aaa") is edge
    assert not yard.decision
    depends.satisfy(edge, yard.decision)
    assert W in states(second)
    assert yard.wait(second, first, layer="aaa", on="aaa") is edge
    assert edge.active
    assert len(second.edges) == 1


def test_a_satisfied_depend_can_be_put_back_unless_that_closes_a_circle(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    edge = yard.wait(second, first)
    depends.satisfy(edge, yard.decision)
    depends.unsatisfy(edge, yard.decision)
    assert states(second) == [D] * 6

    depends.satisfy(edge, yard.decision)
    yard.wait(first, second)

    with pytest.raises(InvalidRequestError, match="a-b-c_second -> a-b-c_first -> a-b-c_second"):
        depends.unsatisfy(edge, yard.decision)
    assert not edge.active


@pytest.mark.parametrize(
    ("target", "left"),
    [
        (Target.INTERNAL, [D, D, D, W, W, W]),
        (Target.EXTERNAL, [W, W, W, D, D, D]),
        (Target.ANY, [W] * 6),
    ],
)
def test_dropping_takes_the_target_at_its_word(
    yard: Yard, target: Target, left: list[FrameState]
) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    yard.wait(second, first, layer="aaa", on="aaa")
    yard.wait(second, second, layer="bbb", on="aaa")

    depends.drop_of_job(second, target, yard.decision)

    assert states(second) == left
    assert check(yard.farm) == []


def test_dropping_of_a_layer_leaves_its_job_and_the_other_layers_alone(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    for layer in ("aaa", "bbb"):
        yard.wait(second, first, layer=layer, on="aaa")
    yard.wait(second, first, layer="aaa", waiting_frame=1, on="bbb")
    yard.wait(second, first, on="aaa", on_frame=1)

    depends.drop_of_layer(second, second.layers[0], Target.ANY, yard.decision)

    assert [edge.active for edge in second.edges] == [False, True, False, True]


def test_dropping_of_a_frame_frees_it_alone(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    edge = yard.wait(second, first, layer="aaa", on="aaa")
    own = yard.wait(second, first, layer="aaa", waiting_frame=2, on="bbb")

    depends.drop_of_frame(second, 1, Target.EXTERNAL, yard.decision)

    assert (edge.active, own.active) == (True, False)
    assert states(second)[:3] == [D, W, D]
    assert depends.wait_again(second, [1], yard.decision) == 1
    assert states(second)[:3] == [D, D, D]


def test_a_frame_is_not_freed_from_more_than_was_meant(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    yard.wait(second, first, layer="aaa", on="aaa")
    yard.wait(second, second, layer="aaa", on="bbb")

    with pytest.raises(InvalidRequestError, match="a-b-c_second/bbb"):
        depends.drop_of_frame(second, 0, Target.EXTERNAL, yard.decision)
    assert states(second)[:3] == [D, D, D]


# -- what is refused ---------------------------------------------------------------------------


def test_a_refusal_names_the_circle(yard: Yard) -> None:
    first, second, third = (yard.launch(name) for name in ("first", "second", "third"))

    def refused(waiter: Job, on: Job, /, **ends: Any) -> str:
        with pytest.raises(InvalidRequestError) as caught:
            yard.wait(waiter, on, **ends)
        assert check(yard.farm) == []
        return str(caught.value)

    yard.wait(second, first)
    yard.wait(third, second, layer="bbb", on="aaa")
    assert "cycle, a-b-c_first -> a-b-c_second -> a-b-c_first;" in refused(first, second)
    told = refused(first, third, layer="aaa", on="bbb")
    assert "a-b-c_first/aaa -> a-b-c_third/bbb -> a-b-c_second -> a-b-c_first/aaa" in told
    yard.wait(first, third, layer="aaa", on="aaa")
    yard.wait(third, third, layer="aaa", waiting_frame=2, on="aaa", on_frame=1)
    told = refused(third, third, layer="aaa", waiting_frame=1, on="aaa", on_frame=2)
    assert "0001-aaa -> 0002-aaa -> 0001-aaa" in told


def test_layers_may_wait_for_each_other_when_their_frames_do_not(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    by_frame, previous = EdgeKind.FRAME_BY_FRAME, EdgeKind.PREVIOUS_FRAME
    yard.wait(second, first, layer="aaa", on="aaa", kind=by_frame)

    yard.wait(first, second, layer="aaa", on="aaa", kind=previous)

    assert states(first)[:3] == [W, D, D]
    for index in range(3):
        yard.run(first, index)
        yard.run(second, index)
    with pytest.raises(InvalidRequestError, match="a-b-c_first/aaa -> a-b-c_second/aaa"):
        yard.wait(first, second, layer="aaa", on="aaa", kind=by_frame)


@pytest.mark.parametrize(
    ("ends", "what"),
    [
        ({}, "job"),
        ({"layer": "aaa", "on": "aaa"}, "layer"),
        ({"layer": "aaa", "waiting_frame": 1, "on": "aaa", "on_frame": 1}, "frame"),
        ({"layer": "aaa", "waiting_frame": 1, "on": "aaa"}, "frame"),
        ({"layer": "aaa"}, "layer"),
        ({"layer": "aaa", "waiting_frame": 1, "kind": EdgeKind.PREVIOUS_FRAME}, "frame"),
        ({"on": "aaa"}, "job"),
    ],
)
def test_nothing_waits_for_itself(yard: Yard, ends: dict[str, Any], what: str) -> None:
    job = yard.launch("job")

    with pytest.raises(InvalidSpecError, match=f"a {what} cannot wait for itself"):
        yard.wait(job, job, **ends)


def test_a_job_that_has_ended_takes_no_depend(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    yard.kill(second)

    with pytest.raises(InvalidRequestError, match="it has ended"):
        yard.wait(second, first)


def test_an_unknown_job_cannot_be_waited_for(yard: Yard) -> None:
    job = yard.launch("job")
    with pytest.raises(NotFoundError):
        depends.add_depend(
            yard.farm, job, EdgeSpec(layer="", on="", on_job=ids.job_id(77)), yard.decision
        )


def test_jobs_launched_together_that_wait_in_a_circle_are_refused(yard: Yard) -> None:
    layers = (LayerSpec(name="aaa"),)
    base: dict[str, Any] = {"show": "a", "shot": "b", "user": "c", "layers": layers}
    specs = [
        JobSpec(name="a-b-c_one", after=("a-b-c_two",), **base),
        JobSpec(name="a-b-c_two", after=("a-b-c_one",), **base),
    ]

    with pytest.raises(InvalidSpecError, match="a-b-c_one -> a-b-c_two -> a-b-c_one"):
        launching.launch(yard.farm, specs, [ids.job_id(1), ids.job_id(2)], yard.decision, now=1.0)
    assert not yard.farm.jobs


# -- cost --------------------------------------------------------------------------------------


def test_frame_by_frame_between_large_jobs_costs_nothing_per_frame(yard: Yard) -> None:
    """The rule says it: no link is kept for any of the frames."""
    big = LayerSpec(name="aaa", range="1-100000")
    first, second = yard.launch("first", big), yard.launch("second", big)

    spec = EdgeSpec(layer="aaa", on="aaa", on_job=first.id)
    edge = depends.add_depend(yard.farm, second, spec, yard.decision)

    assert edge.links.same
    assert edge.links.offsets is None
    assert not (second.depends_ignored)
    assert not (second.rerun_pending)
    assert not (second.intents)
    yard.start(first, 77_777)
    attempts.on_run_exited(
        yard.farm, RunExited(first.run_id(77_777), 0, 0, 0.1, 0.1, 1, 3.0), yard.decision
    )
    assert second.state_of.count(W) == 1
    assert second.state_of[77_777] == W


def test_a_depend_is_dispatched_around_and_not_through(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    yard.wait(second, first, layer="aaa")

    dispatch(yard.farm, yard.decision, now=2.0)

    assert states(first) == [RUNNING] * 6
    assert states(second) == [D, D, D, RUNNING, RUNNING, RUNNING]
    for index in range(6):
        yard.end(first, index, status=1 if index == 5 else 0)
    assert DEAD not in states(second)


# -- history -----------------------------------------------------------------------------------


def test_a_job_that_something_pending_waits_for_is_not_forgotten(yard: Yard) -> None:
    first, second = yard.launch("first"), yard.launch("second")
    edge = yard.wait(second, first, layer="aaa", on="bbb")
    yard.kill(first)
    assert list_history(yard.farm, before=1e9) == []

    depends.satisfy(edge, yard.decision)

    assert list_history(yard.farm, before=1e9) == [first]


def test_a_forgotten_job_leaves_nothing_with_the_others(yard: Yard) -> None:
    first, second, third = (yard.launch(name) for name in ("first", "second", "third"))
    yard.wait(second, first, layer="aaa", waiting_frame=2, on="bbb", on_frame=2)
    edge = yard.wait(third, second)
    yard.run(second, 0)
    yard.kill(second)
    depends.satisfy(edge, yard.decision)
    yard.decision = Decision()

    assert forget(yard.farm, [second.id], yard.decision, before=1e9) == [second]

    assert first.edges_from_jobs() == []
    yard.decision = Decision()
    yard.run(first, 4)
    yard.retry(first, 4)
    assert {job_id for job_id, _ in yard.decision.frames} == {first.id}
    assert states(third) == [W] * 6
