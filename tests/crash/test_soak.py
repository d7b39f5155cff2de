"""R20: many thousand short frames leave nothing: files, descriptors and memory stay flat."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.crash import scale
from tests.crash.driver import resident
from tests.specs import job_spec

ROUNDS = 4
LIMIT_S = 1200.0


class Seen(NamedTuple):
    """What a farm and its runner hold after a round."""

    lock_files: int
    descriptors: int
    runner_mb: float
    cpu_s: float


@pytest.mark.slow
def test_short_frames_leave_nothing_behind(client: FarmBox) -> None:
    frames = scale.count(quick=2_000, full=200_000) // ROUNDS
    seen = []
    for number in range(ROUNDS):
        run_frames(client, number, frames)
        seen.append(look(client))

    first, last = seen[0], seen[-1]
    assert last.lock_files <= 24, seen  # four live at once; a few may be held for a moment
    assert last.descriptors <= first.descriptors + 4, seen
    assert last.runner_mb < first.runner_mb + 8, seen
    cpu_s = [seen[0].cpu_s, *(b.cpu_s - a.cpu_s for a, b in itertools.pairwise(seen))]
    scale.record(
        "R20",
        frames=frames * ROUNDS,
        lock_files=[each.lock_files for each in seen],
        descriptors=[each.descriptors for each in seen],
        runner_mb=[each.runner_mb for each in seen],
        cpu_ms_per_frame=[round(1000 * used / frames, 2) for used in cpu_s],
    )


def run_frames(farm: FarmBox, number: int, frames: int) -> None:
    work = {"argv": ["/bin/true"], "range": f"1-{frames}", "cores": 0.5}
    (job,) = opencue.api.launchSpecAndWait(job_spec({"render": work}, name=f"soak{number}"))
    wait_until(lambda: opencue.api.getJob(job.id()).succeededFrames() == frames, timeout_s=LIMIT_S)


def look(farm: FarmBox) -> Seen:
    processes = [psutil.Process(farm.info["pid"]), psutil.Process(resident(farm))]
    times = [process.cpu_times() for process in processes]
    locks = Path(farm.state_dir / "runner" / "locks")
    return Seen(
        len(os.listdir(locks)),
        sum(process.num_fds() for process in processes),
        round(processes[1].memory_info().rss / 1e6, 1),
        sum(each.user + each.system for each in times),
    )
