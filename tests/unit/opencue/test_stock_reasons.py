"""Why frames do not run on a stock Cuebot, and what their layers wait for: found out from what its calls tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencue_proto import depend_pb2, host_pb2
from tests.budget import examples
from tests.stock_cuebot import DEAD, DEPEND, EATEN, RUNNING, SUCCEEDED, WAITING, StockCuebot

from opencue import api
from opencue.cuebot import Cuebot
from opencue.depends import list_records
from opencue.exception import EntityNotFoundException
from opencue.stock.words import range_text
from opencue.why import Explanation, explain

NAME = "demo-sh010-ada_hello"


@pytest.fixture
def cuebot() -> Iterator[StockCuebot]:
    server = StockCuebot()
    Cuebot.setHosts(server.host)
    yield server
    server.close()


@pytest.fixture
def ready(cuebot: StockCuebot) -> StockCuebot:
    """One whose farm could run the frames of show demo."""
    cuebot.add_show("demo")
    cuebot.add_host()
    return cuebot


def codes(found: Explanation) -> list[str]:
    return [reason.code for held in found.frames for reason in held.reasons]


def waiting(cuebot: StockCuebot, job: dict[str, Any] | None = None, **layer: Any) -> Explanation:
    """Return why two waiting frames of a layer do not run."""
    added = cuebot.add_job(NAME, **(job or {}))
    cuebot.add_layer(added, "render", {1: WAITING, 2: WAITING}, **layer)
    return explain(job_id=added.id)


def test_when_nothing_holds_frames_it_says_how_long_opencue_takes(ready: StockCuebot) -> None:
    found = waiting(ready)

    [held] = found.frames
    assert (held.frame, held.count, codes(found)) == ("0001-render", 2, ["next"])
    assert "every half minute or so" in held.reasons[0].text
    assert found.stuck == ""


def _no_subscription(cuebot: StockCuebot) -> None:
    cuebot.subscriptions.clear()


def _elsewhere(cuebot: StockCuebot) -> None:
    cuebot.subscriptions[0].allocation_name = "cloud.general"


def _full(cuebot: StockCuebot) -> None:
    cuebot.subscriptions[0].reserved_cores = 950


def _no_hosts(cuebot: StockCuebot) -> None:
    cuebot.hosts.clear()


def _host(**fields: Any) -> Callable[[StockCuebot], None]:
    def change(cuebot: StockCuebot) -> None:
        for name, value in fields.items():
            setattr(cuebot.hosts[0], name, value)

    return change


def _show(**fields: Any) -> Callable[[StockCuebot], None]:
    def change(cuebot: StockCuebot) -> None:
        for name, value in fields.items():
            setattr(cuebot.shows[0], name, value)

    return change


def _limit(most: int, running: int) -> Callable[[StockCuebot], None]:
    return lambda cuebot: cuebot.add_limit("nuke", most, running)


PAUSED = {"is_paused": True}


@pytest.mark.parametrize(
    ("change", "job", "layer", "code", "words", "remedy"),
    [
        (_no_subscription, {}, {}, "subscription", "no subscription to an allocation that has hosts (local.general)",
         "cueadmin -create-sub demo local.general 1000 1000"),
        (_elsewhere, {}, {}, "subscription", "no subscription", "cueadmin -create-sub demo local.general 1000 1000"),
        (_full, {}, {}, "subscription", "lets it use 10 cores, 9.5 are in use", "cueadmin -burst demo local.general 11000"),
        (_show(active=False), {}, {}, "show", "is inactive", "cueadmin -enable-show demo"),
        (_show(scheduler_managed=True), {}, {}, "show", "another scheduler", "cueadmin -scheduler-managed demo off"),
        (_show(name="other"), {}, {}, "show", "not known", ""),
        (_no_hosts, {}, {}, "hosts", "no host has reported", ""),
        (_host(state=host_pb2.DOWN), {}, {}, "hosts", "host1 is down; RQD has to run there", ""),
        (_host(state=host_pb2.REPAIR), {}, {}, "hosts", "host1 is repair", "cueadmin -fixed -host host1"),
        (_host(lock_state=host_pb2.LOCKED), {}, {}, "locked", "host1", "cueadmin -unlock -host host1"),
        (_host(lock_state=host_pb2.NIMBY_LOCKED), {}, {}, "locked", "people work at", ""),
        (None, {}, {"tags": ("util",)}, "tags", "tagged util; hosts are tagged general", "python -c "),
        (None, {}, {"min_cores": 9}, "cores", "needs 9 cores, the largest host for it, host1, has 8", "python -c "),
        (None, {}, {"min_memory": 32 << 20}, "memory", "needs 32.0 GB, the largest host for it, host1, has 16.0 GB",
         f"cuelet retry {NAME} --layer render --frames 1-2 --memory-mb 16384"),
        (None, {}, {"min_gpus": 1}, "gpus", "needs 1 GPUs, hosts have 0", ""),
        (None, {"facility": "cloud"}, {}, "facility", "facility cloud, its show's hosts are in local", ""),
        (None, {"os": "rhel9"}, {}, "os", "rhel9", ""),
        (_limit(0, 0), {}, {"limits": ["nuke"]}, "limit", "its maximum is 0", "cuelet limits set nuke 1"),
        (_limit(2, 2), {}, {"limits": ["nuke"]}, "limit", "lets 2 frames run at a time", ""),
        (None, PAUSED, {}, "paused", "paused", f"cuelet resume {NAME}"),
        (None, {}, {"start_after": 4_000_000_000}, "start after", "2096-10-02", f"cuelet delay {NAME} off --layer render"),
        (None, {"max_cores": 0.5}, {}, "max cores", "may use 0.5 cores and uses 0", f"cueadmin -set-max-cores {NAME} 1"),
        (_host(idle_cores=0.5), {}, {}, "cores", "busy: it needs 1 core and 1024 MB on one host; 0.5 of 8 cores are free", ""),
    ],
)  # fmt: skip
def test_each_thing_that_holds_a_layer_is_named_with_the_way_out(
    ready: StockCuebot, change: Any, job: Any, layer: Any, code: str, words: str, remedy: str
) -> None:
    if change:
        change(ready)
    layer = dict(layer)
    if "limits" in layer:
        layer["limits"] = list(layer["limits"])
    found = waiting(ready, job, **layer)

    assert codes(found) == [code]
    [reason] = found.frames[0].reasons
    assert words in reason.text
    assert reason.remedy.startswith(remedy) if remedy.endswith(" ") else reason.remedy == remedy


def test_switches_of_a_show_are_told_beside_what_holds(ready: StockCuebot) -> None:
    _show(booking_enabled=False, dispatch_enabled=False)(ready)

    found = waiting(ready)
    assert codes(found) == ["next", "show", "show"]
    assert [reason.remedy for reason in found.frames[0].reasons[1:]] == [
        "cueadmin -booking demo on",
        "cueadmin -dispatching demo on",
    ]


def chain(cuebot: StockCuebot, awaited: dict[int, int], held: dict[int, int], **job: Any) -> Any:
    """Add a job whose comp waits frame by frame for its render, as Cuebot keeps that: one depend and one a frame."""
    made = cuebot.add_job(NAME, **job)
    cuebot.add_layer(made, "render", awaited)
    cuebot.add_layer(made, "comp", held)
    ends = {"depend_er_job": NAME, "depend_on_job": NAME, "depend_er_layer": "comp",
            "depend_on_layer": "render"}  # fmt: skip
    cuebot.add_depend(type=depend_pb2.FRAME_BY_FRAME, **ends)
    for number in held:
        names = {"depend_er_frame": f"{number:04d}-comp", "depend_on_frame": f"{number:04d}-render"}
        depend = cuebot.add_depend(type=depend_pb2.FRAME_ON_FRAME, **ends, **names)
        depend.active = awaited[number] != SUCCEEDED
    return made


def test_what_waits_for_the_dead_is_told_apart_from_what_may_still_come(ready: StockCuebot) -> None:
    job = chain(ready, {1: SUCCEEDED, 2: RUNNING, 3: DEAD}, {1: SUCCEEDED, 2: DEPEND, 3: DEPEND})

    found = explain(job_id=job.id)

    assert [(held.frame, codes(Explanation("", (held,)))) for held in found.frames] == [
        ("0003-render", ["dead"]), ("0002-comp", ["depend"]), ("0003-comp", ["depend"]),
    ]  # fmt: skip
    dead, may_come, in_vain = (held.reasons[0] for held in found.frames)
    retry = f"cuelet retry {NAME} --layer render --frames 3"
    assert dead.remedy == in_vain.remedy == retry
    assert may_come.remedy == ""
    assert may_come.text == "it waits for 0002-render to succeed; 1 frame left: 1 running (2)"


def test_frames_of_one_story_are_told_together_with_how_much_is_left(ready: StockCuebot) -> None:
    job = chain(ready, dict.fromkeys(range(1, 6), WAITING), dict.fromkeys(range(1, 6), DEPEND))

    [_, comp] = explain(job_id=job.id).frames
    assert comp.count == 5
    assert comp.reasons[0].text == (
        "each waits for its part of render to succeed; 5 frames left: 5 waiting (1-5)"
    )
    [record] = list_records(job.id)
    assert (record["layer"], record["on"], record["type"]) == ("comp", "render", "FRAME_BY_FRAME")
    assert (record["left"], record["on_left"], record["active"]) == (5, 5, True)


def test_a_wait_in_vain_names_the_root_some_layers_away(ready: StockCuebot) -> None:
    job = chain(ready, {1: DEAD}, {1: DEPEND})
    ready.add_layer(job, "movie", {1: DEPEND})
    ready.add_depend(type=depend_pb2.LAYER_ON_LAYER, depend_er_job=NAME, depend_er_layer="movie",
                     depend_on_job=NAME, depend_on_layer="comp")  # fmt: skip

    found = explain(job_id=job.id)
    reason = found.frames[-1].reasons[0]
    assert reason.text == (
        "it waits for all of comp to succeed; 1 frame left: 1 depend (1); 0001-render died"
    )
    assert reason.remedy == f"cuelet retry {NAME} --layer render --frames 1"
    assert found.stuck.startswith("1 frame is dead, 2 wait in vain; cuelet retry")


def test_what_waits_for_another_job_says_how_it_stands(ready: StockCuebot) -> None:
    other = ready.add_job("demo-sh010-ada_first", is_paused=True)
    ready.add_layer(other, "render", {1: WAITING, 2: SUCCEEDED})
    job = ready.add_job(NAME)
    ready.add_layer(job, "comp", {1: DEPEND})
    ends = {"depend_er_job": NAME, "depend_on_job": other.name, "target": depend_pb2.EXTERNAL}
    ready.add_depend(type=depend_pb2.JOB_ON_JOB, **ends)

    [held] = explain(job_id=job.id, layer="comp", frame=1).frames
    [reason] = held.reasons
    assert reason.text == (
        "its job waits for job demo-sh010-ada_first to succeed; 1 frame left: 1 waiting (1); "
        "that job is paused"
    )
    assert reason.remedy == "cuelet resume demo-sh010-ada_first"
    [record] = list_records(job.id)
    assert (record["on_job"], record["left"], record["on_left"]) == (other.name, 1, 1)
    assert record["text"] == "waits for job demo-sh010-ada_first to succeed"


def test_what_was_eaten_and_releases_nothing_has_the_command_that_does(ready: StockCuebot) -> None:
    job = ready.add_job(NAME)
    ready.add_layer(job, "render", {1: EATEN})
    ready.add_layer(job, "movie", {1: DEPEND})
    ready.add_depend(type=depend_pb2.LAYER_ON_LAYER, depend_er_job=NAME, depend_er_layer="movie",
                     depend_on_job=NAME, depend_on_layer="render")  # fmt: skip

    [held] = explain(job_id=job.id).frames
    assert "none is left" in held.reasons[0].text
    assert held.reasons[0].remedy == f"cueadmin -satisfy-dependency {NAME} movie"


def test_depends_between_single_frames_are_listed_though_cuebot_lists_none(
    ready: StockCuebot,
) -> None:
    job = ready.add_job(NAME)
    ready.add_layer(job, "render", {1: WAITING, 2: WAITING})
    ready.add_layer(job, "comp", {1: DEPEND, 2: DEPEND})
    for number in (1, 2):
        ready.add_depend(
            type=depend_pb2.FRAME_ON_FRAME, depend_er_job=NAME, depend_on_job=NAME,
            depend_er_layer="comp", depend_on_layer="render",
            depend_er_frame=f"{number:04d}-comp", depend_on_frame=f"{number:04d}-render",
        )  # fmt: skip

    [record] = list_records(job.id)
    assert (record["layer"], record["on"], record["left"]) == ("comp", "render", 2)


def test_frames_that_run_or_are_done_say_so(ready: StockCuebot) -> None:
    job = ready.add_job(NAME)
    ready.add_layer(job, "render", {1: RUNNING, 2: SUCCEEDED, 3: EATEN})

    assert explain(job_id=job.id).frames == ()
    for number, code in ((1, "running"), (2, "succeeded"), (3, "eaten")):
        assert codes(explain(job_id=job.id, layer="render", frame=number)) == [code]


def test_wrappers_explain_themselves_by_their_ids(ready: StockCuebot) -> None:
    job = ready.add_job(NAME)
    layer = ready.add_layer(job, "render", {1: WAITING})

    for asked in (
        {"job_id": job.id},
        {"layer_id": layer.id},
        {"frame_id": ready.frames[job.id][0].id},
    ):
        assert codes(explain(**asked)) == ["next"]
    assert "every half minute" in str(api.getJob(job.id).why())
    for unknown in ({"job_id": "x"}, {"layer_id": "x"}, {"frame_id": "x"},
                    {"job_id": job.id, "layer": "render", "frame": 9}):  # fmt: skip
        with pytest.raises(EntityNotFoundException):
            explain(**unknown)


def test_a_killed_job_says_so(ready: StockCuebot) -> None:
    assert codes(waiting(ready, {"state": 1, "stop_time": int(time.time())})) == ["finished"]


@settings(max_examples=examples(100), deadline=None)
@given(st.sets(st.integers(-50, 50), min_size=1))
def test_numbers_become_the_range_that_means_them(numbers: set[int]) -> None:
    from outline.frames import parse_range

    assert set(parse_range(range_text(numbers))) == numbers
