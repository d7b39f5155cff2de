"""Look at a job again and again, its layers too, until it has ended or cannot go on."""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import opencue
from cuelet.client.jobs import JobView, LayerView, current_view, list_layers
from opencue import ending
from opencue.ending import Ending, Patience
from opencue.stock.explanation import Reason
from opencue.why import explain
from opencue.wrappers.job import Job

POLL_S = 0.25
IDLE_S = 30.0
"""A job on a stock Cuebot of which nothing runs for so long is looked into."""
_LOOKS = "for OpenCue's next look for work, every half minute or so"


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """A job, its layers, and how it ended once it has."""

    job: JobView
    layers: tuple[LayerView, ...]
    ending: Ending | None
    held: Reason | None = None
    """Why nothing of it has started for a while, where a stock Cuebot's job makes one wonder."""


def watch(job_id: str, patience: Patience | None = None) -> Iterator[WatchedJob]:
    """Yield looks at a job a moment apart, the one that tells its end last.

    Args:
        job_id: Its id.
        patience: How a server that is away is waited for.

    Raises:
        ConnectionException: The server was gone for too long.
    """
    idle = _Idle()
    for job, end in ending.watch(job_id, itertools.repeat(POLL_S), patience):
        look = functools.partial(_look, job, end, idle)
        yield ending.patiently(look, patience)


def _look(job: Job, end: Ending | None, idle: _Idle) -> WatchedJob:
    view = current_view(job)
    if end is None and _is_idle(view) and not opencue.farm.is_cuelet():
        return WatchedJob(replace(view, waits=_LOOKS), list_layers(job), end, idle.reason(view))
    idle.is_over()
    return WatchedJob(view, list_layers(job), end)


def _is_idle(job: JobView) -> bool:
    return bool(job.waiting and not job.running and not job.is_paused)


class _Idle:
    """How long nothing of a job has run, and why once that is long."""

    def __init__(self) -> None:
        self.is_over()

    def is_over(self) -> None:
        """Note that something runs."""
        self._asked_at = time.monotonic()
        self._found: Reason | None = None

    def reason(self, job: JobView) -> Reason | None:
        """Return why nothing of a job runs; looked for anew each time so long has gone by."""
        if time.monotonic() - self._asked_at >= IDLE_S:
            self._asked_at = time.monotonic()
            self._found = _held_by(job.id)
        return self._found


def _held_by(job_id: str) -> Reason | None:
    """Return the first thing that holds waiting frames of a job."""
    held = explain(job_id=job_id).frames
    reasons = (reason for each in held for reason in each.reasons)
    return next((each for each in reasons if each.code not in ("dead", "depend")), None)
