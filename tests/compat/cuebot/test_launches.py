"""Jobs launched on a real Cuebot: what is sent, what is seen of it, and what is left behind."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.compat.cuebot.double import ReplayingCuebot
from tests.compat.cuebot.recording import flow
from tests.conftest import FarmBox, make_box

SCRIPTS = Path(__file__).parent / "scripts"
LAUNCH = "/job.JobInterface/LaunchSpecAndWait"
SET_RETRIES, RESUME = "/job.JobInterface/SetMaxRetries", "/job.JobInterface/Resume"
OF_THE_USER = ("user", "email", "uid")
_SESSION = re.compile(r"\S*/sessions/\S+/[0-9a-f]{8}-[0-9a-f-]{27}")
_PYTHON = re.compile(r"\A\S+( -u)?(?= -P -m outline\.pycuerun)")
"""The interpreter; that output is not held back came after the recordings."""
Launch = Callable[..., "tuple[subprocess.CompletedProcess[str], ReplayingCuebot]"]


@pytest.fixture
def ada(tmp_path: Path) -> FarmBox:
    """Return the surroundings of a user named ada, who has no embedded farm."""
    box = make_box(tmp_path)
    box.env |= {"USER": "ada", "LOGNAME": "ada"}
    box.env["OUTLINE_OUTLINE_RELAY"] = "false"  # it came after the recordings
    return box


@pytest.fixture
def launch(ada: FarmBox) -> Iterator[Launch]:
    """Return a function that runs a script on the Cuebot of a flow."""
    doubles: list[ReplayingCuebot] = []

    def run(name: str, words: str) -> tuple[subprocess.CompletedProcess[str], ReplayingCuebot]:
        doubles.append(ReplayingCuebot(flow(name)))
        ada.env["CUEBOT_HOSTS"] = doubles[-1].host
        options, _, script = words.rpartition("SCRIPT ")
        script, *args = script.split()
        return ada.cuelet("run", *options.split(), str(SCRIPTS / script), *args), doubles[-1]

    yield run
    for double in doubles:
        double.close()


def sessions(box: FarmBox) -> list[Path]:
    """Return the session folders a user has."""
    return [found.parent for found in box.home.rglob("outline.yaml")]


def plain(spec: str) -> str:
    """Return a specification without its head and what is another's on another machine."""
    root = ET.fromstring(re.sub(r"<[?!].*?>", "", spec))
    for child in [child for child in root if child.tag in OF_THE_USER]:
        root.remove(child)
    for command in root.iter("cmd"):
        command.text = _SESSION.sub("SESSION", _PYTHON.sub("PYTHON", command.text or ""))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


CASES = [
    ("01-readme-example", "--detach SCRIPT readme_example.py", 0),
    ("02-three-layers-raw", "--raw --detach SCRIPT three_layers.py", 0),
    ("03-chunks", "--detach SCRIPT chunks.py", 0),
    ("03-chunks", "--raw --detach SCRIPT chunks.py", 1),
    ("04-pre-process", "--detach SCRIPT pre_process.py", 0),
    ("05-limits", "--raw --detach SCRIPT limits.py licence", 1),
    ("06-retries", "--raw --detach SCRIPT retries.py", 0),
    ("07-shows", "--raw --detach SCRIPT shows.py nosub", 4),
    ("41-everyday-commands", "--raw --detach SCRIPT everyday.py", 0),
]


@pytest.mark.parametrize(("name", "words", "number"), CASES, ids=str)
def test_what_is_sent_is_what_was_recorded(
    launch: Launch, ada: FarmBox, name: str, words: str, number: int
) -> None:
    recorded = [call for call in flow(name) if call.method == LAUNCH][number]

    done, double = launch(name, words)

    assert done.returncode == 0, done.stderr
    (sent,) = double.requests(LAUNCH)
    expected = plain(recorded.request["spec"])  # type: ignore[index]
    if name == "06-retries":  # paused until its retries are set, since the recordings
        expected = expected.replace("<paused>False", "<paused>True")
        assert [each.max_retries for each in double.requests(SET_RETRIES)] == [3]
        assert len(double.requests(RESUME)) == 1
    assert plain(sent.spec) == expected
    assert len(sessions(ada)) == 1


@pytest.mark.parametrize(
    ("name", "words", "seen"),
    [
        ("01-readme-example", "SCRIPT readme_example.py", "6 frames succeeded in 10 s"),
        ("02-three-layers-raw", "--raw SCRIPT three_layers.py", "9 frames succeeded in 2.0 s"),
        ("04-pre-process", "SCRIPT pre_process.py", "3 frames succeeded in 29 s"),
    ],
)
def test_a_job_is_watched_to_its_end(launch: Launch, name: str, words: str, seen: str) -> None:
    done, _ = launch(name, words)

    assert done.returncode == 0, done.stderr
    assert seen in done.stdout


REFUSED = [
    ("05-limits", "SCRIPT limits.py nosuch", ""),
    ("05-limits", "--raw SCRIPT limits.py nosuch", ""),
    ("07-shows", "SCRIPT shows.py nosuchshow", "nosuchshow"),
    ("07-shows", "--raw SCRIPT shows.py asleep", "asleep"),
]


@pytest.mark.parametrize(("name", "words", "seen"), REFUSED)
def test_a_refused_launch_says_why_and_leaves_nothing(
    launch: Launch, ada: FarmBox, name: str, words: str, seen: str
) -> None:
    done, double = launch(name, words)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("cuelet: ")
    assert "Traceback" not in done.stderr
    assert seen in done.stderr or not seen
    assert len(double.requests(LAUNCH)) == 1
    assert sessions(ada) == []


def test_a_second_launch_of_a_name_is_refused_and_leaves_nothing(
    launch: Launch, ada: FarmBox
) -> None:
    done, double = launch("41-everyday-commands", "--raw --detach SCRIPT everyday.py")
    assert done.returncode == 0

    again = ada.cuelet("run", "--raw", "--detach", str(SCRIPTS / "everyday.py"))

    assert again.returncode == 1
    assert "demo-sh010-ada_everyday" in again.stderr
    assert len(double.requests(LAUNCH)) == 2
    assert len(sessions(ada)) == 1
