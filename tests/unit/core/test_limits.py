"""Limits: a layer needs a place of each it carries, counted over all layers of all jobs."""

from __future__ import annotations

import pytest

from cuelet.core.check import check
from cuelet.core.operations import attempts, launching, limits, requests
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError, InvalidSpecError, NotFoundError
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import RUNNING
from outline.jobspec.model import JobSpec, LayerSpec


@pytest.fixture
def farm() -> Farm:
    return Farm(cores=100, memory_mb=100_000)


def set_limit(farm: Farm, name: str, max_value: int) -> None:
    limits.create(farm, f"id of {name}", name, max_value, Decision())


def launch(farm: Farm, name: str, *layers: LayerSpec) -> Job:
    spec = JobSpec(name=f"a-b-c_{name}", show="a", shot="b", user="c", layers=layers)
    number = 10 + len(farm.jobs)
    (job,) = launching.launch(farm, [spec], [ids.job_id(number)], Decision(), now=float(number))
    return job


def layer(name: str, *names: str, **more: object) -> LayerSpec:
    return LayerSpec(name=name, range="1-9", limits=names, **more)


def book(farm: Farm) -> None:
    dispatch(farm, Decision(), now=100.0)
    assert check(farm) == []


def running(job: Job) -> list[int]:
    return [layer.counts[RUNNING] for layer in job.layers]


def end(farm: Farm, job: Job, index: int) -> None:
    attempts.on_run_exited(farm, RunExited(job.run_id(index), 0, 0, 0, 0, 0, 200.0), Decision())


def test_a_limit_counts_frames_over_layers_and_jobs(farm: Farm) -> None:
    set_limit(farm, "nuke", 5)
    first = launch(farm, "one", layer("aaa", "nuke"), layer("bbb"))
    second = launch(farm, "two", layer("ccc", "nuke"))

    book(farm)
    assert (running(first), running(second)) == ([5, 9], [0])

    for index in (0, 1):
        end(farm, first, index)
    limits.set_max(farm, "nuke", 8, Decision())
    book(farm)
    assert (running(first), running(second)) == ([7, 9], [1])


@pytest.mark.parametrize(
    ("nuke", "arnold", "runs"),
    [(0, 5, 0), (5, 0, 0), (3, 5, 3), (5, 3, 3), (-1, 2, 2), (-1, -1, 9)],
)
def test_a_layer_needs_a_place_of_each_of_its_limits(
    farm: Farm, nuke: int, arnold: int, runs: int
) -> None:
    set_limit(farm, "nuke", nuke)
    set_limit(farm, "arnold", arnold)
    job = launch(farm, "one", layer("aaa", "nuke", "arnold"))

    book(farm)

    assert running(job) == [runs]


def test_a_limit_named_twice_takes_one_place(farm: Farm) -> None:
    set_limit(farm, "nuke", 2)
    job = launch(farm, "one", layer("aaa", "nuke", "nuke"))

    book(farm)

    assert running(job) == [2]


def test_a_launch_that_names_an_unknown_limit_is_refused_whole(farm: Farm) -> None:
    with pytest.raises(
        InvalidSpecError, match=r"layer 'bbb', limit 'nuke'.*cuelet limits set nuke"
    ):
        launch(farm, "one", layer("aaa"), layer("bbb", "nuke"))

    assert farm.jobs == {}


def test_lowering_a_limit_lets_what_runs_go_on_and_starts_no_more(farm: Farm) -> None:
    set_limit(farm, "nuke", 4)
    job = launch(farm, "one", layer("aaa", "nuke"))
    book(farm)

    limits.set_max(farm, "nuke", 2, Decision())
    for index in (0, 1):
        end(farm, job, index)
        book(farm)
    assert running(job) == [2]

    end(farm, job, 2)
    book(farm)
    assert running(job) == [2]


def test_a_layer_put_under_a_limit_counts_at_once_and_stops_when_taken_out(farm: Farm) -> None:
    job = launch(farm, "one", layer("aaa"))
    set_limit(farm, "nuke", 3)
    book(farm)
    nuke = farm.limits.get("nuke")

    limits.add_to_layer(farm, job, job.layers[0], nuke, Decision())
    limits.add_to_layer(farm, job, job.layers[0], nuke, Decision())
    assert (nuke.running, check(farm)) == (9, [])

    end(farm, job, 0)
    limits.drop_from_layer(farm, job, job.layers[0], nuke, Decision())
    limits.drop_from_layer(farm, job, job.layers[0], nuke, Decision())
    assert (nuke.running, check(farm)) == (0, [])


def test_a_deleted_limit_holds_nobody_and_a_new_one_of_its_name_neither(farm: Farm) -> None:
    set_limit(farm, "nuke", 1)
    job = launch(farm, "one", layer("aaa", "nuke"))
    book(farm)
    decision = Decision()

    limits.delete(farm, "nuke", decision)
    set_limit(farm, "nuke", 1)
    book(farm)

    assert running(job) == [9]
    assert job.layers[0].limits == ()
    assert decision.jobs == {job.id: job}
    assert decision.limits == {"id of nuke": None}


def test_a_renamed_limit_goes_on_holding_who_carried_it(farm: Farm) -> None:
    set_limit(farm, "nuke", 2)
    job = launch(farm, "one", layer("aaa", "nuke"))
    book(farm)

    limits.rename(farm, "nuke", "nuke13", Decision())
    book(farm)

    assert (running(job), job.layers[0].limits) == ([2], ("nuke13",))
    assert farm.limits.get_by_id("id of nuke").running == 2
    with pytest.raises(NotFoundError, match="there are nuke13"):
        farm.limits.get("nuke")


def test_a_job_from_before_limits_were_checked_comes_under_one_that_is_made_later(
    farm: Farm,
) -> None:
    job = launch(farm, "one", layer("aaa"))
    job.layers[0].limits = ("nuke",)
    book(farm)

    set_limit(farm, "nuke", 3)

    assert farm.limits.get("nuke").running == 9
    book(farm)


def test_frames_of_a_killed_job_take_their_places_until_they_have_ended(farm: Farm) -> None:
    set_limit(farm, "nuke", 9)
    first = launch(farm, "one", layer("aaa", "nuke"))
    second = launch(farm, "two", layer("bbb", "nuke"))
    book(farm)

    requests.kill_job(farm, first, Decision(), now=101.0)
    book(farm)
    assert running(second) == [0]

    end(farm, first, 0)
    book(farm)
    assert running(second) == [1]


@pytest.mark.parametrize("value", [-2, 2**31])
def test_values_that_make_no_sense_are_refused(farm: Farm, value: int) -> None:
    set_limit(farm, "nuke", 1)

    with pytest.raises(InvalidRequestError, match="use 0 or more"):
        limits.set_max(farm, "nuke", value, Decision())
    with pytest.raises(InvalidRequestError, match="use 0 or more"):
        limits.create(farm, "id", "other", value, Decision())

    assert [limit.name for limit in farm.limits] == ["nuke"]


@pytest.mark.parametrize("name", ["", " ", " nuke", "x" * 256, "nuke"])
def test_names_that_are_none_or_taken_are_refused(farm: Farm, name: str) -> None:
    set_limit(farm, "nuke", 1)
    set_limit(farm, "other", 1)

    with pytest.raises(InvalidRequestError):
        limits.create(farm, "id", name, 1, Decision())
    with pytest.raises(InvalidRequestError):
        limits.rename(farm, "other", name, Decision())
