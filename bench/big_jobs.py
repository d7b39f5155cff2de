"""Specifications of large jobs that a farm takes in without running them."""

from __future__ import annotations

import itertools

LAYERS = 10
_numbers = itertools.count()


def paused_spec(frames: int, layers: int = LAYERS) -> str:
    """Return a paused job whose layers wait for each other, frame by frame.

    Args:
        frames: Of the whole job.
        layers: Among which they are divided.
    """
    from outline import Outline, spec
    from outline.modules.shell import Shell

    job = Outline(f"large-{next(_numbers)}", show="bench", shot="shot", user="bench")
    before = None
    for number in range(layers):
        layer = Shell(f"layer{number}", command=["true"], range=f"1-{frames // layers}")
        job.add_layer(layer)
        if before is not None:
            layer.depend_on(before)
        before = layer
    return spec.job_spec(job, "cuelet", use_pycuerun=False, paused=True)
