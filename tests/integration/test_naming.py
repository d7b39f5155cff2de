"""Naming jobs, layers and frames to every command, and listing jobs, on a real farm."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import opencue
from cuelet.cli.main import main
from opencue.wrappers.job import Job
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec, sh

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(client: FarmBox, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Return what runs a command and gives back its status, output and messages."""

    def command(*argv: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        try:
            status = main(argv)
        except SystemExit as left:
            status = int(left.code or 0)
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return command


def launch(layers: Any, **more: Any) -> Job:
    (job,) = opencue.api.launchSpecAndWait(job_spec(layers, **more))
    return job


def now(job: Job) -> Job:
    return opencue.api.getJob(job.id())


SAYS = {"argv": sh("echo frame #IFRAME#; test #IFRAME# -ne -3"), "range": "-5-1", "retries": 0}
WAITS = {"argv": sh("sleep 600"), "range": "1-2"}


@pytest.fixture
def below(client: FarmBox) -> Job:
    """Return a job whose frame -3 is dead, and whose other six have succeeded."""
    job = launch({"render": SAYS}, name="below-zero")
    wait_until(lambda: now(job).deadFrames() == 1 and now(job).succeededFrames() == 6)
    return job


WAYS: Sequence[Sequence[str]] = (
    ("below-zero", "-3-render"),
    ("below-zero", "-003-render"),
    ("BELOW_zero", "render", "-3"),
    ("below*", "-3"),
    ("ID", "render", "-003"),
    ("PREFIX", "-3-render"),
    ("FRAME",),
)


def words_of(way: Sequence[str], job: Job) -> list[str]:
    """Return the words of a way to name frame -3 of a job, with the ids of both."""
    (frame,) = job.getFrames(range="-3")
    ids = {"ID": job.id(), "PREFIX": job.id()[:6], "FRAME": frame.id()}
    return [ids.get(word, word) for word in way]


@pytest.mark.parametrize("command", [("logs",), ("why",), ("repro", "--dry-run")])
def test_a_frame_is_named_one_way_everywhere(below: Job, run: Run, command: Sequence[str]) -> None:
    for way in WAYS:
        status, out, err = run(*command, *words_of(way, below))

        assert (status, err) == (0, ""), way
        assert "-003-render" in out, way


def test_frames_are_acted_on_as_they_are_named(below: Job, run: Run) -> None:
    for way in WAYS:
        before = now(below).deadFrames(), now(below).eatenFrames()
        assert run("retry", *words_of(way, below))[0] == 0, way
        wait_until(lambda: (now(below).deadFrames(), now(below).succeededFrames()) == (1, 6))
        assert before == (1, 0)

    assert run("eat", *words_of(WAYS[1], below))[:2] == (0, f"ate 1 frame of {below.name()}\n")
    assert now(below).eatenFrames() == 1


@pytest.mark.parametrize(
    "words",
    [("-3-render", "1-render"), ("--frames", "-3--3,1"), ("render", "-3", "1"), ("render", "-3,1")],
)
def test_several_frames_are_named_one_after_the_other(
    below: Job, run: Run, words: Sequence[str]
) -> None:
    assert run("eat", "below-zero", *words)[0] in (0, 1)  # frame 1 has succeeded: it stays

    assert now(below).eatenFrames() == 1


def test_a_frame_that_is_not_there_is_answered_with_the_nearest(below: Job, run: Run) -> None:
    status, _, err = run("logs", "below-zero", "7-render")

    assert status == 5
    assert "it has -5-1; did you mean 0001-render?" in err


@pytest.fixture
def many(client: FarmBox) -> list[Job]:
    """Return two jobs of one short name in two shots, and a third."""
    return [
        launch({"main": WAITS}, name="bake", shot="shot_a"),
        launch({"main": WAITS}, name="bake", shot="shot_b"),
        launch({"main": WAITS}, name="other", shot="shot_b"),
    ]


@pytest.mark.parametrize("command", ["show", "kill", "watch", "pause", "retry", "why"])
def test_a_name_that_several_jobs_have_is_listed_with_ids_and_refused(
    many: list[Job], run: Run, command: str
) -> None:
    status, out, err = run(command, "bake")

    assert (status, out) == (2, "")
    for job in many[:2]:
        assert f"  {job.id()[:8]}  {job.name()}\n" in err


def test_several_jobs_are_killed_by_names_globs_and_ids(many: list[Job], run: Run) -> None:
    status, out, _ = run("kill", "ba*", many[2].id()[:8])

    assert status == 0
    assert out == "".join(f"killed {job.name()}\n" for job in many)
    wait_until(lambda: not any(now(job).runningFrames() for job in many))


def test_one_of_several_that_cannot_be_acted_on_does_not_spare_the_others(
    many: list[Job], run: Run
) -> None:
    run("kill", many[0].id())

    status, out, err = run("pause", many[0].id(), many[1].id(), many[2].id())

    assert status == 1
    assert out.count("paused") == 2
    assert "has ended: there is nothing to pause" in err


def test_nothing_is_done_when_one_word_of_several_is_wrong(many: list[Job], run: Run) -> None:
    status, out, err = run("kill", many[0].id(), "nope")

    assert (status, out) == (5, "")
    assert "no layer 'nope' in show-shot_a-user_bake; it has main" in err
    assert not any(now(job).state() for job in many[:1] if job.deadFrames())


def test_an_ended_job_gives_way_to_a_pending_one_of_its_name(many: list[Job], run: Run) -> None:
    run("kill", many[0].id())
    assert json.loads(run("show", "bake", "--json")[1])["id"] == many[1].id()

    run("kill", many[1].id())
    status, _, err = run("show", "bake")
    assert (status, many[0].id()[:8] in err) == (2, True)


def test_jobs_are_filtered_by_the_farm(many: list[Job], run: Run) -> None:
    run("pause", "other")
    wait_until(lambda: now(many[0]).runningFrames() == 2)

    def listed(*flags: str) -> list[str]:
        return [job["id"] for job in json.loads(run("jobs", *flags, "--json")[1])]

    one, two, three = (job.id() for job in many)
    assert listed() == [one, two, three]
    assert listed("bake") == listed("--name", "BAKE") == listed("--name", "b?ke") == [one, two]
    assert listed("--shot", "shot-b") == listed("--shot", "*_b") == [two, three]
    assert listed("--state", "paused") == listed("oth*") == [three]
    assert listed("--state", "paused", "--state", "running") == [one, three]
    assert listed("--user", "nobody") == listed("--show", "nope") == []
    assert listed("--since", "1h") == [one, two, three]
    assert listed("--since", "2099-01-01") == []
    assert listed("--limit", "2") == [two, three]
    assert listed("--sort", "name", "--limit", "1") == [one]
    assert listed("--sort", "running")[0] == one


def test_what_a_list_leaves_out_is_said(many: list[Job], run: Run) -> None:
    _, out, err = run("jobs", "--limit", "1")

    assert "other" in out
    assert "2 more jobs beyond --limit" in err
    assert "no such jobs" in run("jobs", "--state", "killed")[1]


def test_ids_stand_where_names_clash(many: list[Job], run: Run) -> None:
    run("kill", many[0].id())
    again = launch({"main": WAITS}, name="bake", shot="shot_a")

    out = run("jobs")[1]

    assert many[0].id()[:8] in out
    assert again.id()[:8] in out
    assert many[1].id()[:8] not in out


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--since", "soon"), "--since 'soon': write it like 2h"),
        (("--limit", "0"), "--limit 0: give 1 or more"),
        (("--state", "stuk"), "did you mean stuck?"),
        (("--sort", "nmae"), "did you mean name?"),
    ],
)
def test_a_filter_that_makes_no_sense_is_a_usage_error(
    client: FarmBox, run: Run, flags: Sequence[str], says: str
) -> None:
    status, _, err = run("jobs", *flags)

    assert status == 2
    assert says in err


def test_the_log_of_an_earlier_attempt_and_the_end_of_one(below: Job, run: Run) -> None:
    run("retry", "below-zero", "-3-render")
    wait_until(lambda: now(below).deadFrames() == 1)

    first, last = (run("logs", "below-zero", "-3", "--attempt", n)[1] for n in ("1", "2"))

    assert "attempt 1 on" in first
    assert "attempt 2 on" in last
    assert run("logs", "below-zero", "-3")[1] == last
    assert run("logs", "below-zero", "-3", "--tail", "2")[1] == "".join(last.splitlines(True)[-2:])
    assert run("logs", "-f", "below-zero", "-3", "--tail", "0")[:2] == (0, "")
    status, _, err = run("logs", "below-zero", "-3", "--attempt", "3")
    assert (status, "there are 1, 2" in err) == (5, True)
