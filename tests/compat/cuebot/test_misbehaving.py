"""A Cuebot that answers late, half, wrong or not at all: every command ends with a sentence and a status, and does nothing twice."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

import opencue
import outline
from cueadmin.main import main as cueadmin
from cuelet.cli.main import main as cuelet
from opencue.cuebot import Cuebot
from opencue.exception import LaunchUnknownException
from tests.compat.cuebot.double import ReplayingCuebot
from tests.compat.cuebot.misbehaving import Fault, MisbehavingCuebot
from tests.compat.cuebot.recording import Call, flow

FLOW, DEAD = "41-everyday-commands", 18
JOB = "demo-sh010-ada_everyday"
SCRIPTS = Path(__file__).parent / "scripts"
DEADLINE_S = 0.5
MOST_BYTES = 1024 * 1024
Start = Callable[..., MisbehavingCuebot]

READING = [
    "cuelet jobs",
    f"cuelet show {JOB}",
    f"cuelet logs {JOB} 0003-render --path",
    f"cuelet why {JOB}",
    "cuelet limits list",
    "cueadmin -lj",
    f"cueadmin -lji {JOB}",
    "cueadmin -lp",
]
ACTING = {
    f"cuelet pause {JOB}": "Pause",
    f"cuelet resume {JOB}": "Resume",
    f"cuelet kill {JOB}": "Kill",
    f"cuelet eat {JOB}": "EatFrames",
    f"cuelet delay {JOB} --layer comp 1h": "SetStartAfter",
    f"cueadmin -satisfy-dependency {JOB} comp": "Satisfy",
}
ONCE = {"Kill", "EatFrames"}
"""What must not be sent again when the answer is lost."""
LOST = (Fault.LATE, Fault.CLOSED, Fault.HALF, Fault.GARBAGE)
"""What leaves open whether something was done."""


@pytest.fixture
def misbehaving(
    clean_client: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Start]:
    """Return a function that starts a Cuebot in which something goes wrong, for a client that is not patient."""
    doubles: list[MisbehavingCuebot] = []
    monkeypatch.setattr("opencue.connection.PROBE_TIMEOUT_S", DEADLINE_S)
    monkeypatch.setattr("opencue.rpc.LAUNCH_TIMEOUT_S", DEADLINE_S)
    monkeypatch.setattr("opencue.cuebot.LAUNCH_TIMEOUT_S", DEADLINE_S)
    config = tmp_path / "opencue.yaml"
    config.write_text(
        f"cuebot.timeout: {int(DEADLINE_S * 1000)}\ncuebot.max_message_bytes: {MOST_BYTES}\n"
    )
    monkeypatch.setenv("OPENCUE_CONFIG_FILE", str(config))

    def start(
        fault: Fault,
        fails: Callable[[str], bool],
        name: str = FLOW,
        since: int = DEAD,
        times: int = 99,
    ) -> MisbehavingCuebot:
        calls = [call for call in flow(name) if call.number >= since]
        doubles.append(MisbehavingCuebot(calls, fault, fails, times))
        monkeypatch.setenv("CUEBOT_HOSTS", doubles[-1].host)
        Cuebot.closeChannel()
        return doubles[-1]

    yield start
    Cuebot.closeChannel()
    for double in doubles:
        double.close()


def ended(words: str) -> int:
    program, *argv = words.split()
    try:
        return {"cuelet": cuelet, "cueadmin": cueadmin}[program](argv)
    except SystemExit as left:
        return int(left.code or 0)


def assert_said(err: str, words: str) -> None:
    """Raise unless the last line on stderr is a sentence of the program that somebody can read."""
    lines = err.strip().splitlines()
    assert "Traceback" not in err
    assert lines[-1].startswith(f"{words.split()[0]}: "), err
    assert len(lines[-1]) < 600, err
    assert len(lines) <= 3, err


def is_probe(method: str) -> bool:
    return method in {"Info", "GetSystemStats"}


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("words", ["cuelet jobs", f"cuelet kill {JOB}", "cueadmin -lj"])
def test_a_server_that_never_answers_right_is_named(
    misbehaving: Start, capsys: pytest.CaptureFixture[str], words: str, fault: Fault
) -> None:
    double = misbehaving(fault, lambda _: True)

    assert ended(words) != 0

    assert_said(capsys.readouterr().err, words)
    assert "Kill" not in double.names()


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("words", READING)
def test_a_reading_command_ends_with_a_sentence(
    misbehaving: Start, capsys: pytest.CaptureFixture[str], words: str, fault: Fault
) -> None:
    misbehaving(fault, lambda method: not is_probe(method))

    assert ended(words) != 0

    assert_said(capsys.readouterr().err, words)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("words", ACTING)
def test_what_acts_is_sent_once_and_said_to_be_open(
    misbehaving: Start, capsys: pytest.CaptureFixture[str], words: str, fault: Fault
) -> None:
    double = misbehaving(fault, lambda method: method == ACTING[words])

    assert ended(words) != 0

    err = capsys.readouterr().err
    assert_said(err, words)
    if ACTING[words] in ONCE:
        assert double.names().count(ACTING[words]) == 1
        assert "unknown" in err or fault not in LOST


@pytest.mark.parametrize("fault", [Fault.CLOSED, Fault.HALF, Fault.GARBAGE])
@pytest.mark.parametrize("words", [*READING, f"cuelet pause {JOB}"])
def test_one_lost_answer_is_asked_for_again(
    misbehaving: Start, capsys: pytest.CaptureFixture[str], words: str, fault: Fault
) -> None:
    misbehaving(fault, lambda method: not is_probe(method), times=1)

    status = ended(words)

    assert status == 0 or "stock Cuebot" in capsys.readouterr().err


LAUNCH = "LaunchSpecAndWait"
LAUNCH_FLOW = "02-three-layers-raw"
ANSWER_GONE = [*LOST, Fault.NO_MESSAGE, Fault.HUGE]
REFUSING = [Fault.DENIED, Fault.EXHAUSTED, Fault.FAILED]


def outline_of_the_flow() -> Any:
    """Return the outline of the flow's script, whose session is not made yet."""
    found = runpy.run_path(str(SCRIPTS / "three_layers.py"))
    return found["job"]


