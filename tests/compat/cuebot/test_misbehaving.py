"""A Cuebot that answers late, half, wrong or not at all: every command ends with a sentence and a status, and does nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cueadmin.main import main as cueadmin
from cuelet.cli.main import main as cuelet
from opencue.cuebot import Cuebot
from tests.compat.cuebot.misbehaving import Fault, MisbehavingCuebot
from tests.compat.cuebot.recording import flow

FLOW, DEAD = "41-everyday-commands", 18
JOB = "demo-sh010-ada_everyday"
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
LOST = {Fault.LATE, Fault.CLOSED, Fault.HALF, Fault.GARBAGE}
"""What leaves open whether something was done."""


@pytest.fixture
def misbehaving(
    clean_client: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Start]:
    """Return a function that starts a Cuebot in which something goes wrong, for a client that is not patient."""
    doubles: list[MisbehavingCuebot] = []
    monkeypatch.setattr("opencue.connection.PROBE_TIMEOUT_S", DEADLINE_S)
    monkeypatch.setattr("opencue.rpc.LAUNCH_TIMEOUT_S", DEADLINE_S)
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
