"""P8: from launch() to the process of the first frame, with the farm running."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from harness import Figure, at_most
from peers import ROOT
from private_farm import Farm

EXPLAIN = {
    "P8": "From calling launch() (its set-up included) to what `date` prints as the only frame; starting `date` itself (see P9-floor) is in it.",
    "P8-first": "The same for the first launch() of a new Python process: importing gRPC and connecting are in it.",
}
_DATE = ["date", "+%s.%N"]
_LEAST = 20


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    with Farm() as farm:
        _warm_ms(farm)
        warm = [_warm_ms(farm) for _ in range(max(_LEAST, 5 * rounds))]
        first = [_first_ms(farm, number) for number in range(rounds)]
    limit = at_most(50, "under 50 ms")
    yield Figure("P8", "launch() to the first frame's process", "ms", warm, target=limit)
    yield Figure("P8-first", "the same, a script's first launch()", "ms", first, target=None)


def _warm_ms(farm: Farm) -> float:
    outline = farm.outline(_DATE, 1)
    began = time.time()
    job = farm.run(outline)
    return 1000 * (farm.stamps(job)[0] - began)


def _first_ms(farm: Farm, number: int) -> float:
    script = ROOT / "bench/serving/launch_once.py"
    done = subprocess.run(
        [sys.executable, script, str(number)],
        env=farm.env,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    began, job_name = done.stdout.split()
    import opencue

    job = farm.wait(opencue.api.findJob(job_name))
    return 1000 * (farm.stamps(job)[0] - float(began))
