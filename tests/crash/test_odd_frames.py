"""Frames that end in every way there is: each end is recorded as it was, nothing stays behind.

Nothing is a process, a core or a megabyte of the farm's books.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

import opencue
from cuelet.core.values.runs import OUT_OF_MEMORY
from opencue.api import job_pb2
from tests.conftest import FarmBox, wait_until
from tests.crash.inject import injected
from tests.specs import job_spec, sh

pytestmark = pytest.mark.slow

HARMLESS = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
STOPPING = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
DEADLY = sorted(set(range(1, 65)) - HARMLESS - STOPPING - {32, 33})
"""32 and 33 belong to the C library."""

PY = sys.executable
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
DAEMON = """
import os, sys
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execve('/bin/sleep', ['sleep', '600'], dict(os.environ) if sys.argv[1] == 'known' else {})
os.wait()
os._exit(5)
"""
TREE = """
import os, time
for n in range(7):
    if not os.fork():
        for m in range(6):
            if not os.fork():
                break
        break
time.sleep(600)
"""


def launch(layers: dict[str, Any], name: str = "odd") -> opencue.wrappers.job.Job:
    layers = {key: {"cores": 0.1, "retries": 0, **layer} for key, layer in layers.items()}
    (job,) = opencue.api.launchSpecAndWait(job_spec(layers, name=name))
    return job


def settled(job: opencue.wrappers.job.Job) -> dict[str, dict[str, Any]]:
    """Return how every frame ended, once none is left to run."""
    wait_until(lambda: is_settled(job.id()), 170)
    frames = job.getFrames(limit=10_000)
    usage = opencue.farm.call("GetUsage", frame_ids=[frame.id() for frame in frames])["frames"]
    return {frame.name(): usage[frame.id()] for frame in frames}


def is_settled(job_id: str) -> bool:
    job = opencue.api.getJob(job_id)
    return not job.runningFrames() and not job.waitingFrames()


def runner_of(farm: FarmBox) -> int:
    """Return the process of the resident runner."""
    for pid in farm.processes():
        with contextlib.suppress(OSError):
            if b"cuelet.runner.resident.main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    raise AssertionError("no runner")


def assert_nothing_is_left(farm: FarmBox) -> None:
    """Check that no process and no reservation outlived its frame."""
    (host,) = opencue.api.getHosts()
    assert host.data.idle_cores == host.data.cores
    assert host.data.idle_memory == host.data.memory
    ours = {int(farm.info["pid"]), runner_of(farm)}
    assert set(farm.processes()) - ours == set()


def test_every_exit_code_and_every_signal_is_recorded_exactly(client: FarmBox) -> None:
    numbers = ",".join(map(str, DEADLY))
    job = launch(
        {
            "codes": {"argv": sh("exit #IFRAME#"), "range": "0-255"},
            "signals": {"argv": sh("ulimit -c 0; kill -#IFRAME# $$"), "range": numbers},
        }
    )

    ends = settled(job)

    assert len(ends) == 256 + len(DEADLY)
    for code in range(256):
        end = ends[f"{code:04d}-codes"]
        assert (end["exit_status"], end["exit_signal"]) == (code, 0)
        assert end["attempt"] == 1 or code == OUT_OF_MEMORY  # which has a budget of its own
    for number in DEADLY:
        end = ends[f"{number:04d}-signals"]
        assert (end["exit_status"], end["exit_signal"]) == (128 + number, number)
    assert opencue.api.getJob(job.id()).deadFrames() == 255 + len(DEADLY)
    assert_nothing_is_left(client)


def test_what_will_not_go_is_ended_and_its_frame_has_one_end(client: FarmBox) -> None:
    job = launch(
        {
            "known": {"argv": [PY, "-c", DAEMON, "known"]},
            "unknown": {"argv": [PY, "-c", DAEMON, "unknown"]},
            "ignores": {"argv": [PY, "-c", IGNORES]},
            "leaves": {"argv": sh(f"{PY} -c '{IGNORES}' & sleep 1; exit 9")},
            "tree": {"argv": [PY, "-c", TREE]},
        }
    )
    wait_until(lambda: len(client.processes()) > 50)
    names = {frame.layer() for frame in job.getFrames()}
    assert len(names) == 5
    for layer in ("ignores", "tree"):
        client.cuelet("kill", job.id(), "--layer", layer)

    ends = settled(job)

    found = {name.partition("-")[2]: end["exit_status"] for name, end in ends.items()}
    assert found == {"known": 5, "unknown": 5, "ignores": 137, "leaves": 9, "tree": 143}
    assert all(end["attempt"] == 1 for end in ends.values())
    assert "stayed behind" in ends["0001-known"]["reason"]
    assert "stayed behind" in ends["0001-unknown"]["reason"]
    assert_nothing_is_left(client)


def test_what_cannot_be_started_is_a_failed_launch_that_says_why(client: FarmBox) -> None:
    job = launch(
        {
            "argument": {"argv": ["true", "x" * 200_000]},
            "arguments": {"argv": ["true", *["x" * 100_000] * 40]},
            "missing": {"argv": ["/no/such/program"]},
            "folder": {"argv": ["/tmp"]},
            "fine": {"argv": ["true"]},
        }
    )

    ends = {name.partition("-")[2]: end for name, end in settled(job).items()}

    assert ends.pop("fine")["exit_status"] == 0
    assert {end["exit_status"] for end in ends.values()} == {256}
    assert "too long" in ends["argument"]["reason"]
    assert "too long" in ends["arguments"]["reason"]
    assert_nothing_is_left(client)


def test_a_refused_fork_is_a_failed_launch_and_the_next_one_runs(client: FarmBox) -> None:
    launch({"first": {"argv": ["true"]}}, name="first")
    wait_until(lambda: opencue.api.findJob("first").state() == job_pb2.FINISHED)

    with injected(runner_of(client), "clone,clone3,fork,vfork", "error=EAGAIN:when=1+3"):
        job = launch({"main": {"argv": ["true"], "range": "1-30", "retries": 2}})
        ends = settled(job)

    assert {end["exit_status"] for end in ends.values()} == {0}
    assert sum(end["attempt"] for end in ends.values()) > 30
    assert_nothing_is_left(client)
