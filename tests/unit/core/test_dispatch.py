"""Who starts first, and that nobody waits for ever."""

from __future__ import annotations

from cuelet.core import farm as acts
from cuelet.core import ids
from cuelet.core.dispatch import PATIENCE_S, dispatch
from cuelet.core.farm import Decision, Farm
from cuelet.core.job import Job
from cuelet.core.runs import RunExited
from cuelet.core.spec import JobSpec, LayerSpec


def launch(farm: Farm, name: str, layers: tuple[LayerSpec, ...], now: float, **more: object) -> Job:
    spec = JobSpec(name=f"a-b-c_{name}", show="a", shot="b", user="c", layers=layers, **more)
    (job,) = acts.launch(farm, [spec], [ids.job_id(hash(name))], Decision(), now=now)
    return job


def started(farm: Farm, now: float) -> list[str]:
    decision = Decision()
    dispatch(farm, decision, now=now)
    return [f"{job.name.rpartition('_')[2]}:{job.frame_name(i)}" for job, i in decision.starts]


def end(farm: Farm, job: Job, index: int, at: float) -> None:
    acts.ended(farm, RunExited(job.run_id(index), 0, 0, 0, 0, 0, at), Decision())


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
