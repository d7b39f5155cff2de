"""Records are read out of a SQLite file without SQLite as SQLite put them in."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cuelet.store.pages import PAGE_BYTES, records
from tests.budget import examples

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=40),
    st.builds(lambda text, times: text * times, st.text(max_size=3), st.integers(0, 9000)),
    st.binary(max_size=40),
)
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=40)


def written(path: Path, rows: list[tuple[Any, ...]], table: str) -> bytes:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        database.execute(table)
        for number, row in enumerate(rows):
            database.execute("INSERT INTO t VALUES (?, ?, ?, ?)", (number, *row))
    return path.read_bytes()


@pytest.mark.parametrize("ending", ["", " WITHOUT ROWID"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
@given(ROWS)
@example(rows=[(None, None, 0), *[(None, None, None)] * 5])
def test_every_row_is_found(
    tmp_path_factory: pytest.TempPathFactory, ending: str, rows: list[tuple[Any, ...]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "pages.db"
    data = written(path, rows, f"CREATE TABLE t (k INTEGER PRIMARY KEY, a, b, c){ending}")

    found = [record for record in records(data) if len(record.values) == 4]
    # A page is read as every kind it might be: what is no row has no checksum that is right.
    keyed = [(r.rowid if r.rowid is not None else r.values[0], r.values[1:]) for r in found]

    assert [row for row in enumerate(rows) if row not in keyed] == []


@settings(max_examples=examples(200))
@given(st.binary(max_size=2 * PAGE_BYTES), st.integers(0, 255))
def test_any_bytes_are_read_without_an_error(data: bytes, kind: int) -> None:
    page = bytes([kind]) + data
    for _ in records(page.ljust(2 * PAGE_BYTES, b"\x01")):
        pass