def launched(ol: Any) -> Any:
    return outline.cuerun.launch(ol, use_pycuerun=False)


def sessions(home: Path) -> list[Path]:
    return [found.parent for found in home.rglob("outline.yaml")]


def as_launched(name: str = LAUNCH_FLOW) -> Call:
    """Return the recorded launch, whose answer has the job."""
    return next(call for call in flow(name) if call.method.endswith(LAUNCH))


def search_that_finds(*jobs: dict[str, Any]) -> Call:
    method = "/job.JobInterface/GetJobs"
    return Call("", 0, method, grpc.StatusCode.OK, "", {}, {"jobs": {"jobs": list(jobs)}})


def job_of(call: Call, **more: Any) -> dict[str, Any]:
    assert call.response is not None
    return {**call.response["jobs"]["jobs"][0], **more}


@pytest.mark.parametrize("fault", REFUSING)
def test_a_refused_launch_leaves_nothing(misbehaving: Start, tmp_path: Path, fault: Fault) -> None:
    double = misbehaving(fault, lambda method: method == LAUNCH, LAUNCH_FLOW, since=1)

    with pytest.raises(opencue.CueException):
        launched(outline_of_the_flow())

    assert double.names().count(LAUNCH) == 1
    assert sessions(tmp_path) == []


@pytest.mark.parametrize("fault", ANSWER_GONE)
def test_a_launch_whose_answer_is_lost_is_found(
    misbehaving: Start, tmp_path: Path, fault: Fault
) -> None:
    double = misbehaving(fault, lambda method: method == LAUNCH, LAUNCH_FLOW, since=1)
    job = job_of(as_launched())
    double.remember([as_launched(), search_that_finds(job)])

    (found,) = launched(outline_of_the_flow())

    assert found.id() == job["id"]
    assert double.names().count(LAUNCH) == 1
    assert len(sessions(tmp_path)) == 1


