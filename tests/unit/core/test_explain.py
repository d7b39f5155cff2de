"""Every reason for which a frame does not run is told, with what changes it."""

from __future__ import annotations

import pytest

from cuelet.core.explain.frames import explain_frame, explain_layer
from cuelet.core.operations import attempts, delays, launching, limits, requests
from cuelet.core.scheduling.dispatch import PATIENCE_S, dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import Host
from cuelet.core.state.job import Job
from cuelet.core.state.memory import MEMORY_RETRIES, RAISE_MB, MemoryAction, MemoryPolicy
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError, InvalidSpecError
from cuelet.core.values.reason import Reason
from cuelet.core.values.runs import RunExited, RunUsage
from cuelet.rpc.cuelet.why import stuck_reason
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome


@pytest.fixture
def farm() -> Farm:
    return Farm(cores=2, memory_mb=10_000)


def launch(farm: Farm, name: str, *layers: LayerSpec, **more: object) -> Job:
    spec = JobSpec(name=f"a-b-c_{name}", show="a", shot="b", user="c", layers=layers, **more)
    (job,) = launching.launch(
        farm, [spec], [ids.job_id(hash(name))], Decision(), now=len(farm.jobs)
    )
    return job


def book(farm: Farm, now: float = 100.0) -> None:
    dispatch(farm, Decision(), now=now)


def end(farm: Farm, job: Job, index: int, status: int, signal: int = 0, reason: str = "") -> None:
    report = RunExited(job.run_id(index), status, signal, 0.1, 0.1, 2048, 200.0, reason)
    attempts.on_run_exited(farm, report, Decision())


def only(reasons: list[Reason]) -> Reason:
    (reason,) = reasons
    return reason


