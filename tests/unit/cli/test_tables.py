"""Tables: no name is split or cut, columns give way, nothing of others drives the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.cli import tables
from cuelet.cli.tables import Table, width_of

names = st.from_regex(r"[a-z][a-z0-9_.-]{2,120}", fullmatch=True)
cells = st.text(max_size=12)


def made(rows: list[tuple[str, str, str]]) -> Table:
    table = tables.table(
        ("job", "left"), ("state", "left"), ("done", "right"), spare=("done", "state")
    )
    for row in rows:
        table.add_row(*row)
    return table


@given(st.lists(st.tuples(names, cells, cells), min_size=1, max_size=6), st.integers(20, 200))
def test_every_name_stands_whole_in_a_line_of_its_own_row(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    shown = list(made(rows).lines(width))[1:]

    assert [lines[0].split()[0] for lines in shown] == [name for name, *_ in rows]
    for lines in shown:
        for line in lines:
            assert "\n" not in line
            assert width_of(line) <= max(width, width_of(lines[0].split()[0]))


def test_where_there_is_room_everything_is_there() -> None:
    table = made([("bake", "running", "1/10")])

    assert list(table.lines(None)) == [["job   state    done"], ["bake  running  1/10"]]
    assert list(table.lines(80)) == list(table.lines(None))


def test_columns_that_can_be_spared_give_way_in_their_order() -> None:
    table = made([("bake", "running", "1/10")])

    assert list(table.lines(13)) == [["job   state"], ["bake  running"]]
    assert list(table.lines(12)) == [["job"], ["bake"]]


def test_a_name_that_leaves_no_room_stands_above_the_rest() -> None:
    table = tables.table(("job", "left"), ("done", "right"))
    table.add_row("a" * 30, "1/2")

    assert list(table.lines(32)) == [["job", "  done"], ["a" * 30, "   1/2"]]


def test_what_others_wrote_is_one_readable_line() -> None:
    table = made([("job\x1b[2J", "two\nlines", "x" * 5000)])

    ((line,),) = list(table.lines(None))[1:]

    assert line.startswith("job?[2J  two lines  xxx")
    assert "[5,000 characters]" in line
    assert len(line) < 400


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("漢字", 4), ("e\u0301", 1)])
def test_a_text_takes_columns_not_characters(text: str, columns: int) -> None:
    assert width_of(text) == columns


def test_a_column_that_may_be_cut_shows_what_there_is_room_for() -> None:
    table = tables.table(("job", "left"), ("state", "left"), ("done", "right"), cut="state")
    table.add_row("bake", "waiting for everything that can be waited for", "1/10")

    assert list(table.lines(37))[1] == ["bake  waiting for everything...  1/10"]
    assert list(table.lines(None))[1][0].split()[-2:] == ["for", "1/10"]