@pytest.mark.parametrize("fault", [each for each in ANSWER_GONE if each is not Fault.LATE])
def test_a_lost_launch_that_did_nothing_is_sent_once_more(
    misbehaving: Start, tmp_path: Path, fault: Fault
) -> None:
    double = misbehaving(fault, lambda method: method == LAUNCH, LAUNCH_FLOW, since=1, times=1)
    double.remember([as_launched(), search_that_finds()])

    (found,) = launched(outline_of_the_flow())

    assert found.id() == job_of(as_launched())["id"]
    assert double.names().count(LAUNCH) == 2
    assert len(sessions(tmp_path)) == 1


def test_a_job_that_ended_before_is_not_taken_for_the_launch(misbehaving: Start) -> None:
    double = misbehaving(Fault.CLOSED, lambda method: method == LAUNCH, LAUNCH_FLOW, 1, times=1)
    before = job_of(as_launched(), id="before", state="FINISHED", start_time=1)
    double.remember([as_launched(), search_that_finds(before)])

    (found,) = launched(outline_of_the_flow())

    assert found.id() == job_of(as_launched())["id"]


def test_a_launch_that_came_in_meanwhile_is_found_by_its_refusal(misbehaving: Start) -> None:
    double = misbehaving(Fault.CLOSED, lambda method: method == LAUNCH, LAUNCH_FLOW, 1, times=1)
    taken = "Failed to launch and add job: The job demo-sh010-ada_first_job is already pending"
    refusal = replace(as_launched(), status=grpc.StatusCode.INTERNAL, details=taken, response=None)
    job = job_of(as_launched())
    double.remember([as_launched(), refusal, search_that_finds(), search_that_finds(job)])

    (found,) = launched(outline_of_the_flow())

    assert found.id() == job["id"]
    assert double.names().count(LAUNCH) == 2


@pytest.mark.parametrize("fault", [Fault.LATE, Fault.CLOSED, Fault.HUGE])
def test_a_launch_of_which_nothing_can_be_told_keeps_its_session(
    misbehaving: Start, tmp_path: Path, fault: Fault
) -> None:
    double = misbehaving(fault, lambda method: method in {LAUNCH, "GetJobs"}, LAUNCH_FLOW, since=1)
    double.remember([as_launched(), search_that_finds()])

    with pytest.raises(LaunchUnknownException, match="look with cuelet jobs first_job"):
        launched(outline_of_the_flow())

    assert double.names().count(LAUNCH) == 1
    assert len(sessions(tmp_path)) == 1


def test_a_launch_that_takes_too_long_is_not_sent_again(misbehaving: Start) -> None:
    double = misbehaving(Fault.LATE, lambda method: method == LAUNCH, LAUNCH_FLOW, since=1)
    double.remember([as_launched(), search_that_finds()])

    with pytest.raises(LaunchUnknownException):
        launched(outline_of_the_flow())

    assert double.names().count(LAUNCH) == 1


def test_a_reading_command_outlives_a_restart(
    replaying_cuebot: Callable[..., ReplayingCuebot],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = replaying_cuebot(FLOW, since=DEAD)
    assert ended("cueadmin -lj") == 0
    expected = capsys.readouterr().out
    first.close()
    second: list[ReplayingCuebot] = []

    def start_again(_seconds: float) -> None:
        if not second:
            second.append(ReplayingCuebot([c for c in flow(FLOW) if c.number >= DEAD], first.host))

    monkeypatch.setattr("opencue.rpc.time.sleep", start_again)

    assert ended("cueadmin -lj") == 0
    assert capsys.readouterr().out == expected
    second[0].close()
