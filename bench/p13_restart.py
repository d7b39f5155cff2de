"""P13: from starting a killed farm to its first answer, with 100,000 frames in 50 jobs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from big_jobs import paused_spec
from harness import Figure, at_most, elapsed_s, spread
from private_farm import Farm

EXPLAIN = {
    "P13": "From starting a farm that was killed until it answers how many jobs it has: 50 jobs of 10 layers, 100,000 frames, half of which are over and so have rows on disk. The `cuelet` command that starts it is in it, imports included. The curve is over the number of frames.",
    "P13-import": "A Python process that only imports what the farm imports: what of it no farm can be faster than.",
}
_JOBS = 50
_SIZES = (1_000, 10_000, 100_000)


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    taken = {size: _restarts_s(size, rounds) for size in _SIZES}
    curve = {"curve": {f"{size}": spread(times) for size, times in taken.items()}}
    what = f"restart with {_SIZES[-1]:,} frames in {_JOBS} jobs until it answers"
    limit = at_most(2.0, "under 2 s")
    yield Figure("P13", what, "s", taken[_SIZES[-1]], target=limit, more=curve)
    with Farm() as farm:
        command = [sys.executable, "-c", "import cuelet.server"]
        imports = partial(subprocess.run, command, env=farm.env, check=True)
        yield Figure("P13-import", "its imports", "s", [elapsed_s(imports) for _ in range(rounds)])


def _restarts_s(frames: int, rounds: int) -> list[float]:
    with Farm() as farm:
        for _ in range(_JOBS):
            _half_done(frames // _JOBS)
        return [elapsed_s(lambda: _restart(farm)) for _ in range(rounds)]


def _half_done(frames: int) -> None:
    import opencue

    job: Any = opencue.api.launchSpecAndWait(paused_spec(frames))[0]
    layers = job.getLayers()
    for layer in layers[: len(layers) // 2]:
        layer.eat()


def _restart(farm: Farm) -> None:
    import opencue

    opencue.Cuebot.closeChannel()
    farm.restart()
    found = len(opencue.api.getJobs())
    if found != _JOBS:
        raise RuntimeError(f"{found} of {_JOBS} jobs are there")
