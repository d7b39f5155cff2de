"""Rows out of a database, job by job, none of which is believed unless its checksum says so.

A job is whole when its own row is, and when it has as many whole rows as its tally counts; of all
others only what is wrong with them comes out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from cuelet.store.job_rows import JobRow
from cuelet.store.migrating import name_of_job
from cuelet.store.tables import (
    BESIDE_FRAMES,
    COMMENT,
    DEPEND,
    FRAME,
    JOB,
    LAYER,
    LAYER_START,
    RELEASED_EDGE,
    TALLY,
    Table,
    spec_sum,
)

Row = tuple[Any, ...]
_NAMED = 5
"""Damaged rows that are named one by one."""


class StoredJob(NamedTuple):
    """All rows of a job, each as it was written."""

    row: JobRow
    layers: list[Row]
    starts: list[Row]
    released: list[int]
    depends: list[Row]
    comments: list[Row]
    frames: list[Row]
    """Each as a `FrameRow`, in plain tuples: there may be a million."""


class DamagedJob(NamedTuple):
    """A job of which something is not as it was written."""

    pk: int
    id: str
    name: str
    rows: tuple[str, ...]
    """Each thing that is wrong, such as ``frame row 12``."""

    @property
    def reason(self) -> str:
        """What is wrong, in words that go on after the job's name."""
        named = ", ".join(self.rows[:_NAMED])
        more = len(self.rows) - _NAMED
        return f"damaged in the database: {named}" + (f" and {more} more" if more > 0 else "")


class Reader:
    """Reads a database of the current schema once.

    Args:
        database: Text of it comes by `cuelet.store.database.text_of`.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._wrong: dict[Table, list[Row]] = {}
        """Rows that are not as they were written."""
        self.damaged: list[DamagedJob] = []
        """Complete once `jobs` has ended."""

    def rows(self, table: Table) -> Iterator[Row]:
        """Yield the whole rows of a table in the order of the file, the others are noted."""
        wrong: list[Row] = []
        self._wrong[table] = wrong
        return table.whole(self._database.execute(table.select), wrong)

    # -- jobs ----------------------------------------------------------------------------------

    def jobs(self) -> Iterator[StoredJob]:
        """Yield every job that is whole, oldest first."""
        tallies = {row[0]: row for row in self.rows(TALLY)}
        beside = {table: self._grouped(table) for table in BESIDE_FRAMES}
        frames = _Groups(self.rows(FRAME))
        pending = []
        for row in self.rows(JOB):
            stored = _gathered(row, beside, frames)
            tally = tallies.pop(row[0], None)
            if not any(_lacks(stored, tally)):
                yield stored
            else:
                pending.append((stored, row, tally))
        frames.rest()
        self._note_damaged(pending, tallies)

    def _grouped(self, table: Table) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = {}
        for row in sorted(self.rows(table), key=itemgetter(0, 1)):
            found.setdefault(row[0], []).append(row[1:])
        return found

    def _note_damaged(
        self, pending: list[tuple[StoredJob, Row, Row | None]], lost: dict[int, Row]
    ) -> None:
        for stored, row, tally in pending:
            pk = row[0]
            rows = (*self._wrong_of(pk), *_lacks(stored, tally))
            self.damaged.append(DamagedJob(pk, row[1], _name_of(row, tally), rows))
        for pk, tally in lost.items():
            rows = ("its own row", *self._wrong_of(pk))
            self.damaged.append(DamagedJob(pk, tally[1], tally[2], rows))
        known = {job.pk for job in self.damaged}
        for row in self._wrong.get(JOB, ()):
            if row[0] not in known and not _is_named(self.damaged, row[1]):
                rows = ("its own row and its tally", *self._wrong_of(row[0]))
                self.damaged.append(DamagedJob(row[0], f"{row[1]}", _name_of(row, None), rows))
        self.damaged.sort()

    def _wrong_of(self, pk: int) -> Iterator[str]:
        for table in (*BESIDE_FRAMES, FRAME):
            for row in self._wrong.get(table, ()):
                if row[0] == pk:
                    yield f"{table.name} row {row[1]}"

    def note(self, stored: StoredJob, what: str) -> None:
        """Count a whole job among the damaged ones after all: no sense can be made of its rows."""
        row = stored.row
        self.damaged.append(DamagedJob(row.pk, row.id, name_of_job(row.spec) or row.id, (what,)))

    def wrong(self, table: Table) -> list[Row]:
        """Return the rows of a table that are not as they were written, once `rows` has read it."""
        return self._wrong.get(table, [])


def _gathered(row: Row, beside: dict[Table, dict[int, list[Row]]], frames: _Groups) -> StoredJob:
    pk = row[0]
    return StoredJob(
        row=JobRow._make(row),
        layers=beside[LAYER].pop(pk, []),
        starts=beside[LAYER_START].pop(pk, []),
        released=[index for (index,) in beside[RELEASED_EDGE].pop(pk, [])],
        depends=beside[DEPEND].pop(pk, []),
        comments=[values[1:] for values in beside[COMMENT].pop(pk, [])],
        frames=[values[1:] for values in frames.take(pk)],
    )


def _lacks(stored: StoredJob, tally: Row | None) -> Iterator[str]:
    """Yield what a job lacks of being whole."""
    row = stored.row
    if spec_sum(row.id, row.spec) != row.spec_sum:
        yield "its specification"
    if tally is None:
        yield "its tally"
        return
    beside = (stored.layers, stored.starts, stored.released, stored.depends, stored.comments)
    others = sum(len(rows) for rows in beside)
    for kind, kept, counted in (
        ("frame", len(stored.frames), tally[3]),
        ("other", others, tally[4]),
    ):
        if kept != counted:
            yield f"{kept} of its {counted} {kind} rows are whole"


def _is_named(damaged: list[DamagedJob], job_id: object) -> bool:
    return any(job.id == job_id for job in damaged)


def _name_of(row: Row, tally: Row | None) -> str:
    if tally is not None:
        return str(tally[2])
    return name_of_job(row[2]) or f"{row[1]}"


class _Groups:
    """Rows of jobs in the order of the jobs, handed out one job at a time."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next: Row | None = next(rows, None)

    def take(self, pk: int) -> list[Row]:
        """Return the rows of a job; those of earlier ones belong to none."""
        found: list[Row] = []
        while self._next is not None and self._next[0] <= pk:
            if self._next[0] == pk:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found

    def rest(self) -> None:
        """Read what is left, so that all of it is checked."""
        for _ in self._rows:
            pass
