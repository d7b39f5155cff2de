"""Ranges, chunks and edges against models written the slow and obvious way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outline.frames import (
    EdgeKind,
    FrameRangeError,
    Tasks,
    format_frames,
    is_plain,
    parse_range,
    resolve,
)
from tests.budget import examples

numbers = st.integers(-40, 60)


@st.composite
def sections(draw: st.DrawFn) -> str:
    first, last = draw(numbers), draw(numbers)
    kind = draw(st.sampled_from(["one", "span", "x", "y", ":"]))
    if kind == "one":
        return str(first)
    if kind == "span":
        return f"{first}-{last}"
    return f"{first}-{last}{kind}{draw(st.integers(1, 9))}"


ranges = st.lists(sections(), min_size=1, max_size=4).map(",".join)


def naive_section(section: str) -> list[int]:
    text = section
    for kind in "xy:":
        if kind in text:
            text, step_text = text.split(kind)
            return naive_stepped(text, kind, int(step_text))
    return naive_stepped(text, "x", 1)


def naive_stepped(text: str, kind: str, step: int) -> list[int]:
    dash = text.find("-", 1)
    first = int(text if dash < 0 else text[:dash])
    last = first if dash < 0 else int(text[dash + 1 :])
    direction = 1 if last >= first else -1
    every = list(range(first, last + direction, direction))
    kept = [n for i, n in enumerate(every) if i % step == 0]
    if kind == "x":
        return kept
    if kind == "y":
        return [n for n in every if n not in kept]
    found: list[int] = []
    offset = 0
    while True:
        found += [n for n in every[offset::step] if n not in found]
        if step == 1 or offset + 1 >= len(every):
            return found
        step, offset = step // 2, offset + 1


def naive(text: str) -> list[int]:
    found: list[int] = []
    for section in text.split(","):
        found += [n for n in naive_section(section) if n not in found]
    return found


@given(ranges)
def test_a_range_is_what_a_naive_reader_makes_of_it(text: str) -> None:
    expected = naive(text)
    if expected:
        assert list(parse_range(text)) == expected
    else:
        with pytest.raises(FrameRangeError):
            parse_range(text)


@given(ranges)
def test_every_number_appears_once(text: str) -> None:
    try:
        frames = list(parse_range(text))
    except FrameRangeError:
        return
    assert len(frames) == len(set(frames)) > 0


@given(st.text(alphabet="0123456789-xy:, ", max_size=12))
def test_any_text_is_read_or_refused_in_one_way(text: str) -> None:
    try:
        frames = parse_range(text)
    except FrameRangeError:
        return
    assert len(frames) > 0


@given(st.lists(st.integers(-200, 200), min_size=1, max_size=60, unique=True))
def test_formatting_keeps_numbers_and_order_in_plain_text(frames: list[int]) -> None:
    text = format_frames(frames)

    assert list(parse_range(text)) == frames
    assert is_plain(text)


@given(st.lists(st.integers(-200, 200), min_size=1, max_size=60, unique=True), st.integers(1, 20))
def test_chunks_cover_every_frame_once_in_order(frames: list[int], chunk: int) -> None:
    tasks = Tasks(tuple(frames), chunk)

    executed = [number for task in range(len(tasks)) for number in tasks.members(task)]
    assert executed == frames
    assert [tasks.head(task) for task in range(len(tasks))] == list(tasks.heads())
    for task in range(len(tasks)):
        assert tasks.members(task)[0] == tasks.head(task)
        assert all(tasks.task_of(number) == task for number in tasks.members(task))
    assert tasks.task_of(999) is None


@st.composite
def layers(draw: st.DrawFn) -> Tasks:
    if draw(st.booleans()):
        first = draw(st.integers(1, 6))
        frames: list[int] = list(range(first, first + draw(st.integers(1, 12))))
    else:
        frames = draw(st.lists(st.integers(1, 14), min_size=1, max_size=12, unique=True))
    return Tasks(tuple(frames), draw(st.integers(1, 4)))


def naive_waits(kind: EdgeKind, er: Tasks, on: Tasks, task: int) -> set[int]:
    """Return the awaited tasks, frame by frame, from the definitions in EdgeKind."""
    everything = set(range(len(on)))
    if kind is EdgeKind.LAYER_ON_LAYER or kind is EdgeKind.LAYER_ON_ANY:
        return everything
    if kind is EdgeKind.LAYER_ON_SIM_FRAME:
        return {0}
    task_of = {number: at // on.chunk for at, number in enumerate(on.frames)}
    before = dict(zip(on.frames[1:], on.frames[:-1], strict=True))
    wanted: set[int] = set()
    for number in er.members(task):
        if number not in task_of:
            return everything
        if kind is EdgeKind.FRAME_BY_FRAME:
            wanted.add(task_of[number])
        elif number in before:
            wanted.add(task_of[before[number]])
    single = kind is EdgeKind.FRAME_BY_FRAME and len(er.frames) == 1 and len(on.frames) > 1
    return everything if single else wanted


@settings(max_examples=examples(400))
@given(st.sampled_from(list(EdgeKind)), layers(), layers())
def test_edges_are_what_their_definitions_say(kind: EdgeKind, er: Tasks, on: Tasks) -> None:
    links = resolve(kind, er, on)

    assert (links.waiting, links.awaited) == (len(er), len(on))
    assert links.any_one == (kind is EdgeKind.LAYER_ON_ANY)
    for task in range(len(er)):
        assert set(links.waits_for(task)) == naive_waits(kind, er, on, task)
    listed = {(task, awaited) for task, awaited in links.pairs()}
    assert listed == {
        (task, awaited)
        for task in range(len(er))
        if task not in links.whole
        for awaited in links.waits_for(task)
    }


@given(layers())
def test_a_layer_on_its_own_previous_frame_is_a_chain(layer: Tasks) -> None:
    links = resolve(EdgeKind.PREVIOUS_FRAME, layer, layer)

    for task in range(len(layer)):
        assert list(links.waits_for(task)) == ([task - 1] if task else [])


@given(layers(), layers(), st.data())
def test_a_sim_frame_other_than_the_first_can_be_awaited(
    er: Tasks, on: Tasks, data: st.DataObject
) -> None:
    number = data.draw(st.sampled_from(list(on.frames)))

    links = resolve(EdgeKind.LAYER_ON_SIM_FRAME, er, on, on_frame=number)

    assert all(list(links.waits_for(task)) == [on.task_of(number)] for task in range(len(er)))
    with pytest.raises(ValueError, match="999"):
        resolve(EdgeKind.LAYER_ON_SIM_FRAME, er, on, on_frame=999)


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", ",", "1,", "1-", "-", "1-10x0", "1-10x-2", "1--", "a", "1-10z2", "1e3", "0x10"],
        *["١", "1-99999999999", "9" * 19, "1-20000000"],
    ],
)
def test_what_is_no_range_is_refused_with_advice(text: str) -> None:
    with pytest.raises(FrameRangeError, match="write it like 1-10"):
        parse_range(text)


def test_a_million_frames_cost_nothing() -> None:
    frames = parse_range("1-1000000x3")

    assert isinstance(frames, range)
    assert Tasks(frames, 7).task_of(999_999) is None
    assert Tasks(frames, 7).task_of(999_997) == 333_332 // 7
