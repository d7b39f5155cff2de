"""P12: what the farm and its runner use of a core while four frames run."""

from __future__ import annotations

import time
from collections.abc import Iterator

from harness import Figure, at_most
from private_farm import Farm
from processes import cpu_s

EXPLAIN = {
    "P12": "Processor time of the farm and of the resident runner while four `sleep` frames run and nobody asks anything, over windows of 10 s, in percent of one core: measuring the frames every 2 s is in it.",
    "P12-farm": "The farm's share of it.",
    "P12-runner": "The runner's share of it.",
}
_WINDOW_S = 10.0
_SETTLE_S = 5.0
_FRAMES = 4


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    from outline import cuerun

    with Farm() as farm:
        outline = farm.outline(["sleep", "3600"], _FRAMES, cores=0.5)
        (job,) = cuerun.launch(outline, use_pycuerun=False)
        _wait_running(job.id())
        time.sleep(_SETTLE_S)  # young frames are looked at more often
        taken = [_window(farm) for _ in range(rounds)]
        job.kill(reason="benchmark")
    whole = [sum(shares) for shares in taken]
    yield Figure(
        "P12",
        f"farm and runner with {_FRAMES} running frames",
        "% of a core",
        whole,
        target=at_most(1, "under 1 % of one core"),
    )
    yield Figure("P12-farm", "the farm's share", "% of a core", [farm_ for farm_, _ in taken])
    yield Figure("P12-runner", "the runner's share", "% of a core", [own for _, own in taken])


def _wait_running(job_id: str) -> None:
    import opencue

    while opencue.api.getJob(job_id).runningFrames() < _FRAMES:
        time.sleep(0.05)


def _window(farm: Farm) -> tuple[float, float]:
    """Return what farm and runner use of a core, in percent."""
    pids = farm.pid, farm.runner_pid
    began, before = time.perf_counter(), [cpu_s(pid) for pid in pids]
    time.sleep(_WINDOW_S)
    took = time.perf_counter() - began
    used = [100 * (cpu_s(pid) - was) / took for pid, was in zip(pids, before, strict=True)]
    return used[0], used[1]
