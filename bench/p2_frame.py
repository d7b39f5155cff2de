"""P2: one frame without work through pycuerun, in jobs of 2 and of 1,000 layers, against stock."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from harness import Figure, alternate, at_most, elapsed_s
from peers import ROOT, ours_venv, plain_env, stock_venv

EXPLAIN = {
    "P2-2": "`pycuerun -e 1-layer1 SESSION`, a whole process, in a chain of 2 layers; the layer does nothing.",
    "P2-1000": "The same in a chain of 1,000 layers.",
    "P2-growth": "Ours in 1,000 layers against ours in 2: what a frame pays for the size of its job.",
}
_SIZES = (2, 1000)


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    ours, stock = ours_venv() / "bin/python", stock_venv() / "bin/python"
    with tempfile.TemporaryDirectory(prefix="cuelet-bench-") as folder:
        home = Path(folder)
        measures = {}
        for size in _SIZES:
            own, other = (session_of(each, plain_env(home), size) for each in (ours, stock))
            measures[f"ours {size}"] = partial(
                frame_ms, plain_env(home), [ours, "-m", "outline.pycuerun", own, "-e", "1-layer1"]
            )
            measures[f"stock {size}"] = partial(
                frame_ms, plain_env(home), [stock.parent / "pycuerun", "-e", "1-layer1", other]
            )
        taken = alternate(measures, rounds)
    yield from (_against_stock(size, taken) for size in _SIZES)
    yield Figure(
        id="P2-growth",
        what="frame without work, 1,000 layers against 2",
        unit="ms",
        ours=taken["ours 1000"],
        peer_name="ours, 2 layers",
        peer=taken["ours 2"],
        target=at_most(1.1, "the same (at most 1.1)"),
    )


def _against_stock(size: int, taken: dict[str, list[float]]) -> Figure:
    return Figure(
        id=f"P2-{size}",
        what=f"frame without work, {size:,} layers",
        unit="ms",
        ours=taken[f"ours {size}"],
        peer_name="stock pycuerun 1.37",
        peer=taken[f"stock {size}"],
        target=at_most(1 / 3, "at most 1/3 of stock"),
    )


def session_of(python: Path, env: Mapping[str, str], layers: int) -> str:
    """Build a job with the package of an interpreter; return what its pycuerun is given."""
    script = ROOT / "bench/serving/build_session.py"
    done = subprocess.run(
        [python, script, str(layers)],
        env=env,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip()


def frame_ms(env: Mapping[str, str], command: Sequence[str | Path]) -> float:
    """Return how long a command takes as a whole process."""

    def once() -> None:
        subprocess.run(command, env=env, check=True, stderr=subprocess.DEVNULL)

    return 1000 * elapsed_s(once)
