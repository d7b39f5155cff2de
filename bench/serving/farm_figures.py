"""Run a farm from the sources of a tree; print frames per second and launch-to-first-frame as JSON."""

import json
import statistics
import sys
import time
from pathlib import Path

TREE = Path(sys.argv[1])
sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(TREE / "src")]

from private_farm import Farm  # noqa: E402 - the path comes first

FRAMES, LAUNCHES = 2000, 15

with Farm(TREE) as farm:
    farm.run(farm.outline(["/bin/true"], 100))
    began = time.perf_counter()
    farm.run(farm.outline(["/bin/true"], FRAMES))
    rate = FRAMES / (time.perf_counter() - began)
    waits = []
    for _ in range(LAUNCHES):
        outline = farm.outline(["date", "+%s.%N"], 1)
        launched = time.time()
        waits.append(1000 * (farm.stamps(farm.run(outline))[0] - launched))
print(json.dumps({"P7": rate, "P8": statistics.median(waits)}))
