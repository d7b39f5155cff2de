"""Who starts first, and that nobody waits for ever."""

from __future__ import annotations

import zlib

import pytest

from cuelet.core.check import check
from cuelet.core.operations import attempts, launching, limits, machine, requests
from cuelet.core.scheduling.dispatch import PATIENCE_S, dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.runs import RunExited
from outline.jobspec.model import JobSpec, LayerSpec


def launch(farm: Farm, name: str, layers: tuple[LayerSpec, ...], now: float, **more: object) -> Job:
    spec = JobSpec(name=f"a-b-c_{name}", show="a", shot="b", user="c", layers=layers, **more)
    (job,) = launching.launch(
        farm, [spec], [ids.job_id(zlib.crc32(name.encode()))], Decision(), now=now
    )
    return job


def started(farm: Farm, now: float) -> list[str]:
    decision = Decision()
    dispatch(farm, decision, now=now)
    return [f"{job.name.rpartition('_')[2]}:{job.frame_name(i)}" for job, i in decision.starts]


def end(farm: Farm, job: Job, index: int, at: float) -> None:
    attempts.on_run_exited(farm, RunExited(job.run_id(index), 0, 0, 0, 0, 0, at), Decision())


def test_priority_goes_before_age_before_layer_order_before_frame_order() -> None:
    farm = Farm(cores=5, memory_mb=10_000)
    one = (LayerSpec(name="aaa", range="1-2"), LayerSpec(name="bbb", range="1-1"))
    launch(farm, "old", one, 1.0)
    launch(farm, "new", (LayerSpec(name="ccc"),), 2.0)
    launch(farm, "urgent", (LayerSpec(name="ddd"),), 3.0, priority=9)

    assert started(farm, 4.0) == [
        "urgent:0001-ddd",
        "old:0001-aaa",
        "old:0002-aaa",
        "old:0001-bbb",
        "new:0001-ccc",
    ]


def test_a_large_frame_gets_its_turn_while_small_ones_keep_coming() -> None:
    farm = Farm(cores=2, memory_mb=10_000)
    small = launch(farm, "small", (LayerSpec(name="small", range="1-1000"),), 1.0)
    started(farm, 1.0)
    launch(farm, "large", (LayerSpec(name="large", cores=2.0),), 2.0, priority=5)

    now, running = 2.0, [0, 1]
    while "large:0001-large" not in started(farm, now):
        assert now < 2.0 + PATIENCE_S + 5, "the large frame starves"
        now += 1.0
        running = [i for i in range(small.size) if small.state_of[i] == 2]
        end(farm, small, running[int(now) % len(running)], now)

    assert now >= 2.0 + PATIENCE_S, "small frames may pass for a while"


def test_urgent_frames_that_fill_the_machine_do_not_make_a_large_one_wait_anew() -> None:
    farm = Farm(cores=2, memory_mb=10_000)
    small = launch(farm, "small", (LayerSpec(name="small", range="1-1000"),), 1.0)
    started(farm, 1.0)
    launch(farm, "large", (LayerSpec(name="large", cores=2.0),), 2.0, priority=5)
    assert started(farm, 2.0) == []
    end(farm, small, 0, 2.0)
    assert started(farm, 2.5) == ["small:0003-small"]

    urgent = launch(farm, "urgent", (LayerSpec(name="urgent"),), 3.0, priority=9)
    end(farm, small, 1, 3.0)
    assert started(farm, 3.0) == ["urgent:0001-urgent"]

    end(farm, urgent, 0, 2.0 + PATIENCE_S)
    assert started(farm, 2.0 + PATIENCE_S) == [], "the large frame's turn has come"


def test_a_clock_that_is_set_back_makes_nobody_wait_longer_than_the_patience() -> None:
    farm = Farm(cores=2, memory_mb=10_000)
    small = launch(farm, "small", (LayerSpec(name="small", range="1-1000"),), 100_000.0)
    started(farm, 100_000.0)
    launch(farm, "large", (LayerSpec(name="large", cores=2.0),), 100_000.0, priority=5)
    assert started(farm, 100_000.0) == []

    end(farm, small, 0, 1.0)
    assert started(farm, 1.0) == ["small:0003-small"]
    end(farm, small, 1, 1.0 + PATIENCE_S)
    assert started(farm, 1.0 + PATIENCE_S) == []


def test_a_cap_on_a_jobs_own_cores_holds_nobody_else() -> None:
    farm = Farm(cores=4, memory_mb=10_000)
    launch(farm, "capped", (LayerSpec(name="aaa", range="1-9"),), 1.0, max_cores=1.0)
    launch(farm, "other", (LayerSpec(name="bbb", range="1-9"),), 2.0)

    assert started(farm, 3.0) == ["capped:0001-aaa", *(f"other:000{n}-bbb" for n in (1, 2, 3))]
    assert started(farm, 3.0 + 2 * PATIENCE_S) == []


