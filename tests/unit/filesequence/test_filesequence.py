"""Every row that was observed of pycue's FrameSet and FileSequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from FileSequence import FileSequence, FrameRange, FrameSet

FRAME_SETS: list[tuple[str, str | type[Exception]]] = [
    ("1", "1"),
    ("-1", "-1"),
    ("0001", "1"),
    ("1-10", "1,2,3,4,5,6,7,8,9,10"),
    ("1-1", "1"),
    ("10-1", "10,9,8,7,6,5,4,3,2,1"),
    ("-5-5", "-5,-4,-3,-2,-1,0,1,2,3,4,5"),
    ("-10--5", "-10,-9,-8,-7,-6,-5"),
    ("-5--10", "-5,-6,-7,-8,-9,-10"),
    ("1-10x2", "1,3,5,7,9"),
    ("1-10x3", "1,4,7,10"),
    ("1-10x1", "1,2,3,4,5,6,7,8,9,10"),
    ("1-10x20", "1"),
    ("10-1x-1", "10,9,8,7,6,5,4,3,2,1"),
    ("10-1x-2", "10,8,6,4,2"),
    ("10-1x-3", "10,7,4,1"),
    ("10-1x1", ""),
    ("10-1x2", ValueError),
    ("1-10x-1", ValueError),
    ("1-10x0", ValueError),
    ("1-10y2", "2,4,6,8,10"),
    ("1-10y3", "2,3,5,6,8,9"),
    ("1-10y1", ""),
    ("10-1y-3", "9,8,6,5,3,2"),
    ("1-10:1", "1,2,3,4,5,6,7,8,9,10"),
    ("1-10:2", "1,3,5,7,9,2,4,6,8,10"),
    ("1-10:3", "1,4,7,10,2,3,5,6,8,9"),
    ("1-10:5", "1,6,2,4,8,10,3,5,7,9"),
    ("1-10:8", "1,9,2,6,10,3,5,7,4,8"),
    ("1-16:4", "1,5,9,13,2,4,6,8,10,12,14,16,3,7,11,15"),
    ("10-1:-3", "10,7,4,1,9,8,6,5,3,2"),
    ("10-1:3", ValueError),
    ("1-10:-2", ValueError),
    ("1,3,5-7", "1,3,5,6,7"),
    ("5-7,1,3", "5,6,7,1,3"),
    ("1,1,2", "1,1,2"),
    ("1-5,3-8", "1,2,3,4,5,3,4,5,6,7,8"),
    ("1-5,1-5", "1,2,3,4,5,1,2,3,4,5"),
    ("10-5,1-3", "10,9,8,7,6,5,1,2,3"),
    ("1, 2", ValueError),
    (" 1-10", ValueError),
    ("1-10 ", ValueError),
    ("1-10,", ValueError),
    (",1-5", ValueError),
    ("", ValueError),
    ("a", ValueError),
    ("1.5", ValueError),
    ("1-10.5", ValueError),
    ("1-10x2,20-30y5", "1,3,5,7,9,21,22,23,24,26,27,28,29"),
    ("1--1", "1,0,-1"),
    ("1-", ValueError),
    ("-5", "-5"),
    ("1-3,-3--1", "1,2,3,-3,-2,-1"),
    ("+1-3", ValueError),
    ("1:10", ValueError),
    ("1-10xx2", ValueError),
    ("1-10x2x2", ValueError),
    ("1..5", ValueError),
    ("100-109x2,104", "100,102,104,106,108,104"),
]


@pytest.mark.parametrize(("text", "expected"), FRAME_SETS)
def test_a_frame_set_lists_the_frames_pycue_lists(
    text: str, expected: str | type[Exception]
) -> None:
    if isinstance(expected, str):
        assert str(FrameSet(text)) == expected
    else:
        with pytest.raises(expected):
            FrameSet(text)


def test_a_million_frames_are_no_trouble() -> None:
    assert len(FrameSet("1-1000000")) == 1_000_000


@pytest.mark.parametrize("text", ["1-3,5", "", "1-", "a", "1-10x0"])
def test_a_frame_range_is_one_section(text: str) -> None:
    with pytest.raises(ValueError):
        FrameRange(text)


def test_frame_lists_answer_like_lists() -> None:
    frames = FrameSet("5,1-3,1")

    assert (frames.size(), len(frames), frames.get(0), frames[-1], frames[1:3]) == (
        5,
        5,
        5,
        1,
        [1, 2],
    )
    assert (frames.index(3), frames.index(9), 2 in frames, 9 in frames) == (3, -1, True, False)
    assert frames.getAll() == frames.frameList == list(frames) == [5, 1, 2, 3, 1]
    assert FrameSet.parseFrameRange("5,1") == [5, 1]
    assert FrameRange.parseFrameRange("1-5x2") == [1, 3, 5]


def test_normalize_sorts_and_drops_duplicates_in_place() -> None:
    frames = FrameSet("5,1-3,1")

    assert frames.normalize() is None  # type: ignore[func-returns-value]
    assert str(frames) == "1,2,3,5"


PATHS: list[tuple[str, int, list[str]]] = [
    ("/a/b/foo.1-10####.jpg", 4, ["/a/b/foo.0001.jpg", "/a/b/foo.0010.jpg"]),
    ("/a/b/foo.1-10#.jpg", 1, ["/a/b/foo.1.jpg", "/a/b/foo.10.jpg"]),
    ("/a/b/foo.1-3@@@.jpg", 1, ["/a/b/foo.1.jpg", "/a/b/foo.3.jpg"]),
    ("/a/b/foo.0001-0003.jpg", 4, ["/a/b/foo.0001.jpg", "/a/b/foo.0003.jpg"]),
    ("/a/b/foo.-5--3####.jpg", 4, ["/a/b/foo.-005.jpg", "/a/b/foo.-003.jpg"]),
    ("foo.1-10x3##.jpg", 2, ["foo.01.jpg", "foo.10.jpg"]),
    ("foo.1-3@##.jpg", 2, ["foo.01.jpg", "foo.03.jpg"]),
    ("foo.10-11.jpg", 1, ["foo.10.jpg", "foo.11.jpg"]),
    ("foo.007@.jpg", 3, ["foo.007.jpg", "foo.007.jpg"]),
    ("a.1-2.3-4#.jpg", 1, ["a.1-2.3.jpg", "a.1-2.4.jpg"]),
    ("foo.1-2#.tar.gz", 1, ["foo.1.tar.gz", "foo.2.tar.gz"]),
]


@pytest.mark.parametrize(("path", "padding", "ends"), PATHS)
def test_a_file_sequence_names_the_files_pycue_names(
    path: str, padding: int, ends: list[str]
) -> None:
    sequence = FileSequence(path)

    assert sequence.getPadSize() == padding
    assert [sequence.getFileList()[0], sequence[-1]] == ends
    assert list(sequence) == list(sequence) == sequence.getFileList()
    assert str(sequence) == path


@pytest.mark.parametrize(
    "path",
    [
        "/a/b/foo.10-1####.jpg",
        "/a/b/foo.1-10y3#.jpg",
        "/a/b/foo.1-10:3#.jpg",
        "/a/b/foo.jpg",
        "/a/b/foo_1-3####.exr",
        "/a/b/foo.%04d.jpg",
        "/a/b/foo.10-1x1#.jpg",
        "foo..jpg",
        "foo.1-3#",
        "foo.1-3#.",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(ValueError):
        FileSequence(path)


def test_the_parts_of_a_path() -> None:
    sequence = FileSequence("/a/b/foo.bar.1-2#.tar.gz")

    assert (sequence.getPrefix(), sequence.getSuffix()) == ("/a/b/foo.bar.", ".tar.gz")
    assert (sequence.getDirname(), sequence.getBasename()) == ("/a/b/", "foo.bar")
    assert FileSequence("foo.1#.jpg").getDirname() == ""


@pytest.mark.parametrize("use", [len, list, lambda each: each[0], lambda each: each.getFileList()])
def test_a_path_without_frames_says_that_it_has_none(use: Callable[[Any], Any]) -> None:
    sequence = FileSequence("/a/b/foo.####.jpg")

    assert (sequence.frameSet, sequence(5)) == (None, "/a/b/foo.0005.jpg")
    assert sequence.getFileList(FrameSet("7,8")) == ["/a/b/foo.0007.jpg", "/a/b/foo.0008.jpg"]
    with pytest.raises(AttributeError):
        use(sequence)


def test_the_files_of_some_frames_come_in_the_order_of_the_sequence() -> None:
    sequence = FileSequence("foo.1-10####.jpg")

    assert sequence.getFileList(FrameSet("8,7,99")) == ["foo.0007.jpg", "foo.0008.jpg"]


def test_paths_for_openrv() -> None:
    assert FileSequence("/a/foo.1-3####.jpg").getOpenRVPath() == "/a/foo.1-3@@@@.jpg"
    assert FileSequence("/a/foo.####.jpg").getOpenRVPath() == "/a/foo.@@@@.jpg"
    assert FileSequence("/a/foo.#.jpg").getOpenRVPath(FrameSet("7-8")) == "/a/foo.7-8@.jpg"


def test_iteration_has_one_cursor() -> None:
    sequence = FileSequence("foo.1-2#.jpg")

    assert next(sequence) == "foo.1.jpg"
    assert iter(sequence) is sequence
    assert [next(sequence), next(sequence)] == ["foo.1.jpg", "foo.2.jpg"]
    with pytest.raises(StopIteration):
        next(sequence)
