"""Which ended jobs may be forgotten, and the forgetting."""

from __future__ import annotations

from collections.abc import Iterable

from cuelet.core.operations.requests import release_edges
from cuelet.core.operations.setup.groups import forget_membership
from cuelet.core.operations.site.settings import forget_settings
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.states import RUNNING, JobState


def list_history(farm: Farm, *, before: float) -> list[Job]:
    """Return the jobs that ended before a time and that no pending job waits for, oldest first."""
    waits = (edge for job in farm.order for edge in job.edges if edge.is_external and edge.active)
    awaited = {edge.awaited.id for edge in waits}
    found = [job for job in farm.jobs.values() if _is_over(job, before) and job.id not in awaited]
    return sorted(found, key=lambda job: job.stopped_at)


def _is_over(job: Job, before: float) -> bool:
    """Tell whether a job has ended before a time, its killed frames included."""
    is_finished = job.state is JobState.FINISHED and not job.count(RUNNING)
    return is_finished and 0 < job.stopped_at < before


def forget(farm: Farm, job_ids: Iterable[str], decision: Decision, *, before: float) -> list[Job]:
    """Drop those of these jobs that are history still; return them."""
    wanted = set(job_ids)
    chosen = [job for job in list_history(farm, before=before) if job.id in wanted]
    for job in chosen:
        for edge in job.edges_from_jobs():
            release_edges(edge.waiter, [edge], decision)
    for job in chosen:
        forget_membership(farm, job, decision)
        forget_settings(farm, job, decision)
        farm.drop(job)
    decision.forgotten.extend(chosen)
    return chosen
