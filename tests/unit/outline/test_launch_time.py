"""A launch with many depends between frames says how long a Cuebot takes, and waits for it."""

from __future__ import annotations

import pytest

import outline
from outline._targets.launch_time import launch_time
from outline.depend import DependType
from outline.modules.shell import Shell
from outline.spec import CUEBOT, Options, build_spec


def built(frames: str, comp: str, kind: str) -> object:
    job = outline.Outline("timed", show="demo", shot="sh010", user="ada")
    render = Shell("render", command="true #IFRAME#", range=frames)
    waiting = Shell("comp", command="true #IFRAME#", range=comp)
    job.add_layer(render)
    job.add_layer(waiting)
    if kind:
        waiting.depend_on(render, kind)
    spec = build_spec(job, CUEBOT, Options(use_pycuerun=False))
    return launch_time(spec.job, spec.xml)


@pytest.mark.parametrize(
    ("frames", "comp", "kind", "depends"),
    [
        ("1-4000", "1-4000", "", 0),
        ("1-4000", "1-4000", DependType.LayerOnLayer, 0),
        ("1-4000", "1-4000", DependType.FrameByFrame, 4000),
        ("1-4000", "1-4001", DependType.FrameByFrame, 4001),
    ],
)
def test_depends_between_frames_are_counted_as_cuebot_makes_them(
    frames: str, comp: str, kind: str, depends: int
) -> None:
    found = built(frames, comp, kind)

    assert found.depends == depends
    assert bool(found.note) is bool(depends)
    assert (found.timeout_s is None) is (depends == 0)


def test_it_is_said_in_seconds() -> None:
    found = built("1-20000", "1-20000", DependType.FrameByFrame)

    assert found.note == (
        "20,000 depends between frames: Cuebot takes 30 s or longer for this launch"
    )
    assert found.timeout_s == 520.0
