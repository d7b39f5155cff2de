"""Recorded lists cut down to what a search asks for that was not recorded itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from opencue_proto import job_pb2

from outline.frames import parse_range


def narrowed(request: Any, response: Any) -> Any:
    """Return a response to a search, with those members only that the search finds."""
    search = getattr(request, "r", None) or getattr(request, "req", None)
    if isinstance(search, job_pb2.JobSearchCriteria) and hasattr(response, "jobs"):
        return _kept(response, response.jobs.jobs, lambda job: _job_fits(job, search))
    if isinstance(search, job_pb2.FrameSearchCriteria) and hasattr(response, "frames"):
        return _kept(response, response.frames.frames, lambda frame: _frame_fits(frame, search))
    return response


def _kept(response: Any, members: Any, fits: Callable[[Any], bool]) -> Any:
    found = [each for each in members if fits(each)]
    del members[:]
    members.extend(found)
    return response


def _job_fits(job: Any, search: Any) -> bool:
    tests = (
        not search.ids or job.id in search.ids,
        not search.jobs or job.name in search.jobs,
        not search.shows or job.show in search.shows,
        not search.users or job.user in search.users,
        not search.shots or job.shot in search.shots,
        not search.substr or any(part in job.name for part in search.substr),
        not search.regex or any(re.search(pattern, job.name) for pattern in search.regex),
        search.include_finished or job.state != job_pb2.FINISHED,
    )
    return all(tests)


def _frame_fits(frame: Any, search: Any) -> bool:
    tests = (
        not search.ids or frame.id in search.ids,
        not search.frames or frame.name in search.frames,
        not search.layers or frame.layer_name in search.layers,
        not search.states.frame_states or frame.state in search.states.frame_states,
        not search.frame_range or frame.number in parse_range(search.frame_range),
    )
    return all(tests)