def test_running_done_and_eaten_frames_say_so(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", range="1-3"))
    book(farm)
    end(farm, job, 0, 0)
    requests.eat_frames(farm, job, [2], Decision(), now=1)

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
    assert (told.remedy, told.cost) == ("", ""), "it runs, and nobody knows how long"


def test_paused_and_waiting_for_another_job_are_both_told(farm: Farm) -> None:
    first = launch(farm, "first", LayerSpec(name="aaa"))
    job = launch(farm, "job", LayerSpec(name="bbb"), after=(first.name,), paused=True)

    told = explain_frame(farm, job, 0)

    assert [reason.code for reason in told] == ["job", "paused"]
    assert told[0].remedy == "", "what will run is waited for"
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
    assert told[0].remedy == "", "it is the first of those that wait"


def test_a_jobs_own_cap_is_told(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", range="1-2"), max_cores=1.0)
    book(farm)

    told = only(explain_frame(farm, job, 1))

    assert told.code == "max cores"
    assert "may use 1 core and uses 1" in told.text


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
    requests.kill_job(farm, job, Decision(), now=1)

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
    attempts.on_run_usage(farm, RunUsage(job.run_id(0), 900 * 1024, 950 * 1024, 0.1))

    told = explain_frame(farm, job, 0)

    assert [reason.code for reason in told] == ["running", "over memory"]
    assert told[1].text == "it uses 900 MB of 512 MB reserved"
    farm.memory_policy = MemoryPolicy(MemoryAction.OFF)
    assert only(explain_frame(farm, job, 0)).code == "running"


def set_limit(farm: Farm, name: str, max_value: int) -> None:
    limits.create(farm, f"id of {name}", name, max_value, Decision())


def test_a_full_limit_says_who_takes_it(farm: Farm) -> None:
    set_limit(farm, "nuke", 2)
    launch(farm, "first", LayerSpec(name="aaa", range="1-2", limits=("nuke",)))
    job = launch(farm, "second", LayerSpec(name="bbb", limits=("nuke",), cores=0.1))
    book(farm)

    told = {reason.code: reason for reason in explain_frame(farm, job, 0)}

    assert told["limit"] == Reason(
        "limit",
        "limit nuke lets 2 frames run at a time; running are 2 of a-b-c_first",
    )


def test_a_limit_of_nothing_says_so(farm: Farm) -> None:
    set_limit(farm, "nuke", 0)
    job = launch(farm, "job", LayerSpec(name="aaa", limits=("nuke",)))
    book(farm)

    assert only(explain_frame(farm, job, 0)) == Reason(
        "limit",
        "limit nuke lets no frame run: its maximum is 0",
        "cuelet limits set nuke 1",
        "a frame then takes what the limit was to keep free",
    )
    assert not launching.is_stuck(farm, job), "a limit of 0 is a pause"


@pytest.mark.parametrize(
    ("asks", "reason"),
    [
        (
            {"tags": ("cloud", "fast")},
            Reason(
                "tags",
                "it asks for a machine tagged cloud or fast; "
                "box is tagged general, local, desktop, util, box",
                "cuelet farm start --tags cloud",
                "the farm takes this machine for one tagged cloud from then on; say so only if it is",
            ),
        ),
        (
            {"services": ("maya", "shell", "arnold")},
            Reason(
                "services",
                "it asks for service maya, arnold; box was given nuke",
                "cuelet farm start --services nuke,maya,arnold",
                "the farm takes this machine for one that has maya, arnold from then on; "
                "say so only if it is",
            ),
        ),
        (
            {"gpus": 2},
            Reason(
                "gpus",
                "it needs 2 GPUs, box has 1",
                "cuelet farm start --gpus 2",
                "the farm takes this machine for one with 2 GPUs from then on; say so only if it is",
            ),
        ),
    ],
)
def test_what_the_machine_lacks_is_named_and_makes_a_job_stuck(
    farm: Farm, asks: dict[str, object], reason: Reason
) -> None:
    farm.host = Host(name="box", services=("nuke",), gpus=1)
    job = launch(farm, "job", LayerSpec(name="aaa", range="1-3", **asks))
    book(farm)

    assert only(explain_frame(farm, job, 0)) == reason
    assert launching.is_stuck(farm, job)
    assert reason.text in stuck_reason(farm, job)
    assert reason.remedy in stuck_reason(farm, job)


def test_a_job_of_which_something_can_start_is_not_stuck(farm: Farm) -> None:
    layers = (LayerSpec(name="aaa", tags=("cloud",)), LayerSpec(name="bbb", start_after=500.0))
    job = launch(farm, "job", *layers)
    book(farm)

    assert not launching.is_stuck(farm, job)


def test_a_locked_machine_is_named_with_the_command_that_unlocks_it(farm: Farm) -> None:
    farm.host = Host(name="box", locked=True)
    job = launch(farm, "job", LayerSpec(name="aaa"))
    book(farm)

    assert only(explain_frame(farm, job, 0)) == Reason(
        "locked", "machine box is locked", "cueadmin -unlock -host box"
    )
    assert not launching.is_stuck(farm, job), "a lock is a pause"


def test_a_start_time_is_told_with_who_set_it(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa"))
    at = 1_795_316_400.0
    delays.set_start_after(job, job.layers, at, by="me", decision=Decision())
    book(farm)

    assert only(explain_frame(farm, job, 0)) == Reason(
        "start after",
        "it starts after 2026-11-22 03:00:00 UTC, set by me",
        "cuelet delay a-b-c_job off --layer aaa",
    )
    book(farm, now=at)
    assert only(explain_frame(farm, job, 0)).code == "running"


@pytest.mark.parametrize("at", [-1.0, 253_402_300_800.0])
def test_a_start_time_beyond_the_calendar_is_refused(farm: Farm, at: float) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa"))
    with pytest.raises(InvalidRequestError, match="seconds since 1970"):
        delays.set_start_after(job, job.layers, at, by="me", decision=Decision())
    assert job.layers[0].start_after == 0


def test_busy_gpus_say_who_holds_them(farm: Farm) -> None:
    farm.host = Host(name="box", gpus=1)
    job = launch(farm, "job", LayerSpec(name="aaa", range="1-2", gpus=1))
    book(farm)

    assert only(explain_frame(farm, job, 1)) == Reason(
        "gpus", "it needs 1 GPU, 0 of 1 are free; running are 1 of a-b-c_job"
    )


def test_a_place_kept_for_another_layer_is_a_turn(farm: Farm) -> None:
    farm.cores = farm.free_cores = 9.0
    for name in ("full", "free"):
        set_limit(farm, name, 1)
    launch(farm, "holder", LayerSpec(name="holder", limits=("full",)))
    book(farm)
    launch(farm, "one", LayerSpec(name="first", limits=("full", "free")))
    launch(farm, "two", LayerSpec(name="second", limits=("full", "free")))
    job = launch(farm, "three", LayerSpec(name="third", limits=("free",)))
    book(farm)

    assert only(explain_frame(farm, job, 0)) == Reason(
        "turn", "the last place of limit free is kept for layer first, which comes first"
    )


def test_gpus_and_a_jobs_cores_kept_for_another_layer_are_a_turn(farm: Farm) -> None:
    farm.cores = farm.free_cores = 9.0
    farm.host = Host(name="box", gpus=2)
    launch(farm, "holder", LayerSpec(name="holder", gpus=1))
    book(farm)
    launch(farm, "one", LayerSpec(name="large", gpus=2))
    small = launch(farm, "two", LayerSpec(name="small", gpus=1))
    capped = launch(
        farm,
        "three",
        LayerSpec(name="runs"),
        LayerSpec(name="waits", cores=2.0),
        LayerSpec(name="behind"),
        max_cores=2.0,
    )
    book(farm)

    assert only(explain_frame(farm, small, 0)) == Reason(
        "turn", "room at the GPUs is kept for layer large, which comes first"
    )
    assert only(explain_frame(farm, capped, 1)).code == "max cores"
    assert only(explain_frame(farm, capped, 2)).code == "turn"
    assert "layer waits" in only(explain_frame(farm, capped, 2)).text


def test_remedies_can_be_pasted_whatever_a_job_calls_its_limits_and_tags(farm: Farm) -> None:
    name = "nuke; rm -rf ~"
    with pytest.raises(InvalidSpecError, match=r"cuelet limits set 'nuke; rm -rf ~' MAX"):
        launch(farm, "job", LayerSpec(name="aaa", limits=(name,)))
    set_limit(farm, name, 0)
    job = launch(farm, "job", LayerSpec(name="aaa", limits=(name,), tags=("$(id)",)))
    book(farm)

    assert [reason.remedy for reason in explain_frame(farm, job, 0)] == [
        "cuelet farm start --tags '$(id)'",
        "cuelet limits set 'nuke; rm -rf ~' 1",
    ]


# -- what a wait rests on, and waits in vain -----------------------------------------------------


def chain(farm: Farm, *, on_finish: bool = False) -> Job:
    """Launch four frames of first, second waiting for them one by one, third for all of second."""
    outcome = Outcome.FINISHED if on_finish else Outcome.SUCCEEDED
    edges = (
        EdgeSpec(layer="second", on="first", kind=EdgeKind.FRAME_BY_FRAME, outcome=outcome),
        EdgeSpec(layer="third", on="second", kind=EdgeKind.LAYER_ON_LAYER),
    )
    layers = [LayerSpec(name=name, range="1-4", retries=0) for name in ("first", "second")]
    return launch(farm, "job", *layers, LayerSpec(name="third"), edges=edges)


def take(farm: Farm, job: Job, index: int, status: int, wall_s: float) -> None:
    """End a running frame after so long."""
    report = RunExited(job.run_id(index), status, 0, 0.1, wall_s, 2048, 200.0, "")
    attempts.on_run_exited(farm, report, Decision())


def test_a_wait_for_what_runs_tells_how_long_and_on_what_that_rests(farm: Farm) -> None:
    job = chain(farm)
    book(farm)

    assert only(explain_frame(farm, job, 4)).text.endswith("1 running (1)"), "nothing is known yet"
    for index, wall_s in ((0, 100.0), (1, 200.0)):
        take(farm, job, index, 0, wall_s)
    job.layers[1].tags = ("nowhere",)
    book(farm)

    told = only(explain_frame(farm, job, 6))

    assert told.text == (
        "it waits for 1 of 1 frames of first to succeed: 1 running (3); "
        "about 2:30 with 1 at a time as now: 2 finished frames of first took 2:30 on average"
    )
    assert (told.remedy, told.cost) == ("", "")


def test_what_waits_in_vain_names_every_dead_frame_and_is_told_apart_from_what_will_run(
    farm: Farm,
) -> None:
    job = chain(farm)
    book(farm)
    for index in (0, 1):
        take(farm, job, index, 1, 5.0)
    book(farm)
    take(farm, job, 2, 0, 5.0)
    book(farm)

    second = explain_layer(farm, job, job.layers[1])
    third = only(explain_frame(farm, job, 8))

    index, count, (vain,) = second[0]
    assert (job.frame_name(index), count) == ("0001-second", 2)
    assert vain.text == "each waits for its part of 2 of 2 frames of first to succeed: 2 dead (1-2)"
    assert vain.remedy == "cuelet retry a-b-c_job --layer first --frames 1-2"
    assert all(not reasons[0].remedy for _, _, reasons in second[1:])
    assert third.text.endswith("; in vain: dead are first 1-2")
    assert third.remedy == "cuelet retry a-b-c_job --layer first --frames 1-2"


def test_dead_frames_alike_have_one_command_for_all_of_them(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", range="-2-9", retries=0))
    for pair in ((0, 1), (2, 3)):
        book(farm)
        for index in pair:
            end(farm, job, index, 1)

    _, count, reasons = explain_layer(farm, job, job.layers[0])[1]

    assert (count, only(reasons).remedy) == (
        4,
        "cuelet retry a-b-c_job --layer aaa --frames=-2-1",
    )


def test_a_wait_for_a_job_that_was_killed_is_let_go_of_at_a_cost(farm: Farm) -> None:
    first = launch(farm, "first", LayerSpec(name="aaa"))
    edge = EdgeSpec(layer="bbb", on="aaa", on_job=first.name)
    job = launch(
        farm, "job", LayerSpec(name="bbb", range="1-3"), LayerSpec(name="ccc"), outside=(edge,)
    )
    requests.kill_job(farm, first, Decision(), now=1)

    told = only(explain_frame(farm, job, 0))

    assert told == Reason(
        "depend",
        "it waits for 1 of 1 frames of aaa of job a-b-c_first to succeed: 1 waiting (1); "
        "in vain: job a-b-c_first was killed",
        "cuelet drop-depends a-b-c_job --layer bbb --on a-b-c_first",
        "3 frames of bbb then run without what a-b-c_first was to make",
    )


def test_a_wait_for_a_job_with_dead_frames_is_not_dropped_but_mended(farm: Farm) -> None:
    first = launch(farm, "first", LayerSpec(name="aaa", range="1-2", retries=0))
    job = launch(farm, "job", LayerSpec(name="bbb"), after=(first.name,))
    book(farm)
    for index in (0, 1):
        end(farm, first, index, 1)

    told = only(explain_frame(farm, job, 0))

    assert told.text == (
        "its job waits for job a-b-c_first, which has 0 of 2 frames done, 2 dead"
        "; in vain: dead are aaa 1-2"
    )
    assert told.remedy == "cuelet retry a-b-c_first --layer aaa --frames 1-2"
    assert "will not succeed by itself; cuelet retry a-b-c_first" in stuck_reason(farm, job)


def test_a_wait_for_what_can_never_start_here_says_so(farm: Farm) -> None:
    edge = EdgeSpec(layer="after", on="main")
    main = LayerSpec(name="main", tags=("cloud",))
    job = launch(farm, "job", main, LayerSpec(name="after"), edges=(edge,))
    book(farm)

    told = only(explain_frame(farm, job, 1))

    assert "main cannot start here: it asks for a machine tagged cloud" in told.text
    assert told.remedy == "cuelet farm start --tags cloud"


def test_ahead_of_others_that_wait_is_offered_at_its_cost(farm: Farm) -> None:
    launch(farm, "first", LayerSpec(name="aaa", range="1-9"))
    job = launch(farm, "job", LayerSpec(name="bbb"))
    book(farm)

    told = only(explain_frame(farm, job, 0))

    assert told.remedy == "cueadmin -priority a-b-c_job 2"
    assert told.cost == "its frames then start before those of a-b-c_first"


def test_running_again_what_others_have_used_tells_that_they_run_again_too(farm: Farm) -> None:
    job = chain(farm, on_finish=True)
    book(farm)
    end(farm, job, 0, 1)
    for index in range(1, 4):
        book(farm)
        end(farm, job, index, 0)
    book(farm)
    end(farm, job, 4, 0)

    told = only(explain_frame(farm, job, 0))

    assert told.cost == "1 frame that ran after it will run again"


def test_a_killed_job_is_offered_again_only_where_the_farm_takes_it(farm: Farm) -> None:
    job = launch(farm, "job", LayerSpec(name="aaa", range="1-5", retries=0))
    book(farm)
    requests.kill_job(farm, job, Decision(), now=1)
    for index in (0, 1):
        end(farm, job, index, 1)

    told = explain_frame(farm, job, 2)[0]

    assert (told.remedy, told.cost) == (
        "cuelet retry a-b-c_job --layer aaa --frames 1-2",
        "the killed job goes on, with 3 frames that did not run",
    )
    spec = JobSpec(name=job.name, show="a", shot="b", user="c", layers=job.spec.layers)
    launching.launch(farm, [spec], [ids.job_id(7)], Decision(), now=5.0)
    assert explain_frame(farm, job, 2)[0].remedy == ""
