"""Every reason for which a frame does not run is told, with what changes it."""

from __future__ import annotations

import pytest

from cuelet.core import farm as acts
from cuelet.core import ids
from cuelet.core.dispatch import PATIENCE_S, dispatch
from cuelet.core.explain import Reason, explain_frame, explain_layer
from cuelet.core.farm import Decision, Farm
from cuelet.core.job import Job
from cuelet.core.memory import MEMORY_RETRIES, RAISE_MB, MemoryAction, MemoryPolicy
from cuelet.core.runs import RunExited, RunUsage
from cuelet.core.spec import EdgeSpec, JobSpec, LayerSpec
from cuelet.core.states import Outcome
from outline.frames import EdgeKind


@pytest.fixture
def farm() -> Farm:
    return Farm(cores=2, memory_mb=10_000)


def launch(farm: Farm, name: str, *layers: LayerSpec, **more: object) -> Job:
    spec = JobSpec(name=f"a-b-c_{name}", show="a", shot="b", user="c", layers=layers, **more)
    (job,) = acts.launch(farm, [spec], [ids.job_id(hash(name))], Decision(), now=len(farm.jobs))
    return job


def book(farm: Farm, now: float = 100.0) -> None:
    dispatch(farm, Decision(), now=now)


def end(farm: Farm, job: Job, index: int, status: int, signal: int = 0, reason: str = "") -> None:
    report = RunExited(job.run_id(index), status, signal, 0.1, 0.1, 2048, 200.0, reason)
    acts.ended(farm, report, Decision())


def only(reasons: list[Reason]) -> Reason:
    (reason,) = reasons
    return reason


