"""Two trees of Cuelet in one run: what a change did to P1, P2, P7 and P8.

    python bench/trees.py OTHER_CHECKOUT [--rounds N]

Every round measures one tree, then the other, so that a noisy machine is noisy for both.
Prints one JSON line per figure; a ratio over 1 means that this tree takes longer, but for P7,
frames per second, where it means that it does more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness import ROUNDS, Figure
from p1_import import cpu_ms
from p2_frame import frame_ms, session_of
from peers import ROOT, plain_env

LAYERS = 1000
_UNITS = {
    "P1": ("`import outline`", "ms cpu"),
    "P2": (f"frame without work, {LAYERS:,} layers", "ms"),
    "P7": ("frames of `/bin/true` per second", "frames/s"),
    "P8": ("launch() to the first frame's process", "ms"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(argv)
    trees = {"this": ROOT, "other": options.other.resolve()}
    taken: dict[str, dict[str, list[float]]] = {id_: {} for id_ in _UNITS}
    with tempfile.TemporaryDirectory(prefix="cuelet-bench-") as folder:
        sessions = {who: _session(tree, Path(folder) / who) for who, tree in trees.items()}
        for _ in range(options.rounds):
            for who, tree in trees.items():
                for id_, value in _measure(tree, *sessions[who]).items():
                    taken[id_].setdefault(who, []).append(value)
    for id_, (what, unit) in _UNITS.items():
        ours, other = taken[id_]["this"], taken[id_]["other"]
        print(json.dumps(Figure(id_, what, unit, ours, str(options.other), other).line()))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="a checkout of the tree to compare with")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="measurements behind a median")
    return parser


def _env(tree: Path, home: Path) -> dict[str, str]:
    return plain_env(home) | {"PYTHONPATH": str(tree / "src")}


def _session(tree: Path, home: Path) -> tuple[Path, str]:
    """Return a home of a tree's own, and a session in it."""
    home.mkdir()
    return home, session_of(Path(sys.executable), _env(tree, home), LAYERS)


def _measure(tree: Path, home: Path, session: str) -> Mapping[str, float]:
    env = _env(tree, home)
    frame = [sys.executable, "-m", "outline.pycuerun", session, "-e", "1-layer1"]
    python = Path(sys.executable)
    return {
        "P1": cpu_ms(python, "import outline", env) - cpu_ms(python, "pass", env),
        "P2": min(frame_ms(env, frame) for _ in range(3)),
        **_of_a_farm(tree),
    }


def _of_a_farm(tree: Path) -> Mapping[str, float]:
    """Return P7 and P8 of a farm that runs the sources of a tree."""
    script = ROOT / "bench/serving/farm_figures.py"
    done = subprocess.run(
        [sys.executable, script, tree], check=True, stdout=subprocess.PIPE, env=plain_env()
    )
    found: Mapping[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
