"""WatchedJob at a job again and again until it has ended or cannot go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import opencue
from cuelet.client.jobs import JobView, LayerView, has_ended, job_view, list_layers
from opencue.wrappers.job import Job

POLL_S = 0.25
PATIENCE_S = 20.0
"""How long a server that stopped answering may take to come back."""
PATIENT_TRIES = 5
"""Looks that may fail whatever time they take: where frames render a restart may be slow."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JobEnding:
    """How a watched job ended."""

    job: JobView
    dead: int
    stuck: str
    """Why it cannot go on; empty when it finished."""
    took_s: float
    """Seconds from its launch to its end, or to now."""

    @property
    def was_killed(self) -> bool:
        """Whether the job ended before its frames were done."""
        return not self.stuck and self.job.done < self.job.frames

    @property
    def is_success(self) -> bool:
        """Whether every frame is done."""
        return not (self.dead or self.stuck or self.was_killed)


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """A job, its layers, and how it ended once it has."""

    job: JobView
    layers: tuple[LayerView, ...]
    ending: JobEnding | None


def watch(job_id: str) -> Iterator[WatchedJob]:
    """Yield looks at a job a moment apart, the one that tells its end last.

    Raises:
        ConnectionException: The server was gone for too long.
    """
    while True:
        look = _patiently(lambda: _look(job_id))
        yield look
        if look.ending:
            return
        time.sleep(POLL_S)


def _patiently(look: Callable[[], T]) -> T:
    """Return what a look at the server yields; give one that is gone time to come back."""
    failures, deadline = 0, time.monotonic() + PATIENCE_S
    while True:
        try:
            return look()
        except opencue.exception.FarmNotOursException:
            raise
        except opencue.exception.ConnectionException:
            failures += 1
            if time.monotonic() > deadline and failures >= PATIENT_TRIES:
                raise
            time.sleep(POLL_S)


def _look(job_id: str) -> WatchedJob:
    job = opencue.api.getJob(job_id)
    return WatchedJob(job_view(job), list_layers(job), _ending(job))


def _ending(job: Job) -> JobEnding | None:
    finished = has_ended(job)
    if not finished and (job.runningFrames() or job.isPaused()):
        return None
    known = opencue.farm.call_or_none("GetStuck", job_id=job.id())
    if known is None:
        return _ending_at_cuebot(job, finished=finished)
    if not (finished or known["stuck"]):
        return None
    took_s = (known["stopped_at"] or time.time()) - known["submitted_at"]
    return JobEnding(job_view(job), job.deadFrames(), known["reason"], took_s)


def _ending_at_cuebot(job: Job, *, finished: bool) -> JobEnding | None:
    """Judge by counters: a stock Cuebot does not say whether a job can go on."""
    took_s = (job.data.stop_time or time.time()) - job.data.start_time
    if finished:
        return JobEnding(job_view(job), job.deadFrames(), "", took_s)
    if job.waitingFrames() or not job.deadFrames():
        return None
    return JobEnding(job_view(job), job.deadFrames(), "frames are dead", took_s)
