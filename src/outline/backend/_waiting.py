"""Wait for jobs on a farm until they have ended or cannot go on, and raise where frames are left undone."""

from __future__ import annotations

import contextlib
import time

from outline._stderr.say import say
from outline.exception import JobFailedError, JobStillRunsError
from outline.frames import format_frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

_FIRST_POLL_S = 0.1
_POLL_GROWTH = 1.5
_MOST_NAMED = 10
"""Layers whose dead frames are named."""


def wait(
    jobs: Sequence[Any], *, period_s: float, timeout_s: float | None, dies_early: bool
) -> None:
    """Return when every frame of the jobs is done.

    Args:
        jobs: The jobs.
        period_s: The longest pause between two looks.
        timeout_s: Give up after so long; None: never.
        dies_early: Kill the jobs at the first frame that is dead.

    Raises:
        JobFailedError: A job was killed, or dead frames keep it from going on.
        JobStillRunsError: The time was up; the jobs run on.
    """
    until = None if timeout_s is None else time.monotonic() + timeout_s
    with _told_where_they_are(jobs):
        failures = []
        for job in jobs:
            end = _end_of(job, period_s, until, dies_early=dies_early)
            if not end.is_success:
                failures.append(_failure(job, end))
                if dies_early:
                    _kill(jobs)
    if failures:
        raise JobFailedError(failures=failures, was_killed=dies_early)


def _end_of(job: Any, period_s: float, until: float | None, *, dies_early: bool) -> Any:
    """Return how a job ended, or for ``dies_early`` the first look at which a frame is dead."""
    from opencue import ending

    was_paused = False
    patience = ending.Patience(say, until)
    for now, end in ending.watch(job.id(), _pauses_s(period_s), patience):
        if end is not None:
            return end
        if dies_early and now.deadFrames():
            return ending.ending_so_far(now)
        if now.isPaused() and not was_paused:
            say(f"{now.name()} is paused and is waited for; cuelet resume {now.name()}")
        was_paused = now.isPaused()
        if until is not None and time.monotonic() > until:
            raise JobStillRunsError(job=now.name(), remedy=f"it runs on: cuelet watch {now.name()}")
    raise AssertionError("watching ends with an ending")


def _pauses_s(period_s: float) -> Iterator[float]:
    pause_s = min(_FIRST_POLL_S, period_s)
    while True:
        yield pause_s
        pause_s = min(pause_s * _POLL_GROWTH, period_s)


def _failure(job: Any, end: Any) -> tuple[str, str]:
    """Return the name of a job and why it failed, in words."""
    parts = []
    if end.dead:
        parts.append(f"dead are {_dead_frames(job)}")
    if end.was_killed:
        parts.append(f"it was killed with {end.succeeded} of {end.frames} frames done")
    if end.stuck:
        parts.append(f"it cannot go on: {end.stuck}")
    return job.name(), "; ".join(parts)


def _dead_frames(job: Any) -> str:
    """Return the dead frames of a job by layer, such as ``render 3,7-9``."""
    from opencue import api

    numbers: dict[str, list[int]] = {}
    for frame in job.getFrames(state=[api.job_pb2.DEAD]):
        numbers.setdefault(frame.layer(), []).append(frame.number())
    named = [f"{layer} {format_frames(found)}" for layer, found in numbers.items()]
    more = f" and frames of {len(named) - _MOST_NAMED} more layers" if named[_MOST_NAMED:] else ""
    return ", ".join(named[:_MOST_NAMED]) + more


def _kill(jobs: Sequence[Any]) -> None:
    for job in jobs:
        job.kill(reason="a launch with test=True failed")


@contextlib.contextmanager
def _told_where_they_are(jobs: Sequence[Any]) -> Iterator[None]:
    """Say where jobs are that are no longer waited for, because of Ctrl-C or because the farm is gone."""
    from opencue.exception import CueException

    names = [job.name() for job in jobs]
    watching = "; ".join(f"cuelet watch {name}" for name in names)
    try:
        yield
    except KeyboardInterrupt:
        say(f"{', '.join(names)} runs on; come back with {watching}")
        raise
    except CueException:
        say(f"{', '.join(names)} is no longer waited for; once the farm answers: {watching}")
        raise
