"""P9: from the end of a frame to the start of the frame that waited for it."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from harness import Figure, Skipped, at_most, percentile, rounded
from peers import PeerMissingError, PeerProcess
from private_farm import Farm

EXPLAIN = {
    "P9": "Between the times two `date` frames print, the second waiting for the first: median of a chain of 101 frames, per round. The end of one `date` and the start of the next (P9-floor) are in it.",
    "P9-p95": "The 95th percentile of the same gaps.",
    "P9-floor": "The same `date` chain in a plain shell loop: what process starts alone cost.",
    "P9-hyperqueue": "The same chain as HyperQueue tasks with `deps`.",
    "P9-dask": "The same chain as Dask tasks that run the command.",
}
_FRAMES = 101
_DATE = ["date", "+%s.%N"]
_PEERS = {"hyperqueue": ("hyperqueue", "HyperQueue"), "dask": ("distributed", "Dask distributed")}

Chain = Callable[[], list[float]]


def run(rounds: int) -> Iterator[Figure | Skipped]:
    """Measure."""
    with ExitStack() as stack:
        farm = stack.enter_context(Farm())
        chains: dict[str, Chain] = {"ours": lambda: _ours(farm), "floor": _floor}
        for name in _PEERS:
            try:
                chains[name] = _peer(name, stack)
                chains[name]()
            except (PeerMissingError, OSError) as error:
                chains.pop(name, None)
                yield Skipped(f"P9-{name}", "gap between dependent frames", str(error))
        gaps = {name: [] for name in chains}
        for _ in range(rounds):
            for name, chain in chains.items():
                gaps[name].append(_gaps_ms(chain()))
    yield from _figures(gaps)


def _figures(gaps: dict[str, list[list[float]]]) -> Iterator[Figure]:
    medians = {name: [statistics.median(g) for g in rounds] for name, rounds in gaps.items()}
    every = [gap for one in gaps["ours"] for gap in one]
    what = "end of a frame to start of the one that waited"
    more = {"pairs": len(every), "max_of_all": rounded(max(every))}
    yield Figure(
        "P9", what, "ms", medians["ours"], target=at_most(10, "under 10 ms median"), more=more
    )
    tails = [percentile(one, 0.95) for one in gaps["ours"]]
    yield Figure("P9-p95", f"{what}, 95th percentile", "ms", tails)
    names = {"floor": "shell loop", **{name: title for name, (_, title) in _PEERS.items()}}
    for name in medians.keys() - {"ours"}:
        yield Figure(f"P9-{name}", what, "ms", medians["ours"], names[name], medians[name])


def _gaps_ms(stamps: list[float]) -> list[float]:
    return [1000 * (after - before) for before, after in pairwise(stamps)]


def _ours(farm: Farm) -> list[float]:
    return farm.stamps(farm.run(farm.outline(_DATE, _FRAMES, chained=True)))


def _floor() -> list[float]:
    loop = f"i=0; while [ $i -lt {_FRAMES} ]; do date +%s.%N; i=$((i+1)); done"
    done = subprocess.run(["sh", "-c", loop], check=True, stdout=subprocess.PIPE, text=True)
    return [float(line) for line in done.stdout.split()]


def _peer(name: str, stack: ExitStack) -> Chain:
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cuelet-bench-")))
    package = _PEERS[name][0]
    peer = stack.enter_context(PeerProcess(package, f"{name}_peer.py", home / "peer"))
    return lambda: peer.ask(kind="chain", n=_FRAMES)
