"""The wall clock is set back a day, then forward a year: nothing times out, is retried or killed.

Farm and runner live under libfaketime; clocks that nobody can set are left alone.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.crash.test_odd_frames import assert_nothing_is_left, launch, settled
from tests.specs import job_spec, sh

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
YEAR_S = 365 * 86400
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not LIBRARIES, reason="libfaketime is not installed"),
]


@pytest.fixture
def offset(box: FarmBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Start a farm whose wall clock is shifted by the text of the file that is returned."""
    shift = tmp_path / "offset"
    shift.write_text("+0")
    monkeypatch.setenv("CUELET_STATE_DIR", str(box.state_dir))
    monkeypatch.delenv("CUEBOT_HOSTS", raising=False)
    opencue.Cuebot.closeChannel()
    start(box, shift)
    yield shift
    opencue.Cuebot.closeChannel()


def start(box: FarmBox, shift: Path) -> None:
    """Start the farm, and by it the runner, with a clock of their own."""
    command = [sys.executable, "-m", "cuelet.server", "--port", "0", "--cores", "2"]
    env = {
        **box.env,
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(shift),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with (box.home / "farm.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--state-dir", str(box.state_dir)], env=env, stderr=log
        )
    wait_until(lambda: announced(box, process.pid))
    process.returncode = 0  # the box ends it


def announced(box: FarmBox, pid: int) -> bool:
    try:
        return bool(box.info["pid"] == pid)
    except (OSError, ValueError):
        return False


def set_clock(offset: Path, text: str) -> None:
    fresh = offset.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(offset)


def launch_timed(layers: dict[str, Any]) -> opencue.wrappers.job.Job:
    """Launch a job whose first layer may run, and be silent, for a minute."""
    spec = job_spec({key: {"cores": 0.1, **layer} for key, layer in layers.items()}, name="timed")
    limits = "<timeout>1</timeout><timeout_llu>1</timeout_llu></layer>"
    (job,) = opencue.api.launchSpecAndWait(spec.replace("</layer>", limits, 1))
    return job


def farm_time(job: str) -> float:
    return float(opencue.farm.call("GetStuck", job_id=job)["submitted_at"])


def test_a_clock_set_back_and_forward_times_nothing_out(
    offset: Path, box: FarmBox, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    waits = sh(f"while ! test -e {go}; do sleep 0.1; done; exit #IFRAME#")
    timed = {"argv": waits, "retries": 3, "range": "0"}
    began = time.monotonic()
    job = launch_timed({"timed": timed, "dead": {"argv": sh("sleep 600"), "retries": 0}})
    wait_until(lambda: opencue.api.getJob(job.id()).runningFrames() == 2)

    times = []
    for text in ("-1d", "+365d", "-1d"):
        set_clock(offset, text)
        time.sleep(6)  # longer than the watchdog's round: it has looked
        probe = launch({"probe": {"argv": ["true"]}}, name=f"probe{len(times)}")
        assert [end["exit_status"] for end in settled(probe).values()] == [0]
        times.append(farm_time(probe.id()))
        assert opencue.api.getJob(job.id()).runningFrames() == 2
    set_clock(offset, "+365d")
    box.cuelet("kill", job.id(), "--layer", "dead")
    wait_until(lambda: opencue.api.getJob(job.id()).deadFrames() == 1)
    set_clock(offset, "-1d")
    go.touch()

    ends = settled(job)

    assert times[1] - times[0] > YEAR_S  # the clock was really set
    assert times[2] < times[1] - YEAR_S
    real_s = time.monotonic() - began
    for end in ends.values():
        assert end["attempt"] == 1
        assert 15 < end["wall_s"] <= real_s
    assert ends["0000-timed"]["exit_status"] == 0
    assert ends["0001-dead"]["exit_status"] == 143
    assert_nothing_is_left(box)


def test_a_farm_that_comes_back_in_another_year_takes_its_frames_up(
    offset: Path, box: FarmBox, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    waits = sh(f"while ! test -e {go}; do sleep 0.1; done")
    job = launch_timed({"main": {"argv": waits}})
    wait_until(lambda: opencue.api.getJob(job.id()).runningFrames() == 1)

    for text in ("-1d", "+365d"):
        box.kill()
        set_clock(offset, text)
        start(box, offset)
        opencue.Cuebot.closeChannel()
        time.sleep(6)
        assert opencue.api.getJob(job.id()).runningFrames() == 1
    go.touch()

    (end,) = settled(job).values()
    assert (end["exit_status"], end["attempt"]) == (0, 1)
    assert 12 < end["wall_s"] < 200
