"""What became of a launch whose answer is lost.

Cuebot refuses a second pending job of a name, so a launch that is not found may be sent once more.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from opencue_proto import job_pb2

from opencue.exception import (
    AnswerLostException,
    CueException,
    CueInternalErrorException,
    DeadlineExceededException,
    FarmSilentException,
    LaunchUnknownException,
)
from opencue.naming import spelling
from opencue.search import JobSearch

Launch = Callable[[], list[Any]]
_CLOCKS_DIFFER_S = 1.0
_PENDING = "is already pending"
"""What Cuebot says of a name that is taken."""
_PARTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"<show>(.*?)</show>", r"<shot>(.*?)</shot>", r"<user>(.*?)</user>",
        r"""<job\s+name=["'](.*?)["']""",
    )
)  # fmt: skip
"""Where show, shot, user and job stand in a specification."""


def launched_jobs(spec: str, launch: Launch) -> list[Any]:
    """Submit a job description and return the messages of its jobs.

    Args:
        spec: The description.
        launch: Submits it and returns the messages.

    Raises:
        LaunchUnknownException: The answer is lost, and whether the server has the job cannot be told.
        CueException: The server refused.
    """
    began = time.time() - _CLOCKS_DIFFER_S
    try:
        return launch()
    except AnswerLostException as error:
        return _found(spec, began, error) or _sent_again(spec, launch, began, error)
    except DeadlineExceededException as error:
        if isinstance(error, FarmSilentException):
            raise
        return _found_or_unknown(spec, began, error)  # Cuebot may be at it still


def _sent_again(spec: str, launch: Launch, began: float, lost: CueException) -> list[Any]:
    """Launch once more what nobody has; the job may have come in meanwhile."""
    try:
        return launch()
    except CueInternalErrorException as error:
        if _PENDING not in (error.said or error.details()):
            raise
        return _found_or_unknown(spec, began, lost)
    except (AnswerLostException, DeadlineExceededException) as error:
        return _found_or_unknown(spec, began, error)


def _found_or_unknown(spec: str, began: float, lost: CueException) -> list[Any]:
    found = _found(spec, began, lost)
    if not found:
        raise _unknown(spec, lost) from lost
    return found


def _found(spec: str, began: float, lost: CueException) -> list[Any]:
    """Return the job of a launch, or nothing where there is none.

    Raises:
        LaunchUnknownException: The server does not say.
    """
    name = _full_name(spec)
    if not name:
        raise _unknown(spec, lost) from lost
    try:
        asked = JobSearch.byOptions(regex=[spelling.name_regex(name)], include_finished=True)
    except CueException as error:
        raise _unknown(spec, error) from lost
    return _latest(asked.jobs.jobs, spelling.lookup_key(name), began)


def _latest(jobs: Iterable[Any], key: str, began: float) -> list[Any]:
    """Return the one job of a name that is pending, or has ended since a time."""
    named = [job for job in jobs if spelling.lookup_key(job.name) == key]
    named.sort(key=lambda job: (job.state == job_pb2.PENDING, job.start_time))
    return [job for job in named[-1:] if job.state == job_pb2.PENDING or job.start_time >= began]


def _full_name(spec: str) -> str:
    """Return the name Cuebot gives to the job of a specification, or nothing."""
    show, shot, user, job = (pattern.search(spec) for pattern in _PARTS)
    if not (show and shot and user and job):
        return ""
    return f"{show[1]}-{shot[1]}-{user[1]}_{job[1]}"


def _unknown(spec: str, error: CueException) -> LaunchUnknownException:
    found = _PARTS[-1].search(spec)
    return LaunchUnknownException(
        job=found[1] if found else "",
        reason=error.details(),
        method=error.method,
        target=error.target,
    )
