"""P7, the runner's share: /bin/true per second through client and resident, beside xargs -P2.

Each run has its own log file and session, is in the journal before it starts, is measured, and
its end is journaled, told and acknowledged. Prints one JSON line per figure; every round runs all
contenders one after the other, so that a noisy machine is noisy for all.

    python bench/p7_runner_floor.py [--runs N] [--rounds N] [--slots N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from cuelet.core.values.runs import RunEvent, RunExited
from cuelet.runner.client import ResidentRunner
from cuelet.runner.testing import Listener, make_request, open_resident

TRUE = shutil.which("true") or "/bin/true"


class Feeder(Listener):
    """Keeps a number of runs going until all have been run, as an engine would."""

    runner: ResidentRunner

    def __init__(self, folder: Path, total: int, slots: int) -> None:
        super().__init__()
        self.folder, self.total, self.slots = folder, total, slots
        self.begun = self.ended = 0

    def feed(self) -> None:
        while self.begun < self.total and self.begun - self.ended < self.slots:
            self.begun += 1
            log = self.folder / str(self.begun % 100) / f"{self.begun}.log"
            env = {"CUE_FRAME": str(self.begun), "CUE_LAYER": "layer"}
            self.runner.spawn(
                make_request(f"r{self.begun}", [TRUE], log_path=log, env=env, header="job x\n")
            )

    def on_events(self, events: list[RunEvent]) -> None:
        ended = [event for event in events if isinstance(event, RunExited)]
        assert not any(exited.exit_status for exited in ended), ended
        self.ended += len(ended)
        self.runner.ack(exited.run_id for exited in ended)
        self.feed()
        super().on_events(events)


async def time_runner(folder: Path, total: int, slots: int) -> float:
    feeder = Feeder(folder / "logs", total, slots)
    async with open_resident(folder / "home", feeder) as runner:
        feeder.runner = runner
        began = time.perf_counter()
        feeder.feed()
        await feeder.wait_until(lambda: feeder.ended == total, timeout_s=600)
        return total / (time.perf_counter() - began)


def rate_of_runner(total: int, slots: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(time_runner(Path(folder), total, slots))


def rate_of_xargs(total: int, slots: int) -> float:
    numbers = "".join(f"{number}\n" for number in range(total))
    began = time.perf_counter()
    subprocess.run(["xargs", f"-P{slots}", "-n1", TRUE], input=numbers, text=True, check=True)
    return total / (time.perf_counter() - began)


def report(name: str, rates: list[float], **more: object) -> float:
    median = statistics.median(rates)
    line = {
        "id": "P7",
        "figure": name,
        "value": round(median),
        "unit": "runs/s",
        "min": round(min(rates)),
        "max": round(max(rates)),
        "rounds": len(rates),
        **more,
    }
    print(json.dumps(line), flush=True)
    return median


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slots", type=int, default=2)
    args = parser.parse_args()

    sizes = [args.runs // 4, args.runs, args.runs * 2]
    ours: dict[int, list[float]] = {size: [] for size in sizes}
    xargs: list[float] = []
    for _ in range(args.rounds):
        xargs.append(rate_of_xargs(args.runs, args.slots))
        for size in sizes:
            ours[size].append(rate_of_runner(size, args.slots))

    floor = report(f"xargs -P{args.slots}", xargs, runs=args.runs)
    for size in sizes:
        median = report("runner", ours[size], runs=size, cores=os.cpu_count())
        ratio = {"id": "P7", "figure": "runner / xargs", "value": round(median / floor, 2)}
        print(json.dumps({**ratio, "runs": size}), flush=True)


if __name__ == "__main__":
    main()
