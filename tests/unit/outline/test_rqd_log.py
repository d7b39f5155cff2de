"""Logs that a stock RQD wrote: what the frame said is shown, in whatever pieces it comes, and nothing around it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.client import logs
from outline.jobspec.log_tail import last_lines
from outline.jobspec.rqd_log import OwnOutput, own_part

RULE = b"=" * 59 + b"\n"
HEAD = (
    RULE + b"RenderQ JobSpec      Sun Nov 29 03:03:35 2026 \n\n"
    b"command              /usr/bin/seq 3\nuid                  2001\nenv                  CUE3=1\n"
) + RULE
FOOT = (
    b"\n" + RULE + b"RenderQ Job Complete\n\nexitStatus          0\nmaxrss              0\n"
    b"renderhost          127.0.0.1\nmaxrss (KB)         0\n" + RULE
)
SAID = st.lists(
    st.sampled_from(
        [b"a line\n", b"\n", b"half", RULE, b"=" * 59, b"RenderQ Job Complete\n", FOOT]
    ),
    max_size=9,
).map(b"".join)


@given(SAID, st.sampled_from([HEAD, HEAD + b"Hyper-threading enabled\n"]))
def test_head_and_foot_are_found_around_anything(said: bytes, head: bytes) -> None:
    data = head + said + FOOT

    first, end = own_part(io.BytesIO(data))

    assert data[first:end] == said


@given(SAID, st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_a_log_that_grows_shows_the_same(said: bytes, sizes: list[int]) -> None:
    stream, own, shown = io.BytesIO(HEAD + said + FOOT), OwnOutput(), b""
    for size in [*sizes, 1 << 20]:
        shown += own.feed(stream.read(size))

    assert shown + own.finish() == said


@given(SAID, st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_a_log_of_ours_stays_as_it_is(said: bytes, sizes: list[int]) -> None:
    data = b"=" * 60 + b"\nframe    0001-render\n" + b"=" * 60 + b"\n" + said
    stream, own, shown = io.BytesIO(data), OwnOutput(), b""
    for size in [*sizes, 1 << 20]:
        shown += own.feed(stream.read(size))

    assert shown + own.finish() == data
    assert own_part(io.BytesIO(data)) == (0, len(data))


def test_a_line_is_shown_before_the_frame_has_ended() -> None:
    own = OwnOutput()
    own.feed(HEAD)

    assert own.feed(b"at once\n") == b"at once"
    assert own.settle() == b"\n"
    assert own.feed(b"and more") == b"and more"
    assert own.feed(FOOT) == own.settle() == own.finish() == b""


def test_a_head_without_end_is_no_frame_s_output_yet() -> None:
    own = OwnOutput()

    assert own.feed(HEAD[:100]) == b""
    assert own.feed(HEAD[100:] + b"now") == b"now"


@pytest.mark.parametrize("said", [b"one\ntwo\nthe cause\n", b"one\ntwo\nthe cause"])
def test_the_last_lines_are_the_frame_s(tmp_path: Path, said: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(HEAD + said + FOOT)

    assert last_lines(path, 2) == ["two", "the cause"]
    assert b"".join(logs.read(path, tail=2)) == said[4:]
    assert b"".join(logs.read(path, tail=9)) == said
    assert b"".join(logs.read(path)) == said


def test_a_frame_that_says_nothing_has_no_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(HEAD + FOOT)

    assert last_lines(path, 3) == []
    assert b"".join(logs.read(path)) == b""