def test_memory_holds_as_cores_do() -> None:
    farm = Farm(cores=4, memory_mb=1000)
    launch(farm, "big", (LayerSpec(name="aaa", range="1-4", memory_mb=600),), 1.0)

    assert started(farm, 2.0) == ["big:0001-aaa"]


def test_a_clock_set_back_does_not_make_a_large_frame_wait_for_it() -> None:
    farm = Farm(cores=2, memory_mb=10_000)
    small = launch(farm, "small", (LayerSpec(name="small", range="1-1000"),), 100_000.0)
    started(farm, 100_000.0)
    launch(farm, "large", (LayerSpec(name="large", cores=2.0),), 100_000.0, priority=5)
    started(farm, 100_001.0)

    now, left = 10.0, 20
    while "large:0001-large" not in started(farm, now):
        assert left, "the large frame starves until the clock is where it was"
        now, left = now + 1.0, left - 1
        running = [i for i in range(small.size) if small.state_of[i] == 2]
        end(farm, small, running[int(now) % len(running)], now)


def set_limit(farm: Farm, name: str, max_value: int) -> None:
    limits.create(farm, f"id of {name}", name, max_value, Decision())


def flow(farm: Farm, job: Job, layer: str, seconds: int) -> bool:
    """Let one frame of the other layers end each second; tell whether a layer starts in that time."""
    for second in range(seconds):
        now = 1000.0 + second
        if any(name.endswith(f"-{layer}") for name in started(farm, now)):
            return True
        running = sorted(
            (other.start_at[i], other.id, i) for other in farm.jobs.values() for i in other.reserved
        )
        if running:
            _, job_id, index = running[0]
            end(farm, farm.jobs[job_id], index, now)
    return False


def test_a_locked_machine_starts_nothing_until_it_is_unlocked() -> None:
    farm = Farm(cores=2, memory_mb=10_000)
    launch(farm, "job", (LayerSpec(name="aaa", range="1-4"),), 1.0)

    machine.set_locked(farm, Decision(), locked=True)
    assert started(farm, 2.0) == []
    machine.set_locked(farm, Decision(), locked=False)
    assert started(farm, 3.0) == ["job:0001-aaa", "job:0002-aaa"]


def test_what_the_machine_lacks_holds_nobody_else() -> None:
    farm = Farm(cores=1, memory_mb=10_000)
    set_limit(farm, "none", 0)
    layers = (
        LayerSpec(name="tags", tags=("cloud",)),
        LayerSpec(name="gpus", gpus=1, cores=1.0),
        LayerSpec(name="limit", limits=("none",)),
        LayerSpec(name="later", start_after=50.0),
        LayerSpec(name="free", range="1-9"),
    )
    job = launch(farm, "job", layers, 1.0)
    machine.set_services(farm, ["maya"], Decision())

    for second in range(int(2 * PATIENCE_S)):
        now = 2.0 + second
        assert len(started(farm, now)) == 1 or job.layers[4].counts[0] == 0
        for index in list(job.reserved):
            end(farm, job, index, now)
    assert started(farm, 49.0) == []
    assert started(farm, 50.0) == ["job:0001-later"]


def test_the_next_start_is_told_so_that_somebody_can_wake_up() -> None:
    farm = Farm(cores=2, memory_mb=10_000)
    layers = (LayerSpec(name="aaa", start_after=90.0), LayerSpec(name="bbb", start_after=70.0))
    launch(farm, "job", layers, 1.0)

    assert started(farm, 2.0) == []
    assert farm.turns.next_start == 70.0
    assert started(farm, 70.0) == ["job:0001-bbb"]
    assert farm.turns.next_start == 90.0
    assert started(farm, 69.0) == [], "the clock was set back: what has not started waits again"
    assert started(farm, 90.0) == ["job:0001-aaa"]
    assert farm.turns.next_start == float("inf")


def test_gpus_are_counted_and_given_back() -> None:
    farm = Farm(cores=9, memory_mb=10_000)
    machine.set_gpus(farm, 3, Decision())
    job = launch(farm, "job", (LayerSpec(name="aaa", range="1-9", gpus=2),), 1.0)
    launch(farm, "plain", (LayerSpec(name="bbb"),), 2.0)

    assert started(farm, 3.0) == ["job:0001-aaa", "plain:0001-bbb"]
    job.layers[0].asked_gpus = 1
    assert started(farm, 4.0) == ["job:0002-aaa"]
    assert farm.held_gpus == 3
    end(farm, job, 0, 5.0)
    assert started(farm, 6.0) == ["job:0003-aaa", "job:0004-aaa"]
    assert check(farm) == []


