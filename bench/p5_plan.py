"""P5: how long a plan takes of a job of 100,000 frames in 10 layers, every frame-to-frame edge checked.

``python bench/p5_plan.py`` prints one JSON line per figure.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from harness import ROUNDS, Figure, at_most, elapsed_s, machine, spread

import outline
from outline.modules.shell import Shell
from outline.planning.detail import all_frame_edges

EXPLAIN = {
    "P5": "`outline.plan` of 10 layers x 10,000 frames, each layer frame by frame on the one before: ranges, chunks, edges, critical path, both specifications, every finding.",
    "P5-shifted": "The same where every second layer begins at frame 11, so that each edge has to be looked up frame by frame.",
    "P5-edges": "Listing the 90,000 frame-to-frame edges of the first.",
}
_LAYERS = 10
_SIZES = (2_500, 5_000, 10_000)
"""Frames per layer, for the curve; the last is the figure's."""


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    second = at_most(1.0, "under 1 s")
    for id_, ranges in (("P5", ("1-{n}",)), ("P5-shifted", ("1-{n}", "11-{n}"))):
        taken = {n: [_plan_s(n, ranges) for _ in range(rounds)] for n in _SIZES}
        yield Figure(
            id=id_,
            what=f"plan {_LAYERS} layers x {_SIZES[-1]:,} frames",
            unit="s",
            ours=taken[_SIZES[-1]],
            target=second,
            more={"curve": {str(_LAYERS * n): spread(times) for n, times in taken.items()}},
        )
    plan = outline.plan(_job(_SIZES[-1], ("1-{n}",)), use_pycuerun=False)
    listed = [elapsed_s(lambda: sum(1 for _ in all_frame_edges(plan))) for _ in range(rounds)]
    yield Figure(id="P5-edges", what="list 90,000 edges", unit="s", ours=listed, target=second)


def _plan_s(frames: int, ranges: tuple[str, ...]) -> float:
    job = _job(frames, ranges)
    return elapsed_s(lambda: outline.plan(job, use_pycuerun=False))


def _job(frames: int, ranges: tuple[str, ...]) -> outline.Outline:
    job = outline.Outline("bench-plan", show="demo", shot="sh010", user="kim")
    before = None
    for number in range(_LAYERS):
        text = ranges[number % len(ranges)].format(n=frames)
        layer = Shell(f"layer{number}", command=["true", "#IFRAME#"], range=text)
        job.add_layer(layer)
        if before is not None:
            layer.depend_on(before)
        before = layer
    return job


if __name__ == "__main__":
    for figure in run(ROUNDS):
        sys.stdout.write(json.dumps({**figure.line(), "machine": machine()}) + "\n")
