"""What people see of a real Cuebot through cuelet and cueadmin."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from cueadmin.main import main as cueadmin
from cuelet.cli.main import main as cuelet
from tests.compat.cuebot.double import ReplayingCuebot
from tests.compat.cuebot.recording import Call, flow, request_of

Start = Callable[..., ReplayingCuebot]
Run = Callable[..., tuple[int, str, str]]

EVERYDAY_FLOW, DEAD = "41-everyday-commands", 18
"""A flow of commands, and the call from which on a frame of its job is dead."""
EVERYDAY = "demo-sh010-ada_everyday"
NOTHING_WAITS = Call(
    "", 0, "/job.FrameInterface/GetWhatDependsOnThis", grpc.StatusCode.OK, "", {}, {}
)
"""Eating asks what waits for the eaten frames since the flow was recorded."""
LOGS = f"/shows-root/demo/sh010/logs/{EVERYDAY}--47772bf9-e8b2-4bbf-9b8d-41128ff94fd0"


@pytest.fixture
def run(replaying_cuebot: Start, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command against a Cuebot of a flow and gives its status, output and messages."""

    def command(name: str, words: str) -> tuple[int, str, str]:
        replaying_cuebot(name, since=DEAD if name == EVERYDAY_FLOW else 1)
        program, *argv = words.split()
        capsys.readouterr()
        try:
            status = {"cuelet": cuelet, "cueadmin": cueadmin}[program](argv)
        except SystemExit as left:
            status = int(left.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return command


@pytest.mark.parametrize(
    ("name", "words", "seen"),
    [
        (EVERYDAY_FLOW, "cuelet jobs", [EVERYDAY, "stuck", "6/8"]),
        (EVERYDAY_FLOW, "cuelet jobs --all", ["demo-sh010-ada_hello_v001", "6/6", "killed"]),
        (EVERYDAY_FLOW, f"cuelet show {EVERYDAY}", ["stuck", LOGS, "0003-render", "exit 4"]),
        (EVERYDAY_FLOW, f"cuelet logs {EVERYDAY} 0003-render --path", [f"{LOGS}/{EVERYDAY}.0003-render.rqlog"]),
        (EVERYDAY_FLOW, "cueadmin -lj", [EVERYDAY, "demo-sh010-ada_static"]),
        (EVERYDAY_FLOW, f"cueadmin -lji {EVERYDAY}", ["comp waits for render (frame by frame)"]),
        (EVERYDAY_FLOW, "cueadmin -lp", ["Host", "Job"]),
        (EVERYDAY_FLOW, "cuelet limits list", ["licence", "twin", "0 of 5", "0 of 3", "0 of 2"]),
        (EVERYDAY_FLOW, f"cuelet pause {EVERYDAY}", [f"paused {EVERYDAY}"]),
        (EVERYDAY_FLOW, f"cuelet resume {EVERYDAY}", [f"resumed {EVERYDAY}"]),
        (EVERYDAY_FLOW, f"cuelet delay {EVERYDAY} --layer comp 1h", [f"comp of {EVERYDAY}"]),
        (EVERYDAY_FLOW, f"cueadmin -satisfy-dependency {EVERYDAY} comp", ["comp no longer waits for render"]),
        (EVERYDAY_FLOW, f"cuelet kill {EVERYDAY}", [f"killed {EVERYDAY}"]),
        ("17-listings", "cueadmin -ls", ["demo", "nosub", "double_show"]),
        ("17-listings", "cueadmin -lh", ["127.0.0.1", "local.general", "AUTO"]),
        ("17-listings", "cueadmin -la", ["cloud.general", "local.desktop"]),
        ("17-listings", "cueadmin -lb demo", ["Subscriptions for demo", "local.general", "1000"]),
        ("17-listings", "cueadmin -lba local.general", ["testing", "demo"]),
        ("17-listings", "cueadmin -lv", ["preprocess", "384 MB", "general | util"]),
        ("17-listings", "cuelet limits list", ["licence"]),
        ("00-setup", "cueadmin -create-show demo -force", []),
        ("00-setup", "cueadmin -create-sub demo local.general 1000 1000 -force", []),
        ("00-setup", "cuelet limits set licence 2", ["limit licence lets 2 frames run at a time"]),
        ("36-allocations", "cueadmin -create-alloc local spare spare -force", ["local.spare"]),
        ("27-host-operations", "cueadmin -lock -host 127.0.0.1 -force", []),
        ("27-host-operations", "cueadmin -unlock -host 127.0.0.1 -force", []),
        ("07-shows", "cueadmin -enable-show asleep -force", []),
        ("07-shows", "cueadmin -disable-show asleep -force", []),
    ],
)  # fmt: skip
def test_a_command_says_what_the_cuebot_has(
    run: Run, name: str, words: str, seen: list[str]
) -> None:
    status, out, err = run(name, words)

    assert status == 0, err
    assert [part for part in seen if part not in out] == []


@pytest.mark.parametrize(
    ("name", "words", "status"),
    [
        (EVERYDAY_FLOW, f"cuelet drop-depends {EVERYDAY}", 1),
        ("17-listings", "cueadmin -lb nosuch", 5),
        ("10-find-job", "cueadmin -satisfy-dependency nosuch-job comp", 5),
        ("07-shows", "cueadmin -create-sub demo local.nosuch 1 1 -force", 5),
        ("36-allocations", "cueadmin -delete-alloc local.spare -force", 1),
    ],
)
def test_a_refusal_is_a_line_and_a_status(run: Run, name: str, words: str, status: int) -> None:
    ended, out, err = run(name, words)

    assert ended == status, (out, err)
    assert len(err.strip().splitlines()) == 1
    assert err.startswith(words.split()[0] + ":")


def json_of(run: Run, name: str, words: str) -> Any:
    status, out, err = run(name, f"{words} --json")
    assert status == 0, err
    return json.loads(out)


def test_jobs_as_json_are_those_recorded(run: Run) -> None:
    (listed,) = [
        call for call in flow(EVERYDAY_FLOW)
        if call.label == "Job/GetJobs" and call.number == 18
    ]  # fmt: skip
    recorded = listed.response["jobs"]["jobs"]  # type: ignore[index]

    found = json_of(run, EVERYDAY_FLOW, "cuelet jobs --all")

    assert {job["id"] for job in found} == {job["id"] for job in recorded}
    everyday = next(job for job in found if job["name"] == EVERYDAY)
    assert (everyday["frames"], everyday["succeeded"], everyday["dead"]) == (8, 6, 1)


def test_a_job_as_json_has_its_layers_and_its_dead_frame(run: Run) -> None:
    found = json_of(run, EVERYDAY_FLOW, f"cuelet show {EVERYDAY}")

    assert [layer["name"] for layer in found["layers"]] == ["render", "comp"]
    assert (found["state"], found["dead"]) == ("stuck", 1)


def test_a_kill_says_who_and_why(
    run: Run, replaying_cuebot: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Cuebot passes over kills without a name and a reason."""
    double = replaying_cuebot(EVERYDAY_FLOW, since=DEAD)

    assert cuelet(["kill", EVERYDAY]) == 0

    (kill,) = double.requests("/job.JobInterface/Kill")
    recorded = next(call for call in flow(EVERYDAY_FLOW) if call.label == "Job/Kill")
    assert kill.job.id == request_of(recorded).job.id
    assert kill.username
    assert kill.reason


def test_repro_executes_what_a_frame_did_and_says_whose_environment_it_has(run: Run) -> None:
    status, _, err = run(EVERYDAY_FLOW, f"cuelet repro {EVERYDAY} 0003-render")

    assert status == 0
    assert "this Cuebot keeps no environment" in err
    assert "sleep 1" in err


def dead_frames() -> set[str]:
    """Return the ids of the frames that were dead when the flow's job was looked at."""
    answers = [call.response or {} for call in flow(EVERYDAY_FLOW)[DEAD - 1 :]]
    frames = [frame for each in answers for frame in each.get("frames", {}).get("frames", ())]
    return {frame["id"] for frame in frames if frame["state"] == "DEAD"}


def test_eat_gives_up_dead_frames_and_no_others(
    replaying_cuebot: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    double = replaying_cuebot(EVERYDAY_FLOW, since=DEAD)
    double.remember([*flow(EVERYDAY_FLOW)[DEAD - 1 :], NOTHING_WAITS])

    assert cuelet(["eat", EVERYDAY]) == 0
    assert "ate 1 frame" in capsys.readouterr().out

    (eaten,) = double.requests("/job.JobInterface/EatFrames")
    recorded = next(call for call in flow(EVERYDAY_FLOW) if call.label == "Job/EatFrames")
    assert eaten.job.id == request_of(recorded).job.id
    assert set(eaten.req.ids) == dead_frames()
