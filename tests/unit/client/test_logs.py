"""Logs: which attempts are kept, and the last lines of one without a look at those before."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.client import logs
from cuelet.client.errors import AttemptNotFoundError


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"long" * 9]), max_size=60), st.integers(0, 9))
def test_the_tail_is_that_of_the_lines(parts: list[bytes], count: int) -> None:
    data = b"".join(parts)
    lines = io.BytesIO(data).readlines()

    start = logs.tail_start(io.BytesIO(data), count)

    assert data[start:] == b"".join(lines[len(lines) - count :] if count < len(lines) else lines)


class Counted(io.BytesIO):
    """A file that counts the bytes that are read."""

    asked = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.asked += len(found)
        return found


def test_the_tail_of_a_huge_log_takes_a_block_or_two() -> None:
    log = Counted(b"a line of a log\n" * 1_000_000)

    start = logs.tail_start(log, 3)

    assert start == 16 * 999_997
    assert log.asked < 1 << 18


def test_more_lines_than_a_block_are_counted_over_blocks() -> None:
    data = b"x" * 99 + b"\n"

    assert logs.tail_start(io.BytesIO(data * 5000), 2000) == 300_000


def test_without_a_number_it_is_the_whole_log() -> None:
    assert logs.tail_start(io.BytesIO(b"one\ntwo\n"), None) == 0


def head(attempt: int) -> str:
    return f"{'=' * 60}\nframe    0001-render of job, attempt {attempt} on here\n"


def test_attempts_are_numbered_as_their_logs_say(tmp_path: Path) -> None:
    log = tmp_path / "job.0001-render.rqlog"
    log.write_text(head(5))
    (tmp_path / f"{log.name}.1").write_text(head(2))
    (tmp_path / f"{log.name}.2").write_text(head(4))
    (tmp_path / f"{log.name}.txt").write_text("something else")

    assert logs.list_attempts(log) == {
        2: tmp_path / f"{log.name}.1",
        4: tmp_path / f"{log.name}.2",
        5: log,
    }
    assert logs.get_attempt(log, 4, "0001-render").suffix == ".2"
    with pytest.raises(AttemptNotFoundError, match="no log of attempt 3; there are 2, 4, 5"):
        logs.get_attempt(log, 3, "0001-render")


def test_logs_that_do_not_say_count_from_the_oldest(tmp_path: Path) -> None:
    log = tmp_path / "job.[1]*.rqlog"
    for number in range(1, 12):
        (tmp_path / f"{log.name}.{number}").write_text("plain")
    log.write_text("plain")

    assert logs.list_attempts(log)[12] == log
    assert logs.list_attempts(log)[10].suffix == ".10"
