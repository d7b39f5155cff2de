"""Whatever a script says about cores, memory, time and frames, a Cuebot reads what the script meant."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outline.spec as spec_of
from outline import Outline
from outline.frames import parse_range
from outline.modules.shell import Shell
from tests.budget import examples
from tests.conformance.reading import LEAST_MEMORY_KB, read

cores = st.integers(1, 4000).map(lambda hundredths: hundredths / 100)
megabytes = st.integers(1, 900_000)
gigabytes = st.integers(1, 1024)


def sent(layer: Shell, **job: Any) -> Any:
    """Return the layer as a stock Cuebot reads it."""
    ol = Outline("unit-job", show="demo", shot="shot010", user="kim", **job)
    ol.add_layer(layer)
    options = spec_of.Options(use_pycuerun=False)
    facts = read(spec_of.build_spec(ol, spec_of.CUEBOT, options).xml)
    return facts if job else facts["layers"]["render"]


def shell(**args: Any) -> Shell:
    return Shell("render", command=["ls"], **{"range": "1", **args})


def points(wanted: float) -> int:
    """Return the core points of some cores, with OpenCue's lowest and highest."""
    exact = round(wanted * 100)
    return 100 if exact < 10 else min(exact, 2400)


def kilobytes(wanted_mb: float) -> int:
    return max(math.ceil(wanted_mb) * 1024, LEAST_MEMORY_KB)


@given(cores)
@settings(max_examples=examples(60), deadline=None)
def test_cores_are_cores_however_they_are_said(wanted: float) -> None:
    by_method, by_other = shell(), shell()
    by_method.set_min_cores(wanted)
    by_other.set_cores(wanted)
    layers = [
        by_method,
        by_other,
        shell(cores=wanted),
        shell(cores=str(wanted)),
        shell(threads=wanted),
    ]

    assert {sent(each)["core_points"] for each in layers} == {points(wanted)}


@given(st.integers(1, 40))
@settings(max_examples=examples(20), deadline=None)
def test_whole_cores_are_never_taken_for_core_points(wanted: int) -> None:
    assert sent(shell(cores=wanted))["core_points"] == points(wanted)
    assert sent(shell(cores=str(wanted)))["core_points"] == points(wanted)


@pytest.mark.parametrize(("wanted", "expected"), [(0, 0), (-2, -200), (-0.5, -50)])
def test_no_cores_are_a_whole_host_and_fewer_leave_some(wanted: float, expected: int) -> None:
    assert sent(shell(cores=wanted))["core_points"] == expected


@given(megabytes)
@settings(max_examples=examples(60), deadline=None)
def test_megabytes_are_megabytes(wanted: int) -> None:
    by_method, by_number, by_text = shell(), shell(), shell()
    by_method.set_min_memory(wanted)
    by_number.set_memory(wanted)
    by_text.set_memory(f"{wanted}m")
    layers = [
        by_method,
        by_number,
        by_text,
        shell(memory=f"{wanted}m"),
        shell(memory=f"{wanted}MB"),
    ]

    assert {sent(each)["memory_kb"] for each in layers} == {kilobytes(wanted)}


@given(gigabytes)
@settings(max_examples=examples(40), deadline=None)
def test_gigabytes_are_gigabytes(wanted: int) -> None:
    by_method = shell()
    by_method.set_memory(f"{wanted}g")
    layers = [by_method, *(shell(memory=each) for each in (wanted, str(wanted), f"{wanted}g"))]

    assert {sent(each)["memory_kb"] for each in layers} == {wanted * 1024 * 1024}


@given(st.integers(1, 4096).map(lambda quarters: quarters / 4))
@settings(max_examples=examples(40), deadline=None)
def test_parts_of_a_gigabyte_are_not_lost(wanted: float) -> None:
    layers = [shell(memory=wanted), shell(memory=f"{wanted}g"), shell(memory=f"{wanted * 1024}m")]

    assert {sent(each)["memory_kb"] for each in layers} == {kilobytes(wanted * 1024)}


@given(st.integers(1, 100), st.integers(0, 64))
@settings(max_examples=examples(20), deadline=None)
def test_gpus_and_their_memory(wanted_gb: int, gpus: int) -> None:
    found = sent(shell(gpus=gpus, gpu_memory=f"{wanted_gb}g"))

    assert (found["gpus"], found["gpu_memory_kb"]) == (gpus, wanted_gb * 1024 * 1024)


@given(st.floats(0, 10_000))
@settings(max_examples=examples(40), deadline=None)
def test_timeouts_are_minutes_and_never_shorter_than_said(minutes: float) -> None:
    layer = shell(timeout_llu=minutes)
    layer.set_timeout(minutes)
    found = sent(layer)

    assert found["timeout"] == found["timeout_llu"] == math.ceil(minutes)


@given(st.floats(0.5, 5000))
@settings(max_examples=examples(40), deadline=None)
def test_the_cores_of_a_job_are_whole_and_never_more_than_said(most: float) -> None:
    found = sent(shell(), maxcores=most)["maxcores"]

    assert found == max(1, int(most)) * 100


sections = st.builds(
    lambda first, length, kind, step: f"{first}-{first + length}{kind}{step}",
    st.integers(0, 300),
    st.integers(0, 120),
    st.sampled_from("xy:"),
    st.integers(2, 9),
)


@given(st.lists(sections, min_size=1, max_size=3).map(",".join))
@settings(max_examples=examples(150), deadline=None)
def test_interleaved_and_other_ranges_reach_a_cuebot_expanded_and_in_order(text: str) -> None:
    try:
        wanted = list(parse_range(text))
    except ValueError:
        return  # nothing is left of it

    assert sent(shell(range=text))["frames"] == wanted


@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_of_ten_thousand_layers_needs_no_recursion(backwards: bool) -> None:
    ol = Outline("chain-job", frame_range="1-2")
    layers = [Shell(f"layer{n}", command=["ls"]) for n in range(10_000)]
    for layer in layers:
        ol.add_layer(layer)
    for one, other in itertools.pairwise(layers):
        waiting, awaited = (one, other) if backwards else (other, one)
        waiting.depend_on(awaited)

    ol.check()

    last, first = (layers[-1], layers[0]) if backwards else (layers[0], layers[-1])
    last.depend_on(first.get_name())
    with pytest.raises(outline_cycle()):
        ol.check()


def outline_cycle() -> type[Exception]:
    from outline.exception import DependencyCycleError

    return DependencyCycleError
