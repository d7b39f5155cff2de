"""A farm that is there but does not answer: clients name it, its process, and the way out."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from opencue.exception import DeadlineExceededException, FarmSilentException
from tests.conftest import FarmBox


@pytest.fixture
def stopped(farm: FarmBox) -> Iterator[int]:
    """Stop the farm's process as SIGSTOP does; return its pid."""
    pid = int(farm.info["pid"])
    os.kill(pid, signal.SIGSTOP)
    yield pid
    os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("command", ["jobs", "show some-job", "limits list"])
def test_a_stopped_farm_is_named_with_its_process_and_the_way_out(
    farm: FarmBox, stopped: int, command: str
) -> None:
    done = farm.cuelet(*command.split())

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"cuelet: the farm in {farm.state_dir} has not answered for 5 s:")
    assert f"process {stopped} is stopped, as by kill -STOP, it last wrote" in done.stderr
    assert done.stderr.endswith(f"let it go on with kill -CONT {stopped}\n")


def test_the_doctor_does_not_take_it_for_absent(farm: FarmBox, stopped: int) -> None:
    done = farm.cuelet("doctor")

    assert done.returncode == 4
    (line,) = [each for each in done.stdout.splitlines() if each.startswith("error")]
    assert f"process {stopped} runs the farm and does not answer" in line
    assert line.endswith(f"kill -CONT {stopped}")


def test_cueadmin_and_scripts_are_told_the_same(farm: FarmBox, stopped: int) -> None:
    admin = farm.cueadmin("-lj")
    script = farm.python("-c", "import opencue; opencue.api.getJobs()")

    assert admin.returncode == 3
    for said in (admin.stderr, script.stderr):
        assert f"kill -CONT {stopped}" in said
        assert "Deadline Exceeded" not in said.splitlines()[-1]


def test_a_change_that_was_not_answered_may_have_been_made(farm: FarmBox) -> None:
    script = """
import os, signal, sys, opencue
opencue.cuebot.Cuebot.setTimeout(1)
pid = opencue.farm.info()["pid"]
os.kill(pid, signal.SIGSTOP)
try:
    opencue.api.createShow("new")
except opencue.exception.DeadlineExceededException as error:
    print(error.pid == pid, error)
finally:
    os.kill(pid, signal.SIGCONT)
"""
    said = farm.python("-c", script).stdout

    assert said.startswith("True the farm in")
    assert "whether it did Show/CreateShow is not known, so look before repeating it" in said


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("T", "process 7 is stopped, as by kill -STOP; let it go on with kill -CONT 7"),
        ("t", "process 7 is stopped by a debugger; let it go on there"),
        ("D", "process 7 waits for a disk; look whether /state can be read and written"),
        (
            "S",
            "process 7 is busy or hangs; try again, and if it stays so cuelet farm stop: the next",
        ),
    ],
)
def test_the_way_out_depends_on_what_the_process_does(does: str, says: str) -> None:
    error = FarmSilentException(
        pid=7,
        state_dir="/state",
        does=does,
        wrote_last="",
        method="Job/GetJobs",
        waited_s=30.0,
        may_have_acted=False,
    )

    assert f"the farm in /state has not answered for 30 s: {says}" in str(error)
    assert isinstance(error, DeadlineExceededException)
