"""Write decisions, read the farm back: the mapping between core objects and rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cuelet.core.operations.between_jobs import StoredEdge, attach_stored, whole_job
from cuelet.core.operations.skip import BuildRecord
from cuelet.core.state.comment import Comment
from cuelet.core.state.decision import Decision
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.frame_row import FrameRow
from cuelet.core.state.job import Job
from cuelet.store import job_rows, layer_start, machine
from cuelet.store.backup import back_up
from cuelet.store.ballast import Ballast
from cuelet.store.database import connect, transaction, translated
from cuelet.store.errors import BackupError, DiskFullError, NewerJobError
from cuelet.store.job_rows import JobRow
from cuelet.store.sql import queries
from outline.exception import NewerSpecError
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, Outcome, spec_from_dict, spec_to_dict

_SERIALIZED = 3
"""`sqlite3.threadsafety` of a library in which threads may share a connection."""
_SHRINK_PAGES = 2000
"""Given back in one go; that takes some milliseconds."""
_PAGE_BYTES = 4096
_FOLD_PART = 2
"""The write-ahead log is folded when it has this part of the ballast's size."""


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
        self._ballast = Ballast(path.with_suffix(".ballast"))
        self._database = self._open()
        self._bound_log()
        self._pks: dict[str, int] = {}

    def _open(self) -> sqlite3.Connection:
        """Open the file, on a full disk with the room that was set aside."""
        try:
            return connect(self.path)
        except DiskFullError:
            if not self._ballast.give_up():
                raise
        return connect(self.path)

    def _bound_log(self) -> None:
        """Have the write-ahead log folded before the ballast could not hold what that needs."""
        pages = self._ballast.size_bytes // _FOLD_PART // _PAGE_BYTES
        self._database.execute(f"PRAGMA wal_autocheckpoint = {max(16, min(1000, pages))}")

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self._database.close()

    def commit(self, decision: Decision) -> None:
        """Write everything a decision changed in one transaction, durable on return.

        Raises:
            StoreError: Nothing was written.
        """
        with translated(self.path, "write"), transaction(self._database):
            machine.write(self._database, decision)
            for job in decision.launched:
                self._insert_job(job)
            for job in decision.jobs.values():
                self._update_job(job)
            for edge in decision.edges.values():
                self._put_edge(edge)
            self._database.executemany(
                self._sql["put_frame"],
                [
                    (self._pks[job.id], *job.row(index))
                    for (_, index), job in decision.frames.items()
                ],
            )
            forgotten = [(self._pks[job.id],) for job in decision.forgotten]
            self._database.executemany(self._sql["drop_job"], forgotten)
            self._database.executemany(self._sql["put_made"], decision.made)

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
        """Return how some outputs were made, None when nobody knows.

        Raises:
            StoreError: The file cannot be read.
        """
        with translated(self.path, "read"):
            row = self._database.execute(self._sql["find_made"], (key,)).fetchone()
        return None if row is None else BuildRecord._make(row)

    def make_room(self) -> bool:
        """Give up the ballast and fold the write-ahead log; return whether that gained any room.

        Raises:
            SyncError: The disk did not keep what it was given.
        """
        gave_up = self._ballast.give_up()
        return self._fold_log() or gave_up

    def _fold_log(self) -> bool:
        log = self.path.with_name(f"{self.path.name}-wal")
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
            machine.read(self._database, farm)

    def load(self) -> Iterator[Job]:
        """Yield every job as it was last committed, with what they wait for in each other.

        Raises:
            StoreError: The file cannot be read.
        """
        with translated(self.path, "read"):
            rows = self._database.execute(self._sql["all_jobs"]).fetchall()
            jobs = {row.id: self._job(row) for row in map(JobRow._make, rows)}
            attach_stored(jobs, [edge for job in jobs.values() for edge in self._added_edges(job)])
        yield from jobs.values()

    def _insert_job(self, job: Job) -> None:
        text = json.dumps(spec_to_dict(job.spec), separators=(",", ":"))
        cursor = self._database.execute(
            self._sql["insert_job"], (job.id, text, *job_rows.values_of(job))
        )
        assert cursor.lastrowid is not None
        self._pks[job.id] = cursor.lastrowid
        for edge in job.added_edges():
            self._put_edge(edge)

    def _put_starts(self, pk: int, job: Job) -> None:
        rows = [(pk, *row) for row in layer_start.rows_of(job)]
        self._database.executemany(self._sql["put_layer_start"], rows)

    def _update_job(self, job: Job) -> None:
        pk = self._pks[job.id]
        self._database.execute(self._sql["update_job"], (*job_rows.values_of(job), pk))
        for dropped in ("drop_layers", "drop_layer_starts"):  # what is as submitted has no row
            self._database.execute(self._sql[dropped], (pk,))
        self._put_starts(pk, job)
        self._database.executemany(
            self._sql["put_layer"],
            [(pk, *row) for row in job_rows.layer_rows_of(job)],
        )
        self._put_comments(pk, job)

    def _put_edge(self, edge: Edge) -> None:
        pk = self._pks[edge.waiter.id]
        if edge.index >= len(edge.waiter.spec.edges):
            self._database.execute(
                self._sql["put_depend"], (pk, edge.index, *_edge_values(edge.spec))
            )
        release = "drop_released_edge" if edge.active else "put_released_edge"
        self._database.execute(self._sql[release], (pk, edge.index))

    def _put_comments(self, pk: int, job: Job) -> None:
        self._database.execute(self._sql["drop_comments"], (pk,))
        self._database.executemany(
            self._sql["put_comment"],
            [(pk, position, *comment) for position, comment in enumerate(job.comments)],
        )

    def _spec(self, text: str) -> JobSpec:
        try:
            return spec_from_dict(json.loads(text))
        except NewerSpecError as error:
            raise NewerJobError(
                path=self.path, job=error.job, found=error.found, known=error.known
            ) from error

    def _job(self, row: JobRow) -> Job:
        pk = self._pks[row.id] = row.pk
        job = Job(self._spec(row.spec), row.id, submitted_at=row.submitted_at)
        job_rows.restore(job, row)
        if row.after != "{}":
            self._adopt_awaited_jobs(pk, job, json.loads(row.after))
        job.comments = [Comment._make(values) for values in self._rows("comments_of", pk)]
        job_rows.restore_layers(job, self._rows("layers_of", pk))
        layer_start.restore(job, self._rows("layer_starts_of", pk))
        frames = [FrameRow._make(values) for values in self._rows("frames_of", pk)]
        job.restore(frames, [index for (index,) in self._rows("released_edges_of", pk)])
        return job

    def _adopt_awaited_jobs(self, pk: int, job: Job, after: dict[str, bool]) -> None:
        """Write down as depends the jobs that an older Cuelet kept in the job's row."""
        with transaction(self._database):
            for index, (on_job, active) in enumerate(after.items(), len(job.edges)):
                values = _edge_values(whole_job(on_job))
                self._database.execute(self._sql["put_depend"], (pk, index, *values))
                if not active:
                    self._database.execute(self._sql["put_released_edge"], (pk, index))
            self._database.execute(self._sql["clear_after"], (pk,))

    def _added_edges(self, job: Job) -> Iterable[StoredEdge]:
        pk = self._pks[job.id]
        rows = self._rows("depends_of", pk)
        released = {index for (index,) in self._rows("released_edges_of", pk)} if rows else set()
        for index, *values in rows:
            yield StoredEdge(job.id, index, _edge_from_values(values), index not in released)

    def _rows(self, query: str, pk: int) -> list[tuple[Any, ...]]:
        return self._database.execute(self._sql[query], (pk,)).fetchall()


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _edge_values(spec: EdgeSpec) -> tuple[object, ...]:
    ends = spec.layer, spec.waiting_frame, spec.on_job, spec.on, spec.on_frame
    return spec.kind.value, spec.outcome.value, *ends


def _edge_from_values(values: list[Any]) -> EdgeSpec:
    kind, outcome, layer, waiting_frame, on_job, on, on_frame = values
    return EdgeSpec(
        layer=layer,
        waiting_frame=waiting_frame,
        on_job=on_job,
        on=on,
        on_frame=on_frame,
        kind=EdgeKind(kind),
        outcome=Outcome(outcome),
    )
