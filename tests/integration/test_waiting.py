"""A launch that waits returns when all is done, and says why when it cannot come to that."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FarmBox, wait_until

NAME = "show-shot-user_waited"
SCRIPT = """
import outline, outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("waited", show="show", shot="shot", user="user")
main = Shell("main", command=["sh", "-c", {command!r}], range="1-4", retries=0)
after = Shell("after", command=["true"], range="1-4", require="main")
for layer in (main, after):
    job.add_layer(layer)
outline.cuerun.launch(job, use_pycuerun=False, **dict({flags}))
print("returned")
"""
PLAIN = SCRIPT[: SCRIPT.index("outline.cuerun.launch")]
ODD_ONES_FAIL = "exit $((#IFRAME# % 2))"
DEAD = "dead are main 1,3; it cannot go on: 2 frames are dead, 2 wait in vain"


def script(farm: FarmBox, command: str, flags: str = "wait=True", text: str = SCRIPT) -> str:
    path = farm.home / "waited.py"
    path.write_text(text.format(command=command, flags=flags))
    return str(path)


def test_dead_frames_end_the_waiting_with_their_names_and_the_way_on(farm: FarmBox) -> None:
    plain = farm.python(script(farm, ODD_ONES_FAIL))

    assert plain.returncode == 1
    assert f"JobFailedError: job {NAME} failed: {DEAD}; cuelet retry {NAME}" in plain.stderr
    assert "returned" not in plain.stdout
    assert farm.json("show", "waited")["state"] == "stuck", "the job is left for somebody to mend"


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "cuelet", "run", "-q"),
        ("-m", "outline.pycuerun", "--raw"),
    ],
)
def test_commands_that_run_a_script_that_waits_end_with_7(
    farm: FarmBox, command: tuple[str, ...]
) -> None:
    done = farm.python(*command, script(farm, ODD_ONES_FAIL))

    assert (done.returncode, DEAD in done.stderr) == (7, True), done.stderr
    assert "Traceback" not in done.stderr


def test_pycuerun_waits_as_cuelet_run_does(farm: FarmBox) -> None:
    path = script(farm, ODD_ONES_FAIL, text=PLAIN)

    done = farm.python("-m", "outline.pycuerun", "--raw", "-w", path)

    assert (done.returncode, DEAD in done.stderr) == (7, True), done.stderr
    ran = farm.cuelet("watch", "-q", "waited")
    assert ran.returncode == 7
    assert "it cannot go on: 2 frames are dead, 2 wait in vain" in ran.stderr


def test_a_test_launch_kills_its_job_and_ends_with_7(farm: FarmBox) -> None:
    path = script(farm, ODD_ONES_FAIL, text=PLAIN)

    done = farm.python("-m", "outline.pycuerun", "--raw", "-t", path)

    assert done.returncode == 7, done.stderr
    assert "dead are main" in done.stderr
    assert "the job was killed" in done.stderr
    wait_until(lambda: farm.json("show", "waited")["state"] == "killed")


def test_a_job_in_which_all_is_done_or_eaten_is_no_failure(farm: FarmBox) -> None:
    done = farm.python(script(farm, ODD_ONES_FAIL, "wait=True, autoeat=True"))

    assert (done.returncode, done.stdout) == (0, "returned\n"), done.stderr


def test_time_that_is_over_ends_the_waiting_with_124_and_not_the_job(farm: FarmBox) -> None:
    path = script(farm, "sleep 600", text=PLAIN)

    done = farm.python("-m", "outline.pycuerun", "--raw", "-w", "--timeout", "0.2", path)

    assert done.returncode == 124
    assert f"it runs on: cuelet watch {NAME}" in done.stderr
    assert farm.json("show", "waited")["state"] in {"running", "waiting"}


def waiting(farm: FarmBox, *args: str) -> subprocess.Popen[str]:
    """Start pycuerun -w and return once the job is there."""
    command = [sys.executable, "-m", "outline.pycuerun", "--raw", "-w", *args]
    started = subprocess.Popen(
        command,
        env=farm.env,
        cwd=farm.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: farm.json("jobs", "--all"))
    return started


def ended(started: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the status of a command, and what it said on stderr."""
    _, said = started.communicate(timeout=120)
    return started.returncode, said


def test_a_job_that_is_killed_meanwhile_ends_the_waiting_with_7(farm: FarmBox) -> None:
    command = waiting(farm, script(farm, "sleep 600", text=PLAIN))
    wait_until(lambda: farm.json("show", "waited")["running"])

    farm.cuelet("kill", "waited")

    status, said = ended(command)
    assert (status, "it was killed with 0 of 8 frames done" in said) == (7, True), said


def test_ctrl_c_ends_the_waiting_with_130_and_says_that_the_job_runs_on(farm: FarmBox) -> None:
    command = waiting(farm, "--pause", script(farm, "sleep 600", text=PLAIN))
    assert command.stderr is not None
    assert "is waited for" in command.stderr.readline()

    command.send_signal(signal.SIGINT)

    status, said = ended(command)
    assert status == 130, said
    assert f"{NAME} runs on; come back with cuelet watch {NAME}" in said
    assert farm.json("show", "waited")["state"] == "paused"


def test_a_paused_job_is_waited_for_and_told(farm: FarmBox, tmp_path: Path) -> None:
    path = script(farm, "true", "wait=True, pause=True")
    command = subprocess.Popen(
        [sys.executable, path], env=farm.env, cwd=farm.home, stderr=subprocess.PIPE, text=True
    )
    assert command.stderr is not None

    assert "is paused and is waited for; cuelet resume" in command.stderr.readline()
    farm.cuelet("resume", "waited")

    assert command.wait(120) == 0
    command.stderr.close()


def test_a_farm_that_is_killed_and_comes_back_does_not_end_the_waiting(farm: FarmBox) -> None:
    go = farm.home / "go"
    path = script(farm, f"while ! test -e {go}; do sleep 0.05; done", text=PLAIN)
    command = waiting(farm, path)
    wait_until(lambda: farm.json("show", "waited")["running"])

    farm.kill()
    farm.start()
    go.touch()

    status, said = ended(command)
    assert status == 0, said
