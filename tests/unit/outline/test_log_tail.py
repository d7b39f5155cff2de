"""The last lines of a log: readable however long they are, and without what drives a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outline.jobspec.log_tail import last_lines


def written(folder: Path, text: bytes) -> Path:
    path = folder / "log"
    path.write_bytes(text)
    return path


@pytest.mark.parametrize("size", [5_000_000, 20_000, 241])
def test_an_endless_line_is_cut_and_says_how_long_it_was(tmp_path: Path, size: int) -> None:
    line = b"begin" + b"x" * (size - 8) + b"end"

    (found,) = last_lines(written(tmp_path, b"one\n" + line), 3)[-1:]

    assert f"[a line of {size:,} characters]" in found
    assert found.startswith("beginx")
    assert found.endswith("xend")
    assert len(found) < 300


def test_lines_around_an_endless_one_stay(tmp_path: Path) -> None:
    path = written(tmp_path, b"before\n" + b"x" * 5000 + b"\nafter\n")

    first, cut, last = last_lines(path, 3)

    assert (first, last) == ("before", "after")
    assert "5,000 characters" in cut


def test_what_a_progress_bar_wrote_over_is_no_endless_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"\r".join(b"%7d %%" % at for at in range(10_000)))

    assert last_lines(path, 2) == ["   9998 %", "   9999 %"]


@given(st.binary(max_size=900), st.integers(1, 5))
def test_any_bytes_come_as_short_printable_lines(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, count: int
) -> None:
    lines = last_lines(written(tmp_path_factory.mktemp("log"), data), count)

    assert len(lines) <= count
    assert all(len(line) < 300 for line in lines)
    assert all(char.isprintable() or char == "\t" for line in lines for char in line)
