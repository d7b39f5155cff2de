"""The wall clock was set: times of what goes on move with it, so that ages and totals stay right."""

from __future__ import annotations

from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.states import RUNNING, JobState


def move_times(farm: Farm, decision: Decision, by_s: float) -> None:
    """Move the times of pending jobs, and of frames that still run, by what the clock was set by.

    What has ended keeps the times that were told of it.
    """
    for job in farm.order:
        job.submitted_at += by_s
        _move_frames(job, decision, by_s)
        decision.job(job)
    for job in farm.jobs.values():
        if job.state is not JobState.PENDING and job.count(RUNNING):
            _move_running(job, decision, by_s)
    farm.sort()


def _move_frames(job: Job, decision: Decision, by_s: float) -> None:
    for index in range(job.size):
        if job.start_at[index]:
            job.note_start(index, job.start_at[index] + by_s)
            if job.stop_at[index]:
                job.stop_at[index] += by_s
            decision.frame(job, index)


def _move_running(job: Job, decision: Decision, by_s: float) -> None:
    for layer in job.layers:
        for index in job.frames_in(layer, frozenset({RUNNING})):
            job.note_start(index, job.start_at[index] + by_s)
            decision.frame(job, index)
