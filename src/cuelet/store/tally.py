"""How many rows each job has, kept beside them in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from cuelet.core.state.job import Job
from cuelet.core.values.states import JobState
from cuelet.store.sql import queries
from cuelet.store.tables import TALLY


class Tallies:
    """Count rows as they are written, so that one that is lost later is missed.

    Args:
        database: Written to inside the transaction of a decision.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database, self._sql = database, queries()
        self._has_row: dict[int, bytearray] = {}
        """Which frames of the jobs at work have a row; of others it is read when it is needed."""
        self._frames: dict[int, int] = {}
        """How many these are."""
        self._others: dict[int, int] = {}
        """Rows in all other tables, of the same jobs."""

    def forget(self) -> None:
        """Know nothing any more, for what was written did not last."""
        self._has_row.clear()
        self._frames.clear()
        self._others.clear()

    def note_frames(self, pk: int, job: Job, indexes: Iterable[int]) -> bool:
        """Note the frames of which a row is about to be written; return whether some had none."""
        has_row = self._has_row.get(pk) or self._known(pk, job)
        fresh = [index for index in indexes if not has_row[index]]
        for index in fresh:
            has_row[index] = 1
        self._frames[pk] += len(fresh)
        return bool(fresh)

    def _known(self, pk: int, job: Job) -> bytearray:
        found = self._has_row[pk] = bytearray(job.size)
        for (index,) in self._database.execute(self._sql["frames_kept"], (pk,)):
            found[index] = 1
        self._frames[pk] = sum(found)
        return found

    def write_all(self, jobs: Mapping[int, Job], changed: Collection[int]) -> None:
        """Write the tallies of jobs by key, once all their rows are written.

        Args:
            jobs: Those that have more rows of frames than before, or other rows.
            changed: Keys of those with other rows.
        """
        for pk in changed:
            self._others.pop(pk, None)
        self._database.executemany(
            self._sql["put_tally"], [self._row(pk, job) for pk, job in jobs.items()]
        )
        for pk, job in jobs.items():
            if job.state is JobState.FINISHED:
                self._drop(pk)

    def _row(self, pk: int, job: Job) -> tuple[Any, ...]:
        if pk not in self._frames:
            self._known(pk, job)
        if pk not in self._others:
            found = self._database.execute(self._sql["others_kept"], (pk,))
            (self._others[pk],) = found.fetchone()
        return TALLY.summed((pk, job.id, job.name, self._frames[pk], self._others[pk]))

    def drop(self, pk: int) -> None:
        """Forget the tally of a job that is forgotten."""
        self._database.execute(self._sql["drop_tally"], (pk,))
        self._drop(pk)

    def _drop(self, pk: int) -> None:
        self._has_row.pop(pk, None)
        self._frames.pop(pk, None)
        self._others.pop(pk, None)
