"""cuelet why and cuelet repro, from outside."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import FarmBox

JOB = """
from outline import Layer, Outline
from outline.modules.shell import Shell
class Prep(Layer):
    def _execute(self, frames):
        self.put_data("word", "hello")
class Say(Layer):
    def _execute(self, frames):
        import os
        print(self.get_outline().get_layer("prep").get_data("word"), frames, os.environ["API_TOKEN"])
ol = Outline("why-job", show="show", shot="shot", user="user")
prep = Prep("prep", range="1")
say = Say("say-it", range="1-4", chunk=2)
bad = Shell("bad-one", command=["sh", "-c", "pwd; exit 5"], range="7", retries=0)
last = Shell("last-one", command=["true"], range="1")
say.depend_on(prep)
last.depend_on(bad)
for layer in (prep, say, bad, last):
    ol.add_layer(layer)
"""


@pytest.fixture
def ran(farm: FarmBox) -> FarmBox:
    """Return a farm on which a job has ended with a dead frame."""
    farm.env["API_TOKEN"] = "s3cret"
    script = farm.home / "job.py"
    script.write_text(JOB)
    assert farm.cuelet("run", "-q", str(script)).returncode == 7
    del farm.env["API_TOKEN"]
    return farm


def test_why_tells_the_reason_and_the_way_out(ran: FarmBox) -> None:
    whole = ran.cuelet("why", "why-job").stdout
    frame = ran.json("why", "why-job", "last-one", "1")

    assert "it died at the first attempt: exit status 5" in whole
    assert "it waits for 1 of 1 frames of bad_one to succeed: 1 dead (7)" in whole
    assert "the job cannot go on by itself: 1 frame is dead, 1 wait in vain" in whole
    (reason,) = frame["frames"][0]["reasons"]
    assert reason["code"] == "depend"
    assert reason["remedy"] == "cuelet retry show-shot-user_why_job --layer bad_one --frames 7"


def test_why_of_a_dead_frame_shows_the_end_of_its_log(ran: FarmBox) -> None:
    told = ran.cuelet("why", "why-job", "bad-one").stdout
    values = ran.json("why", "why-job", "bad-one")

    assert f"  | {ran.home}" in told.splitlines()
    assert values["frames"][0]["log"][0] == str(ran.home)


def test_a_script_asks_why_of_a_job_a_layer_and_a_frame(ran: FarmBox) -> None:
    asking = """
import opencue
job = opencue.api.findJob("why-job")
print(job.why())
(held,) = job.getLayer("last_one").why().frames
print(held.count, held.reasons[0].code)
(held,) = job.getLayer("bad_one").getFrames()[0].why().frames
print(held.frame, held.reasons[0].code, len(held.log))
print(job.getLayer("prep").why().frames)
"""
    script = ran.home / "ask.py"
    script.write_text(asking)
    out = ran.python(str(script)).stdout

    assert out.startswith(ran.cuelet("why", "why-job").stdout)
    assert out.splitlines()[-3:] == ["1 depend", "0007-bad_one dead 2", "()"]


def test_why_of_what_is_not_there_is_an_error(ran: FarmBox) -> None:
    assert ran.cuelet("why", "why-job", "nothing").returncode == 5
    assert ran.cuelet("why", "why-job", "say-it", "99").returncode == 5


def test_repro_runs_a_frame_with_its_session_and_environment_and_leaves_the_farm_alone(
    ran: FarmBox,
) -> None:
    before = ran.json("show", "why-job")

    good = ran.cuelet("repro", "why-job", "1-say-it", cwd="/")
    bad = ran.cuelet("repro", "why-job", "bad-one", cwd="/")

    assert good.returncode == 0, good.stderr
    assert "s3cret" in good.stdout
    assert good.stdout.count("hello") == 1
    assert bad.returncode == 5
    assert bad.stdout.splitlines()[-1] == str(ran.home), "it runs where the job was launched"
    assert ran.json("show", "why-job") == before


def test_repro_writes_a_script_without_the_secrets(ran: FarmBox, tmp_path: Path) -> None:
    script = tmp_path / "again.sh"

    done = ran.cuelet("repro", "why-job", "bad-one", "--script", str(script))
    twice = ran.cuelet("repro", "why-job", "bad-one", "--script", str(script))

    assert done.returncode == 0, done.stderr
    assert twice.returncode == 1
    assert "s3cret" not in script.read_text()
    assert "API_TOKEN" in script.read_text()
    assert script.stat().st_mode & 0o777 == 0o700
    again = subprocess.run(["/bin/sh", str(script)], capture_output=True, text=True)
    assert again.returncode == 5
    dry = ran.cuelet("repro", "why-job", "bad-one", "--dry-run").stdout
    assert dry == script.read_text()