def test_a_layer_of_many_gpus_gets_its_turn_and_holds_no_frame_without_any() -> None:
    farm = Farm(cores=9, memory_mb=100_000)
    machine.set_gpus(farm, 2, Decision())
    launch(farm, "small", (LayerSpec(name="small", range="1-1000", gpus=1),), 1.0)
    started(farm, 1.0)
    large = launch(farm, "large", (LayerSpec(name="large", gpus=2),), 2.0, priority=5)
    plain = launch(farm, "plain", (LayerSpec(name="plain", range="1-500"),), 3.0)

    assert flow(farm, large, "large", 100)
    assert plain.attempt[6] == 1, "those that ask for no GPU go on meanwhile"


def test_a_layer_under_two_limits_gets_its_turn_between_layers_under_one() -> None:
    farm = Farm(cores=9, memory_mb=100_000)
    set_limit(farm, "one", 1)
    set_limit(farm, "two", 1)
    launch(farm, "left", (LayerSpec(name="left", range="1-1000", limits=("one",)),), 1.0)
    launch(farm, "right", (LayerSpec(name="right", range="1-1000", limits=("two",)),), 2.0)
    started(farm, 2.0)
    both = launch(farm, "both", (LayerSpec(name="both", limits=("one", "two")),), 3.0, priority=5)

    assert flow(farm, both, "both", 100)


def test_a_large_layer_under_a_limit_keeps_its_place_while_it_waits_for_cores() -> None:
    farm = Farm(cores=2, memory_mb=100_000)
    set_limit(farm, "one", 1)
    launch(farm, "small", (LayerSpec(name="small", range="1-1000", limits=("one",)),), 1.0)
    launch(farm, "fill", (LayerSpec(name="fill", range="1-1000"),), 1.5)
    started(farm, 2.0)
    layer = LayerSpec(name="large", limits=("one",), cores=2.0)
    large = launch(farm, "large", (layer,), 3.0, priority=5)

    assert flow(farm, large, "large", 200)


def test_a_place_is_kept_only_for_the_first_and_only_one() -> None:
    farm = Farm(cores=9, memory_mb=100_000)
    set_limit(farm, "full", 1)
    set_limit(farm, "wide", 5)
    launch(farm, "holder", (LayerSpec(name="holder", limits=("full",)),), 1.0)
    assert started(farm, 1.0) == ["holder:0001-holder"]
    for number in range(3):
        layer = LayerSpec(name="both", range="1-3", limits=("full", "wide"))
        launch(farm, f"both{number}", (layer,), 2.0 + number)
    launch(farm, "wide", (LayerSpec(name="wide", range="1-9", limits=("wide",)),), 9.0)

    assert len(started(farm, 10.0)) == 4


def test_a_large_layer_gets_its_turn_among_smaller_ones_of_a_capped_job() -> None:
    farm = Farm(cores=8, memory_mb=100_000)
    layers = (
        LayerSpec(name="small", range="1-1000"),
        LayerSpec(name="large", cores=2.0),
        LayerSpec(name="other", range="1-1000"),
    )
    job = launch(farm, "capped", layers, 1.0, max_cores=2.0)
    requests.eat_frames(farm, job, range(990), Decision(), now=1.0)

    assert flow(farm, job, "large", 30), "small ones that come after it must not take the cores"
    assert job.layers[2].counts[2] == 0


@pytest.mark.parametrize(
    ("asks", "gets"),
    [
        ({"cores": 0.0}, 8.0),
        ({"cores": -2.0}, 6.0),
        ({"cores": -8.0}, 1.0),
        ({"cores": -20.0}, 1.0),
        ({"cores": 16.0}, 8.0),
        ({"cores": 0.01}, 0.1),
        ({"cores": 0.0, "max_cores": 3.0}, 3.0),
        ({"cores": -1.0, "max_cores": 3.0}, 3.0),
        ({"cores": 2.0, "max_cores": 3.0}, 2.0),
        ({"cores": 4.0, "max_cores": 3.0}, 3.0),
        ({"cores": 4.0, "threadable": False}, 1.0),
        ({"cores": 0.0, "threadable": False}, 1.0),
        ({"cores": 0.5, "threadable": False}, 0.5),
    ],
)
def test_cores_that_a_frame_gets_of_a_machine_of_eight(asks: dict[str, float], gets: float) -> None:
    farm = Farm(cores=8, memory_mb=10_000)
    job = launch(farm, "job", (LayerSpec(name="aaa", **asks),), 1.0)

    started(farm, 2.0)

    assert job.reserved[0][0] == gets