def test_running_done_and_eaten_frames_say_so(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", range="1-3"))
    book(farm)
    end(farm, job, 0, 0)
    acts.eat_frames(farm, job, [2], Decision(), now=1)

    assert [only(explain_frame(farm, job, i)).code for i in range(3)] == [
        "succeeded",
        "running",
        "eaten",
    ]


@pytest.mark.parametrize(
    ("status", "signal", "reason", "says"),
    [
        (3, 0, "", "exit status 3"),
        (139, 11, "", "SIGSEGV"),
        (256, 0, "no program 'x'", "no program 'x'"),
    ],
)
def test_a_dead_frame_tells_how_it_ended(
    farm: Farm, status: int, signal: int, reason: str, says: str
) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", range="7-8", retries=0))
    book(farm)
    end(farm, job, 0, status, signal, reason)

    told = only(explain_frame(farm, job, 0))

    assert told.code == "dead"
    assert says in told.text
    assert "peak 2 MB of 512 MB reserved" in told.text
    assert told.remedy == "cuelet retry a-b-c_job --layer aaa --frames 7"


def test_depends_tell_which_frames_are_left_and_in_what_state(farm: Farm) -> None:
    layers = (LayerSpec(name="main", range="1-4", retries=0), LayerSpec(name="after", range="1-1"))
    edge = EdgeSpec(layer="after", on="main", kind=EdgeKind.LAYER_ON_LAYER)
    job = launch(farm, "job", *layers, edges=(edge,))
    book(farm)
    end(farm, job, 0, 1)
    end(farm, job, 1, 0)
    book(farm)

    told = only(explain_frame(farm, job, 4))

    assert told.code == "depend"
    assert told.text == "it waits for 3 of 4 frames of main to succeed: 2 running (3-4), 1 dead (1)"
    assert told.remedy == "cuelet retry a-b-c_job --layer main --frames 1"


def test_a_finish_edge_waits_for_the_end_only(farm: Farm) -> None:
    edge = EdgeSpec(layer="after", on="main", outcome=Outcome.FINISHED)
    job = launch(farm, "job", LayerSpec(name="main"), LayerSpec(name="after"), edges=(edge,))
    book(farm)

    told = only(explain_frame(farm, job, 1))

    assert "to end: 1 running (1)" in told.text
    assert told.remedy == "cueadmin -satisfy-dependency a-b-c_job after"


def test_paused_and_waiting_for_another_job_are_both_told(farm: Farm) -> None:
    first = launch(farm, "first", LayerSpec(name="aaa"))
    job = launch(farm, "job", LayerSpec(name="bbb"), after=(first.name,), paused=True)

    told = explain_frame(farm, job, 0)

    assert [reason.code for reason in told] == ["job", "paused"]
    assert told[0].remedy == "cueadmin -drop-depends a-b-c_job"
    assert told[1].remedy == "cuelet resume a-b-c_job"


def test_cores_and_memory_tell_what_is_free_and_who_holds_the_rest() -> None:
    farm = Farm(cores=2, memory_mb=1000)
    launch(farm, "first", LayerSpec(name="aaa", range="1-2", memory_mb=450))
    job = launch(farm, "job", LayerSpec(name="bbb", memory_mb=300))
    book(farm)

    told = explain_frame(farm, job, 0)

    assert [reason.code for reason in told] == ["cores", "memory"]
    assert told[0].text == "it needs 1 core, 0 of 2 are free; running are 2 of a-b-c_first"
    assert told[1].text.startswith("it needs 300 MB, 100 of 1000 MB are free")
    assert told[0].remedy == "cueadmin -priority a-b-c_job 2"


def test_a_jobs_own_cap_is_told(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", range="1-2"), max_cores=1.0)
    book(farm)

    told = only(explain_frame(farm, job, 1))

    assert told.code == "max cores"
    assert "may use 1 cores and uses 1" in told.text


def test_a_larger_frame_that_has_its_turn_is_told(farm: Farm) -> None:
    small = launch(farm, "small", LayerSpec(name="aaa", range="1-3", memory_mb=10))
    book(farm)
    launch(farm, "large", LayerSpec(name="bbb", cores=2.0, memory_mb=10), priority=5)
    book(farm, 200.0)
    end(farm, small, 0, 0)
    book(farm, 200.0 + PATIENCE_S)

    told = only(explain_frame(farm, small, 2))

    assert told.code == "turn"
    assert "bbb" in told.text


def test_a_frame_that_nothing_holds_says_that_it_is_next(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa"))

    assert only(explain_frame(farm, job, 0)).code == "next"


def test_frames_with_the_same_story_are_told_once(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", range="1-9", retries=0))
    book(farm)
    end(farm, job, 0, 1)
    end(farm, job, 1, 2)
    book(farm)

    groups = explain_layer(farm, job, job.layers[0])

    assert [(job.frame_name(index), count) for index, count, _ in groups] == [
        ("0005-aaa", 5),
        ("0001-aaa", 1),
        ("0002-aaa", 1),
    ]


def test_frames_of_a_killed_job_are_told_that_it_ended(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa"))
    acts.kill_job(farm, job, Decision(), now=1)

    assert explain_frame(farm, job, 0)[0].code == "finished"


def test_a_frame_whose_retries_are_used_up_says_how_many_and_the_last_error(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", retries=2))
    for status in (1, 2, 3):
        book(farm)
        end(farm, job, 0, status)

    assert only(explain_frame(farm, job, 0)).text == (
        "it died after 3 attempts, retries used up (2 of 2), last error: exit status 3; "
        "peak 2 MB of 512 MB reserved"
    )


def test_a_frame_that_ran_out_of_memory_tells_what_it_gets_now(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", retries=0))
    book(farm)
    end(farm, job, 0, 33)

    told = explain_frame(farm, job, 0)

    assert [reason.code for reason in told] == ["memory raised", "next"]
    assert told[0].text == (
        "attempt 1 failed: it ran out of memory; layer aaa reserves 2560 MB from now on"
    )


def test_a_death_of_memory_names_the_command_that_gives_more() -> None:
    farm = Farm(cores=2, memory_mb=100_000)
    job = launch(farm, "job", LayerSpec(name="aaa", retries=0))
    for _ in range(MEMORY_RETRIES + 1):
        book(farm)
        end(farm, job, 0, 33)

    told = only(explain_frame(farm, job, 0))

    reserved_mb = 512 + MEMORY_RETRIES * RAISE_MB
    assert "exit status 33, it ran out of memory; it was tried 5 times with more" in told.text
    assert told.remedy == (
        f"cuelet retry a-b-c_job --layer aaa --frames 1 --memory-mb {reserved_mb + RAISE_MB}"
    )


def test_a_death_with_all_the_memory_there_is_offers_no_more(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", retries=0, memory_mb=20_000))
    book(farm)
    end(farm, job, 0, 33)

    told = only(explain_frame(farm, job, 0))

    assert "it had all 10000 MB that frames may reserve here; peak 2 MB of 10000 MB" in told.text
    assert told.remedy.endswith("--frames 1")


def test_a_running_frame_over_its_reservation_says_so_unless_the_policy_is_off(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa"))
    book(farm)
    acts.used(farm, RunUsage(job.run_id(0), 900 * 1024, 950 * 1024, 0.1))

    told = explain_frame(farm, job, 0)

    assert [reason.code for reason in told] == ["running", "over memory"]
    assert told[1].text == "it uses 900 MB of 512 MB reserved"
    farm.memory_policy = MemoryPolicy(MemoryAction.OFF)
    assert only(explain_frame(farm, job, 0)).code == "running"
