"""Logs that RQD wrote: the frame's own output, whole and nothing else, however it ends and however it comes."""

from __future__ import annotations

import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from outline.jobspec.log_tail import last_lines
from outline.jobspec.rqd_log import OwnOutput, head_facts, own_part

RULE = "=" * 59 + "\n"
HEAD = (
    RULE + "RenderQ JobSpec      Sun Nov 29 03:09:06 2026 \n\n"
    "command              python -c 'print(1)'\n"
    "uid                  2001\n"
    "cwd                  /tmp/job/0003-render\n"
    "env                  CUE_FRAME=0003-render\n"
    "env                  EMPTY=\n"
    "env                  WITH=a = b\n" + RULE
).encode()
FOOT = (
    "\n" + RULE + "RenderQ Job Complete\n\nexitStatus          4\n"
    "renderhost          127.0.0.1\nmaxrss (KB)         0\n" + RULE
).encode()
PARTS = st.sampled_from(
    [
        b"",
        b"\n",
        b"a line\n",
        b"=" * 59 + b"\n",
        b"=" * 30,
        b"RenderQ Job Complete\n",
        b"\xff\0",
        FOOT,
    ]
)
OUTPUTS = st.lists(PARTS, max_size=8).map(b"".join)


def own(log: bytes) -> bytes:
    begin, end = own_part(io.BytesIO(log))
    return log[begin:end]


@settings(max_examples=examples(300), deadline=None)
@given(OUTPUTS)
def test_header_and_footer_are_cut_and_nothing_else(output: bytes) -> None:
    assert own(HEAD + output + FOOT) == output
    assert own(output) == output


@settings(max_examples=examples(300), deadline=None)
@given(OUTPUTS.filter(lambda output: FOOT[:80] not in output), st.data())
def test_a_log_that_is_being_written_gives_the_same(output: bytes, data: st.DataObject) -> None:
    for log in (HEAD + output + FOOT, output):
        cuts = sorted(data.draw(st.lists(st.integers(0, len(log)), max_size=6)))
        reader = OwnOutput()
        pieces = [log[a:b] for a, b in zip([0, *cuts], [*cuts, len(log)], strict=True)]
        assert b"".join(map(reader.feed, pieces)) + reader.rest() == output


def test_a_frame_that_runs_has_no_footer_yet_and_its_header_may_be_half_there() -> None:
    assert own(HEAD + b"so far\n") == b"so far\n"
    assert own(HEAD[: len(HEAD) // 2]) == b""
    half = OwnOutput()
    assert half.feed(HEAD[: len(HEAD) // 2]) + half.rest() == b""


def test_the_last_lines_are_the_frames_own(tmp_path: Path) -> None:
    log = tmp_path / "x.rqlog"
    log.write_bytes(HEAD + b"loading\nfailed: no licence\n" + FOOT)
    assert last_lines(log, 3) == ["loading", "failed: no licence"]
    log.write_bytes(HEAD + FOOT)
    assert last_lines(log, 3) == []
    log.write_bytes(HEAD + b"x" * 100_000 + b"\nend" + FOOT)
    assert last_lines(log, 1) == ["end"]


def test_the_header_tells_command_place_and_variables() -> None:
    facts, variables = head_facts(io.BytesIO(HEAD + b"env not=mine\n" + FOOT))
    assert facts["command"] == "python -c 'print(1)'"
    assert facts["cwd"] == "/tmp/job/0003-render"
    assert variables == {"CUE_FRAME": "0003-render", "EMPTY": "", "WITH": "a = b"}
    assert head_facts(io.BytesIO(b"something else\n")) == ({}, {})
