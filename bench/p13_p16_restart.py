"""P13 and P16: from starting a killed farm to its first answer, with up to 1,000,000 frames in 50 jobs, or 5,000 ended jobs."""

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
    "P16": "The same with 1,000,000 frames; the curve is that of P13 with this size at its end.",
    "P16-ended": "The same with 5,000 jobs of 10 frames that have ended, each killed before it ran; their getJobs is not part of it, only the pending ones are counted.",
    "P13-import": "A Python process that only imports what the farm imports: what of it no farm can be faster than.",
}
_JOBS = 50
_SIZES = (1_000, 10_000, 100_000)
_LARGEST = 1_000_000
_ENDED = 5_000


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    taken = {size: _restarts_s(size, rounds) for size in _SIZES}
    curve = {"curve": {f"{size}": spread(times) for size, times in taken.items()}}
    what = f"restart with {_SIZES[-1]:,} frames in {_JOBS} jobs until it answers"
    limit = at_most(2.0, "under 2 s")
    yield Figure("P13", what, "s", taken[_SIZES[-1]], target=limit, more=curve)
    largest = _restarts_s(_LARGEST, rounds)
    taken[_LARGEST] = largest
    curve = {"curve": {f"{size}": spread(times) for size, times in taken.items()}}
    what = f"restart with {_LARGEST:,} frames in {_JOBS} jobs until it answers"
    yield Figure("P16", what, "s", largest, target=at_most(3.0, "under 3 s"), more=curve)
    what = f"restart with {_ENDED:,} ended jobs until it answers"
    limit = at_most(1.0, "under 1 s")
    yield Figure("P16-ended", what, "s", _restarts_with_ended_s(rounds), target=limit)
    with Farm() as farm:
        command = [sys.executable, "-c", "import cuelet.server"]
        imports = partial(subprocess.run, command, env=farm.env, check=True)
        yield Figure("P13-import", "its imports", "s", [elapsed_s(imports) for _ in range(rounds)])


def _restarts_s(frames: int, rounds: int) -> list[float]:
    with Farm() as farm:
        for _ in range(_JOBS):
            _half_done(frames // _JOBS)
        return [elapsed_s(lambda: _restart(farm)) for _ in range(rounds)]


def _restarts_with_ended_s(rounds: int) -> list[float]:
    import opencue

    with Farm() as farm:
        for _ in range(_ENDED):
            job: Any = opencue.api.launchSpecAndWait(paused_spec(10, layers=1))[0]
            job.kill(reason="measured")
        return [elapsed_s(lambda: _restart(farm, pending=0)) for _ in range(rounds)]


def _half_done(frames: int) -> None:
    import opencue

    job: Any = opencue.api.launchSpecAndWait(paused_spec(frames))[0]
    layers = job.getLayers()
    for layer in layers[: len(layers) // 2]:
        layer.eat()


def _restart(farm: Farm, pending: int = _JOBS) -> None:
    import opencue

    opencue.Cuebot.closeChannel()
    farm.restart()
    found = len(opencue.api.getJobs())
    if found != pending:
        raise RuntimeError(f"{found} of {pending} jobs are there")
