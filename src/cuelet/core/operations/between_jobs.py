"""Depends that a job's spec does not hold by itself: on other jobs, or added while it runs.

Here they are built, checked for cycles, and connected; `cuelet.core.operations.depends` decides about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cuelet.core.operations.cycles import cycle_closed_by
from cuelet.core.state.changes import AS_A_WHOLE
from cuelet.core.state.edges import Edge
from cuelet.core.state.job import Job
from cuelet.core.values.errors import InvalidSpecError
from cuelet.core.values.states import DEPEND, JobState
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec

FindJob = Callable[[str], Job | None]


class StoredEdge(NamedTuple):
    """An added edge as it comes from disk."""

    job_id: str
    position: int
    """Its index among the edges of the job."""
    spec: EdgeSpec
    active: bool


# -- building ----------------------------------------------------------------------------------


def whole_job(on_job: str) -> EdgeSpec:
    """Return the depend of a whole job on another one, by name or id."""
    return EdgeSpec(layer="", on="", kind=EdgeKind.LAYER_ON_LAYER, on_job=on_job)


def edges_at_launch(jobs: Sequence[Job], find_job: FindJob) -> list[Edge]:
    """Return what new jobs wait for in other jobs, not attached yet.

    Args:
        jobs: Launched together; they may wait for each other.
        find_job: Returns the job of a name that is not among them, or None.

    Raises:
        InvalidSpecError: A job, layer or frame is not there, or they would wait in a cycle.
    """
    edges = [edge for job in jobs for edge in _edges_of(job, jobs, find_job)]
    if cycle := cycle_closed_by(edges):
        raise InvalidSpecError(
            where="depends",
            value=cycle,
            reason="they wait for each other in a cycle; take one of these depends out",
        )
    return edges


def _edges_of(job: Job, beside: Sequence[Job], find_job: FindJob) -> Iterator[Edge]:
    specs = (*map(whole_job, job.spec.after), *job.spec.outside)
    for offset, spec in enumerate(dict.fromkeys(specs)):
        on = _awaited_job(job, spec.on_job, beside, find_job)
        yield Edge(spec.replace(on_job=on.id), len(job.edges) + offset, job, on)


def _awaited_job(job: Job, name: str, beside: Sequence[Job], find_job: FindJob) -> Job:
    together = next((other for other in beside if other.name == name and other is not job), None)
    found = together or find_job(name)
    if found is None:
        raise InvalidSpecError(
            where="depend on job", value=name, reason="there is no such job; launch it first"
        )
    return found


def attach_stored(jobs: Mapping[str, Job], stored: Iterable[StoredEdge]) -> None:
    """Attach what was added to jobs that have just come from disk, in the order of their indexes.

    A job that is known no more was complete when it was forgotten: nothing waits for it.
    """
    for job_id, position, spec, active in stored:
        waiter = jobs[job_id]
        on = jobs.get(spec.on_job) if spec.on_job else waiter
        waiter.attach(Edge(spec, position, waiter, on), AS_A_WHOLE, active=active)


# -- what holds a job --------------------------------------------------------------------------


def holders(job: Job) -> list[Job]:
    """Return the jobs for which a job as a whole still waits."""
    held = (edge for edge in job.edges_of_job() if edge.active and edge.barrier_closed)
    return list(dict.fromkeys(edge.awaited for edge in held))


def can_progress(job: Job) -> bool:
    """Tell whether a frame waits for what may still come from another job.

    What is unreachable is known frame by frame, through all jobs.
    """
    if not any(edge.open_count for edge in _ahead(job)):
        return False
    return any(job.state_of[i] == DEPEND and not job.unreachable[i] for i in range(job.size))


def jobs_ahead(job: Job) -> list[Job]:
    """Return the jobs for which a job waits, those for which they wait, and so on."""
    found, pending = dict[Job, None](), [job]
    while pending:
        for edge in _ahead(pending.pop()):
            if edge.open_count and edge.awaited not in found:
                found[edge.awaited] = None
                pending.append(edge.awaited)
    return list(found)


def _ahead(job: Job) -> Iterator[Edge]:
    return (edge for edge in job.edges if edge.is_external and edge.active)


def holding_edges(job: Job) -> list[Edge]:
    """Return the edges to other jobs at which a stuck job hangs: the unreachable ones, else any open one."""
    ahead = [edge for edge in _ahead(job) if edge.open_count]
    return [edge for edge in ahead if edge.lost > 0] or ahead


def was_killed(job: Job) -> bool:
    """Tell whether a job ended before all its frames were done."""
    return job.state is JobState.FINISHED and not job.is_complete()
