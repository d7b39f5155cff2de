"""Write decisions, read the farm back: the mapping between core objects and rows."""

from __future__ import annotations

import gc
import json
import sqlite3
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cuelet.core.operations.skip import BuildRecord
from cuelet.core.state.decision import Decision
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.set_aside import SetAside
from cuelet.store import job_rows, layer_start, machine, salvage
from cuelet.store.backup import back_up
from cuelet.store.ballast import Ballast, ballast_of
from cuelet.store.database import connect, transaction, translated
from cuelet.store.errors import BackupError, DamagedDatabaseError, DiskFullError, NothingLeftError
from cuelet.store.loading import Loading, edge_values
from cuelet.store.log import LOST_WORDS, OpenMark, commits_in, log_of, lost_words
from cuelet.store.sql import queries
from cuelet.store.tables import (
    COMMENT,
    DEPEND,
    FRAME,
    JOB,
    LAYER,
    LAYER_START,
    MADE,
    RELEASED_EDGE,
    spec_sum,
)
from cuelet.store.tally import Tallies
from outline.jobspec.model import EdgeSpec, spec_to_dict

_SERIALIZED = 3
"""`sqlite3.threadsafety` of a library in which threads may share a connection."""
_LEFTOVERS = (
    *("drop_layers", "drop_layer_starts", "drop_comments"),
    *("drop_depends", "drop_released_edges", "drop_frames"),
)
"""Statements that delete rows whose job has none."""
_KEPT_WORDS = (
    "the database was damaged and made anew of what was whole in it; the damaged file is {}, "
    "move it away when you need it no more"
)
_SHRINK_PAGES = 2000
"""Given back in one go; that takes some milliseconds."""
_PAGE_BYTES = 4096
_FOLD_PART = 2
"""The write-ahead log is folded when it has this part of the ballast's size."""


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Spare Python its search for cycles: rows by the million pass through, and hold none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Store:
    """The farm's database.

    Args:
        path: The file; made with mode 0600 if it is not there.

    Raises:
        StoreError: It cannot be opened, another process holds it, or a later Cuelet wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sql = queries()
        self._ballast = Ballast(ballast_of(path))
        self._mark = OpenMark(path)
        self._log_note = ""
        self._database = self._open()
        self._mark.leave()
        self._unmark = weakref.finalize(self, self._mark.remove)  # the log goes with the connection
        self._bound_log()
        self._tallies = Tallies(self._database)
        self._pks: dict[str, int] = {}
        self.set_aside: tuple[SetAside, ...] = ()
        """Jobs that were not loaded, because something of them is damaged."""

    def _open(self) -> sqlite3.Connection:
        """Open the file; what can be read of a damaged one takes its place."""
        if salvage.salvaged_path(self.path).exists():
            salvage.finish_replacing(self.path)
        if self._was_emptied():
            raise NothingLeftError(path=self.path, detail="it is empty, and was not")
        try:
            return self._open_whole()
        except DamagedDatabaseError as error:
            salvage.replace_damaged(self.path, error.damage)
        return self._open_whole()

    def _was_emptied(self) -> bool:
        """Tell whether a file is empty in which there was something: its ballast came after it.

        A file of one page has no room for a table; all that it had was in its log.
        """
        if not self.path.exists() or _size_of(log_of(self.path)):
            return False
        return _size_of(self.path) <= _PAGE_BYTES and self._ballast.path.exists()

    def _open_whole(self) -> sqlite3.Connection:
        """Open the file, on a full disk with the room that was set aside."""
        try:
            return self._connect()
        except DiskFullError:
            if not self._ballast.give_up():
                raise
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        """Open the file and note what its log should have had and has not."""
        if self._mark.misses_log():
            self._log_note = LOST_WORDS.format(log_of(self.path), "missing")
        commits = commits_in(self.path)
        database = connect(self.path)
        with translated(self.path, "write"):
            self._log_note = lost_words(database, self.path, commits) or self._log_note
        return database

    def _bound_log(self) -> None:
        """Have the write-ahead log folded before the ballast could not hold what that needs."""
        pages = self._ballast.size_bytes // _FOLD_PART // _PAGE_BYTES
        self._database.execute(f"PRAGMA wal_autocheckpoint = {max(16, min(1000, pages))}")

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self._unmark()
        self._database.close()

    def close_without_log(self) -> None:
        """Bring all that was committed into the file itself and close it: its log has been removed.

        Raises:
            StoreError: It cannot be written.
        """
        with translated(self.path, "write"):
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.close()

    def commit(self, decision: Decision) -> None:
        """Write everything a decision changed in one transaction, durable on return.

        Raises:
            StoreError: Nothing was written.
        """
        with translated(self.path, "write"), self._tallied(), transaction(self._database):
            self._write(decision)

    @contextmanager
    def _tallied(self) -> Iterator[None]:
        """Count anew what is written after a transaction that failed."""
        try:
            yield
        except BaseException:
            self._tallies.forget()
            raise

    def _write(self, decision: Decision) -> None:
        machine.write(self._database, decision)
        for job in decision.launched:
            self._insert_job(job)
        for job in decision.jobs.values():
            self._update_job(job)
        for edge in decision.edges.values():
            self._put_edge(edge)
        more = self._put_frames(decision.frames)
        touched = (*decision.launched, *decision.jobs.values(), *_waiters(decision))
        changed = {self._pks[job.id]: job for job in touched}
        self._tallies.write_all({**more, **changed}, changed)
        for job in decision.forgotten:
            self._drop_job(self._pks[job.id])
        made = [MADE.summed(tuple(record)) for record in decision.made]
        self._database.executemany(self._sql["put_made"], made)

    def back_up(self, target: Path, *, force: bool) -> int:
        """Copy the database while it is in use; may run in another thread.

        Returns:
            The size of the copy in bytes.

        Raises:
            BackupError: There is none.
        """
        if sqlite3.threadsafety < _SERIALIZED:
            detail = "this Python's SQLite cannot do it while the farm runs; stop the farm first"
            raise BackupError(path=target, detail=detail)
        return back_up(self._database, target, force=force)

    def shrink(self) -> bool:
        """Give a part of what deleted rows left back to the disk; return whether more is left.

        A database made before this was possible keeps its size and fills the room again.
        """
        with translated(self.path, "shrink"):
            before = self._free_pages()
            self._database.execute(f"PRAGMA incremental_vacuum({_SHRINK_PAGES})").fetchall()
            left = self._free_pages()
        return 0 < left < before

    def _free_pages(self) -> int:
        (pages,) = self._database.execute("PRAGMA freelist_count").fetchone()
        return int(pages)

    def find_record(self, key: str) -> BuildRecord | None:
        """Return how some outputs were made, None when nobody knows, or what is stored is damaged.

        Raises:
            StoreError: The file cannot be read.
        """
        with translated(self.path, "read"):
            row = self._database.execute(self._sql["find_made"], (key,)).fetchone()
        return BuildRecord._make(row[:-1]) if row and MADE.is_whole(row) else None

    def make_room(self) -> bool:
        """Give up the ballast and fold the write-ahead log; return whether that gained any room.

        Raises:
            SyncError: The disk did not keep what it was given.
        """
        gave_up = self._ballast.give_up()
        return self._fold_log() or gave_up

    def _fold_log(self) -> bool:
        log = log_of(self.path)
        before = _size_of(log)
        if self._ballast.free_bytes < before:
            return False  # half a fold would only eat what is left
        try:
            with translated(self.path, "write"):
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except DiskFullError:
            return False
        return _size_of(log) < before

    def owed_bytes(self) -> int:
        """Return how much of the disk is yet to be set aside."""
        return 0 if self._ballast.path.exists() else self._ballast.size_bytes

    def keep_ballast(self) -> bool:
        """Set room aside for the next full disk; return whether it is there."""
        return self._ballast.take()

    def load_machine(self, farm: Farm) -> None:
        """Bring a fresh farm's limits and host to what was last committed; jobs come after.

        Raises:
            StoreError: The file cannot be read.
        """
        with translated(self.path, "read"):
            notes = machine.read(self._database, farm)
        kept = map(_KEPT_WORDS.format, salvage.kept_files(self.path))
        farm.damage_notes = (*notes, *filter(None, [self._log_note]), *kept)

    def load(self) -> Iterator[Job]:
        """Yield every whole job as it was last committed, with what they wait for in each other.

        What is damaged is in `set_aside` then, and nothing of it is changed.

        Raises:
            StoreError: The file cannot be read.
        """
        with translated(self.path, "read"), _no_collecting():
            loading = Loading(self._database, self.path)
            self._pks = loading.pks
            self._tallies.forget()
            self._adopt(loading)
        self.set_aside = loading.set_aside
        yield from loading.jobs.values()

    def remove_damaged(self, name: str) -> SetAside | None:
        """Delete what is left of a damaged job, by name or id, and close; None when there is none.

        Raises:
            StoreError: The file cannot be read or written.
        """
        try:
            with translated(self.path, "read"):
                damaged = Loading(self._database, self.path).damaged
            for job in damaged:
                left = SetAside(job.id, job.name, job.reason)
                if left.answers_to(name):
                    self._remove(job.pk)
                    return left
            return None
        finally:
            self.close()

    def _remove(self, pk: int) -> None:
        with translated(self.path, "write"), transaction(self._database):
            for query in ("drop_job", "drop_tally", *_LEFTOVERS):
                self._database.execute(self._sql[query], (pk,))

    def _insert_job(self, job: Job) -> None:
        text = json.dumps(spec_to_dict(job.spec), separators=(",", ":"))
        (pk,) = self._database.execute(self._sql["next_job"]).fetchone()
        own = (job.launch_token, spec_sum(job.id, text))
        row = JOB.summed((pk, job.id, text, *job_rows.values_of(job), "{}", *own))
        self._database.execute(self._sql["insert_job"], row)
        self._pks[job.id] = pk
        for edge in job.added_edges():
            self._put_edge(edge)

    def _put_starts(self, pk: int, job: Job) -> None:
        rows = [LAYER_START.summed((pk, *row)) for row in layer_start.rows_of(job)]
        self._database.executemany(self._sql["put_layer_start"], rows)

    def _update_job(self, job: Job) -> None:
        pk = self._pks[job.id]
        values = job_rows.values_of(job)
        kept = JOB.sum_of((pk, job.id, "", *values, "", job.launch_token, 0))
        self._database.execute(self._sql["update_job"], (*values, kept, pk))
        for dropped in ("drop_layers", "drop_layer_starts"):  # what is as submitted has no row
            self._database.execute(self._sql[dropped], (pk,))
        self._put_starts(pk, job)
        self._database.executemany(
            self._sql["put_layer"],
            [LAYER.summed((pk, *row)) for row in job_rows.layer_rows_of(job)],
        )
        self._put_comments(pk, job)

    def _put_edge(self, edge: Edge) -> None:
        pk, is_added = self._pks[edge.waiter.id], edge.index >= len(edge.waiter.spec.edges)
        self._put_depend(pk, edge.index, edge.spec if is_added else None, active=edge.active)

    def _put_depend(self, pk: int, index: int, added: EdgeSpec | None, *, active: bool) -> None:
        if added is not None:
            row = DEPEND.summed((pk, index, *edge_values(added)))
            self._database.execute(self._sql["put_depend"], row)
        if active:
            self._database.execute(self._sql["drop_released_edge"], (pk, index))
        else:
            row = RELEASED_EDGE.summed((pk, index))
            self._database.execute(self._sql["put_released_edge"], row)

    def _put_comments(self, pk: int, job: Job) -> None:
        self._database.execute(self._sql["drop_comments"], (pk,))
        self._database.executemany(
            self._sql["put_comment"],
            [
                COMMENT.summed((pk, position, *comment))
                for position, comment in enumerate(job.comments)
            ],
        )

    def _put_frames(self, frames: Mapping[tuple[str, int], Job]) -> dict[int, Job]:
        """Write rows of frames; return the jobs that have more of them now, by key."""
        rows = [
            FRAME.summed((self._pks[job.id], *job.row(index))) for (_, index), job in frames.items()
        ]
        indexes: dict[int, list[int]] = {}
        for row in rows:
            indexes.setdefault(row[0], []).append(row[1])
        jobs = {self._pks[job.id]: job for job in frames.values()}
        fresh = [pk for pk in indexes if self._tallies.note_frames(pk, jobs[pk], indexes[pk])]
        self._database.executemany(self._sql["put_frame"], rows)
        return {pk: jobs[pk] for pk in fresh}

    def _drop_job(self, pk: int) -> None:
        self._database.execute(self._sql["drop_job"], (pk,))
        self._tallies.drop(pk)

    def _adopt(self, loading: Loading) -> None:
        """Write down as depends the jobs that an older Cuelet kept in the job's row."""
        jobs = {loading.pks[job_id]: job for job_id, job in loading.jobs.items()}
        adopted = [each for each in loading.adopted if each[0] in jobs]
        if not adopted:
            return
        with transaction(self._database):
            for pk, index, spec, active in adopted:
                self._put_depend(pk, index, spec, active=active)
                self._database.execute(self._sql["clear_after"], (pk,))
            changed = {pk: jobs[pk] for pk, *_ in adopted}
            self._tallies.write_all(changed, changed)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _waiters(decision: Decision) -> Iterator[Job]:
    return (edge.waiter for edge in decision.edges.values())
