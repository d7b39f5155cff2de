"""Lists of jobs: filtered, sorted and cut by the farm, so that thousands of them do not travel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import opencue
from cuelet.client.jobs import JobView, damaged_jobs, job_view, standings
from cuelet.core.values import names
from opencue.naming.spelling import short_name
from opencue.wrappers.job import Job

DAMAGED = "damaged"
STATES = ("running", "waiting", "paused", "stuck", "finished", "killed", DAMAGED)
_ORDERS: Mapping[str, Callable[[JobView], Any]] = {
    "age": lambda job: job.submitted_at,
    "name": lambda job: job.name,
    "user": lambda job: job.user,
    "state": lambda job: job.state,
    "priority": lambda job: -job.priority,
    "frames": lambda job: -job.frames,
    "running": lambda job: -job.running,
    "dead": lambda job: -job.dead,
}
ORDERS = tuple(_ORDERS)
"""What a list may be sorted by: of numbers the largest first, of ages the latest last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs are asked for; names may be globs, and those of one field are alternatives."""

    name: Sequence[str] = ()
    show: Sequence[str] = ()
    shot: Sequence[str] = ()
    user: Sequence[str] = ()
    state: Sequence[str] = ()
    since: float = 0.0
    """Epoch seconds after which they were launched."""
    ended_since: float = 0.0
    """Epoch seconds after which they ended, if they have."""
    sort: str = "age"
    """One of `ORDERS`."""
    limit: int = 0
    """How many at most, by age the latest; 0: all."""


@dataclass(frozen=True, slots=True)
class JobList:
    """Jobs in order, and what is left out."""

    jobs: Sequence[JobView]
    clashing: frozenset[str] = frozenset()
    """Ids of those whose name another job has."""
    older: int = 0
    """Jobs that match but ended before."""
    cut: int = 0
    """Jobs that match but are beyond the limit."""


def list_jobs(wanted: JobFilter) -> JobList:
    """Return the jobs that match."""
    answer = opencue.farm.call_or_none("ListJobs", **asdict(wanted))
    if answer is None:
        return _list_at_cuebot(wanted)
    found = {job.id(): job for job in _jobs_of(answer["ids"])}
    known = standings(list(found.values()))
    views = [job_view(found[each], known.get(each, {})) for each in answer["ids"] if each in found]
    return JobList(
        [*views, *_damaged_jobs(wanted)],
        frozenset(answer["clashing"]),
        answer["older"],
        answer["cut"],
    )


def _damaged_jobs(wanted: JobFilter) -> Iterator[JobView]:
    """Yield the jobs set aside that match by what is known of them."""
    is_meant = not (wanted.show or wanted.shot or wanted.user or wanted.since)
    if is_meant and (not wanted.state or DAMAGED in wanted.state):
        yield from (job for job in damaged_jobs() if _is_any((job.name,), wanted.name))


def _jobs_of(job_ids: Sequence[str]) -> list[Job]:
    return opencue.api.getJobs(id=list(job_ids), include_finished=True) if job_ids else []


def _list_at_cuebot(wanted: JobFilter) -> JobList:
    """Filter here what a stock Cuebot knows."""
    jobs = [job for job in opencue.api.getJobs(include_finished=True) if _matches(job, wanted)]
    known = (job_view(job, {}) for job in jobs)
    views = [view for view in known if not wanted.state or view.state in wanted.state]
    ordered = sorted(sorted(views, key=_ORDERS["age"]), key=_ORDERS[wanted.sort])
    recent = [
        job for job in ordered if not job.has_ended or (job.stopped_at or 0) >= wanted.ended_since
    ]
    size = wanted.limit or len(recent)
    chosen = recent[-size:] if wanted.sort == "age" else recent[:size]
    return JobList(chosen, older=len(ordered) - len(recent), cut=len(recent) - len(chosen))


def _matches(job: Job, wanted: JobFilter) -> bool:
    message = job.data
    short = short_name(message.name, show=message.show, shot=message.shot, user=message.user)
    return message.start_time >= wanted.since and all(
        _is_any(texts, patterns)
        for texts, patterns in (
            ((message.name, short), wanted.name),
            ((message.show,), wanted.show),
            ((message.shot,), wanted.shot),
            ((message.user,), wanted.user),
        )
    )


def _is_any(texts: Sequence[str], patterns: Iterable[str]) -> bool:
    """Tell whether one of some texts matches one of some globs and names; any, when there are none."""
    patterns = list(patterns)
    return not patterns or any(_is_like(text, each) for text in texts for each in patterns)


def _is_like(text: str, pattern: str) -> bool:
    if names.is_glob(pattern):
        return names.glob_test(pattern)(text)
    return names.lookup_key(pattern) == names.lookup_key(text)
