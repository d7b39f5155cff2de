"""From the text of a range to the frames that real processes touch: each once, none missing."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import outline
from outline.frames import parse_range
from outline.modules.shell import Shell
from tests.budget import examples
from tests.conftest import FarmBox, wait_until

_sections = st.one_of(
    st.builds(str, st.integers(0, 40)),
    st.builds("{}-{}".format, st.integers(0, 25), st.integers(0, 25)),
    st.builds("{}-{}x{}".format, st.integers(0, 10), st.integers(10, 25), st.integers(1, 6)),
    st.builds("{}-{}y{}".format, st.integers(0, 10), st.integers(14, 25), st.integers(2, 6)),
    st.builds("{}-{}:{}".format, st.integers(0, 10), st.integers(10, 25), st.integers(1, 6)),
)
ranges = st.lists(_sections, min_size=1, max_size=3).map(",".join)
layers = st.lists(st.tuples(ranges, st.integers(1, 9)), min_size=1, max_size=6)
_names = itertools.count()


def run(farm: FarmBox, shapes: list[tuple[str, int]], folder: Path, *, pycuerun: bool) -> None:
    import opencue

    job = outline.Outline(f"ranges-{next(_names)}", show="show", shot="shot", user="user")
    before = None
    for number, (text, chunk) in enumerate(shapes):
        command = ["sh", "-c", f"echo #IFRAME# >> {folder}/layer{number}"]
        layer = Shell(f"layer{number}", command=command, range=text, chunk=chunk)
        if before is not None:
            layer.depend_on(before)
        job.add_layer(layer)
        before = layer
    (launched,) = outline.cuerun.launch(job, use_pycuerun=pycuerun)
    wait_until(lambda: not opencue.api.isJobPending(launched.name()), 120)


def assert_touched(shapes: list[tuple[str, int]], folder: Path) -> None:
    for number, (text, _) in enumerate(shapes):
        touched = Counter(int(line) for line in (folder / f"layer{number}").read_text().split())
        assert touched == Counter(parse_range(text)), (text, shapes)


@settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(shapes=layers)
def test_every_frame_of_a_raw_layer_is_touched_once(
    client: FarmBox, tmp_path_factory: pytest.TempPathFactory, shapes: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("touched")

    run(client, shapes, folder, pycuerun=False)

    assert_touched(shapes, folder)


@settings(
    max_examples=examples(3),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(shapes=layers)
def test_every_frame_of_a_pycuerun_layer_is_touched_once(
    client: FarmBox, tmp_path_factory: pytest.TempPathFactory, shapes: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("touched")

    run(client, shapes, folder, pycuerun=True)

    assert_touched(shapes, folder)
