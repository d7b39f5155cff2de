"""Look at a job again and again, its layers too, until it has ended or cannot go on."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from cuelet.client.jobs import JobView, LayerView, current_view, list_layers
from opencue import ending
from opencue.ending import Ending
from opencue.wrappers.job import Job

POLL_S = 0.25


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """A job, its layers, and how it ended once it has."""

    job: JobView
    layers: tuple[LayerView, ...]
    ending: Ending | None


def watch(job_id: str) -> Iterator[WatchedJob]:
    """Yield looks at a job a moment apart, the one that tells its end last.

    Raises:
        ConnectionException: The server was gone for too long.
    """
    for job, end in ending.watch(job_id, itertools.repeat(POLL_S)):
        yield ending.patiently(functools.partial(_look, job, end))


def _look(job: Job, end: Ending | None) -> WatchedJob:
    return WatchedJob(current_view(job), list_layers(job), end)
