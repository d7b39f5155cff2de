"""Jobs out of their rows: those that are whole, and the others set aside by name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cuelet.core.operations.between_jobs import StoredEdge, attach_stored, whole_job
from cuelet.core.state.comment import Comment
from cuelet.core.state.job import Job
from cuelet.core.state.set_aside import SetAside
from cuelet.core.values.states import JobState
from cuelet.store import job_rows, layer_start
from cuelet.store.errors import NewerJobError
from cuelet.store.reading import DamagedJob, Reader, StoredJob
from outline.exception import NewerSpecError
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, Outcome, spec_from_dict

AdoptDepend = tuple[int, int, EdgeSpec, bool]
"""Key of a job, index, depend, and whether it is in force: what an older Cuelet kept in the job's row."""


class Loading:
    """Reads all jobs once.

    Args:
        database: Of the current schema.
        path: Its file.

    Raises:
        NewerJobError: A later Cuelet launched one of them.
    """

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._path = path
        self._edges: list[StoredEdge] = []
        self._reader = Reader(database)
        self.pks: dict[str, int] = {}
        self.adopted: list[AdoptDepend] = []
        self.jobs = {job.id: job for job in self._whole_jobs()}
        """By id, oldest first."""
        self.damaged: list[DamagedJob] = self._reader.damaged
        held = self._without_those_that_wait()
        attach_stored(self.jobs, [edge for edge in self._edges if edge.job_id in self.jobs])
        self.set_aside = (
            *(SetAside(job.id, job.name, job.reason) for job in self.damaged),
            *held,
        )

    def _whole_jobs(self) -> Iterator[Job]:
        for stored in self._reader.jobs():
            try:
                job = self._job(stored)
            except NewerJobError:
                raise
            except Exception as error:  # noqa: BLE001 rows of before the checksums may say anything
                self._give_up(stored, error)
            else:
                self.pks[job.id] = stored.row.pk
                yield job

    def _give_up(self, stored: StoredJob, error: Exception) -> None:
        row = stored.row
        what = f"it makes no sense ({type(error).__name__}: {error})"
        self._reader.note(stored, what)
        self._edges = [edge for edge in self._edges if edge.job_id != row.id]

    def _job(self, stored: StoredJob) -> Job:
        row = stored.row
        job = Job(self._spec(row.spec), row.id, submitted_at=row.submitted_at)
        job_rows.restore(job, row)
        released = frozenset(stored.released)
        edges = [_stored_edge(job, values, released) for values in stored.depends]
        adopted = [] if row.after == "{}" else list(_adopted(row.pk, job, json.loads(row.after)))
        edges += [StoredEdge(job.id, index, spec, active) for _, index, spec, active in adopted]
        job.comments = [Comment._make(values) for values in stored.comments]
        job_rows.restore_layers(job, stored.layers)
        layer_start.restore(job, stored.starts)
        job.restore(stored.frames, stored.released)
        self._edges += edges
        self.adopted += adopted
        return job

    def _spec(self, text: str) -> JobSpec:
        try:
            return spec_from_dict(json.loads(text))
        except NewerSpecError as error:
            raise NewerJobError(
                path=self._path, job=error.job, found=error.found, known=error.known
            ) from error

    def _without_those_that_wait(self) -> list[SetAside]:
        """Set aside the jobs that wait for one that is, for nobody knows whether they may go on."""
        gone = {job.id: job.name for job in self.damaged}
        held: list[SetAside] = []
        while found := [edge for edge in self._edges if self._waits_for(edge, gone)]:
            for edge in found:
                if job := self.jobs.pop(edge.job_id, None):
                    reason = f"it waits for {gone[edge.spec.on_job]}, which is set aside"
                    held.append(SetAside(job.id, job.name, reason))
                    gone[job.id] = job.name
        return held

    def _waits_for(self, edge: StoredEdge, gone: dict[str, str]) -> bool:
        job = self.jobs.get(edge.job_id)
        is_pending = job is not None and job.state is JobState.PENDING
        return is_pending and edge.active and edge.spec.on_job in gone


def _stored_edge(job: Job, values: tuple[Any, ...], released: frozenset[int]) -> StoredEdge:
    index, *rest = values
    return StoredEdge(job.id, index, _edge_from_values(rest), index not in released)


def _adopted(pk: int, job: Job, after: dict[str, bool]) -> Iterator[AdoptDepend]:
    for index, (on_job, active) in enumerate(after.items(), len(job.edges)):
        yield pk, index, whole_job(on_job), active


def edge_values(spec: EdgeSpec) -> tuple[object, ...]:
    """Return what is stored of a depend, behind the key of its job and its index."""
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
