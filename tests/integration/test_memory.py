"""Frames that use more memory than they reserved: real processes, real figures."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import opencue
from cuelet.core.state.memory import RAISE_MB
from opencue.api import job_pb2
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec

NAME = "show-shot-user_test_job"
HOG = """
import os, sys, time
held = b"x" * (int(sys.argv[1]) << 20)
open(sys.argv[2], "a").write(os.environ["CUE_MEMORY"] + "\\n")
while not os.path.exists(sys.argv[3]) and int(os.environ["CUE_MEMORY"]) < 1 << 20:
    time.sleep(0.02)
"""


class Bay:
    """A farm with a memory policy, and a frame that holds memory until it is told to go."""

    def __init__(self, box: FarmBox) -> None:
        self.box = box
        self.tries, self.go = box.home / "tries", box.home / "go"

    def start(self, *flags: str) -> None:
        done = self.box.cuelet("farm", "start", "--port", "0", "--cores", "2", *flags)
        assert done.returncode == 0, done.stderr

    def launch(self, *, holds_mb: int, reserves_mb: int) -> None:
        argv = [sys.executable, "-c", HOG, str(holds_mb), str(self.tries), str(self.go)]
        layers = {"main": {"argv": argv, "memory_mb": reserves_mb, "retries": 0}}
        opencue.api.launchSpecAndWait(job_spec(layers))

    def frame(self) -> opencue.wrappers.frame.Frame:
        return opencue.api.findFrame(NAME, "main", 1)

    def reasons(self) -> list[dict[str, Any]]:
        (group,) = self.box.json("why", "test-job", "main", "1")["frames"]
        return list(group["reasons"])

    def reserved_mb(self) -> list[int]:
        """Return what each attempt so far was told that it may use."""
        return [int(line) // 1024 for line in self.tries.read_text().split()]

    def warnings(self) -> list[str]:
        log = (self.box.state_dir / "farm.log").read_text().splitlines()
        return [line for line in log if "WARNING" in line]


@pytest.fixture
def bay(box: FarmBox, monkeypatch: pytest.MonkeyPatch) -> Bay:
    monkeypatch.setenv("CUELET_STATE_DIR", box.env["CUELET_STATE_DIR"])
    monkeypatch.setenv("HOME", box.env["HOME"])
    monkeypatch.delenv("CUEBOT_HOSTS", raising=False)
    opencue.Cuebot.closeChannel()
    return Bay(box)


def test_a_frame_beyond_the_factor_is_killed_and_runs_again_with_more(bay: Bay) -> None:
    bay.start("--memory-policy", "kill", "--memory-factor", "2")

    bay.launch(holds_mb=200, reserves_mb=50)

    wait_until(lambda: bay.frame().state() == job_pb2.SUCCEEDED)
    raised_mb = 50 + RAISE_MB
    assert bay.reserved_mb() == [50, raised_mb]
    assert (bay.frame().exitStatus(), bay.frame().retries()) == (0, 0)
    assert opencue.api.findLayer(NAME, "main").minimumMemory() == raised_mb
    (warning,) = bay.warnings()
    assert f"frame {NAME} 0001-main is killed: it uses 2" in warning
    assert "MB of 50 MB reserved" in warning


def test_a_frame_that_needs_more_than_the_farm_may_give_ends_dead_and_says_so(bay: Bay) -> None:
    bay.start("--memory-policy", "kill", "--memory-mb", "100")

    bay.launch(holds_mb=200, reserves_mb=80)

    wait_until(lambda: bay.frame().state() == job_pb2.DEAD)
    assert bay.reserved_mb() == [80, 100]
    assert bay.frame().exitStatus() == 33
    (reason,) = bay.reasons()
    assert "it had all 100 MB that frames may reserve here" in reason["text"]
    assert reason["remedy"].endswith("--frames 1")
    assert "exit 33" in bay.box.cuelet("show", "test-job").stdout


@pytest.fixture
def small_group() -> Iterator[Path]:
    """Return a memory cgroup of 64 MB, of whichever version this machine has."""
    for root, limit in (
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        ("/sys/fs/cgroup", "memory.max"),
    ):
        group = Path(root, f"cuelet-test-{os.getpid()}")
        try:
            group.mkdir()
            (group / limit).write_text(str(64 << 20))
        except OSError:
            with contextlib.suppress(OSError):
                group.rmdir()
            continue
        yield group
        wait_until(lambda group=group: not (group / "cgroup.procs").read_text())
        group.rmdir()
        return
    pytest.skip("only root can make a memory cgroup, where memory is controlled")


def test_a_frame_that_the_kernel_kills_for_memory_runs_again_with_more(
    bay: Bay, small_group: Path
) -> None:
    bay.start("--memory-policy", "off")
    work = (
        f"if test $CUE_MEMORY -gt 1000000; then exit 0; fi; echo $$ > {small_group}/cgroup.procs; "
        f'exec {sys.executable} -c "x = bytearray(1)*(200 << 20)"'
    )
    layers = {"main": {"argv": ["/bin/sh", "-c", work], "memory_mb": 64, "retries": 0}}

    opencue.api.launchSpecAndWait(job_spec(layers))

    wait_until(lambda: bay.frame().state() == job_pb2.SUCCEEDED)
    assert opencue.api.findLayer(NAME, "main").minimumMemory() == 64 + RAISE_MB
    first = Path(opencue.api.findJob(NAME).logDir(), f"{NAME}.0001-main.rqlog.1").read_text()
    assert "the kernel killed it because memory ran out" in first


def test_a_kill_by_hand_is_an_ordinary_failure(bay: Bay) -> None:
    bay.start()
    argv = ["/bin/sh", "-c", "kill -9 $$"]
    layers = {"main": {"argv": argv, "memory_mb": 64, "retries": 0}}

    opencue.api.launchSpecAndWait(job_spec(layers))

    wait_until(lambda: bay.frame().state() == job_pb2.DEAD)
    assert bay.frame().exitStatus() == 137
    assert opencue.api.findLayer(NAME, "main").minimumMemory() == 64
    assert "SIGKILL, SIGKILL came from elsewhere" in bay.reasons()[0]["text"]


def test_by_default_it_is_told_of_once_and_goes_on(bay: Bay) -> None:
    bay.start()

    bay.launch(holds_mb=200, reserves_mb=50)

    wait_until(lambda: len(bay.reasons()) == 2)
    _, over = bay.reasons()
    assert over["code"] == "over memory"
    assert over["text"].endswith("MB of 50 MB reserved")
    assert "main: a frame used 2" in bay.box.cuelet("show", "test-job").stdout
    bay.go.touch()
    wait_until(lambda: bay.frame().state() == job_pb2.SUCCEEDED)
    (warning,) = bay.warnings()
    assert "goes on although it uses 2" in warning


def test_the_environment_sets_the_policy_where_the_flags_say_nothing(bay: Bay) -> None:
    bay.box.env |= {"CUELET_MEMORY_POLICY": "kill", "CUELET_MEMORY_FACTOR": "3"}

    bay.start("--memory-factor", "4")

    status = bay.box.json("farm", "status")
    assert (status["memory_policy"], status["memory_factor"]) == ("kill", 4)
    assert "more than 4 times what they reserved" in bay.box.cuelet("farm", "status").stdout


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CUELET_MEMORY_POLICY", "murder", "memory policy 'murder': use one of off, warn, kill"),
        ("CUELET_MEMORY_FACTOR", "0.5", "memory factor '0.5': use 1 or more"),
        ("CUELET_MEMORY_FACTOR", "much", "memory factor 'much': use 1 or more"),
        ("CUELET_MEMORY_FACTOR", "nan", "memory factor 'nan': use 1 or more"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    box: FarmBox, name: str, value: str, says: str
) -> None:
    box.env[name] = value

    done = box.cuelet("farm", "start", "--port", "0")

    assert done.returncode == 4
    assert says in done.stderr
    assert not Path(box.state_dir, "farm.db").exists()


def test_a_factor_of_nothing_is_refused(box: FarmBox) -> None:
    done = box.cuelet("farm", "start", "--port", "0", "--memory-factor", "0")

    assert (done.returncode, "memory factor 0.0: use 1 or more" in done.stderr) == (4, True)
