"""Methods of cuelet.Farm that find jobs: those that a word means, and those that a list asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cuelet.core.operations.launching import is_stuck
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.named import Part, job_words, jobs_named, parts_named, short_name
from cuelet.core.values import names
from cuelet.core.values.errors import InvalidRequestError
from cuelet.core.values.states import DEAD, EATEN, RUNNING, SUCCEEDED, JobState
from cuelet.engine.engine import Engine

Values = Mapping[str, Any]
Test = Callable[[Job], bool]
MAX_NAMES = 20_000
"""Names that one answer holds."""


class JobFinder:
    """Answer ``FindJobs`` and ``ListJobs``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.methods = {
            "FindJobs": self.on_find,
            "ListJobs": self.on_list,
            "ListNames": self.on_names,
        }

    async def on_find(self, request: Values) -> Values:
        """Return the jobs, layers and frames that ``name`` may mean."""
        farm, word = self._engine.farm, str(request.get("name", ""))
        jobs, parts = jobs_named(farm, word), parts_named(farm, word)
        return {
            "jobs": [_job_values(job) for job in jobs],
            "parts": [_part_values(part) for part in parts],
        }

    async def on_names(self, request: Values) -> Values:
        """Return the names that jobs answer to, those of the latest first."""
        return {"names": job_words(self._engine.farm)[:MAX_NAMES]}

    async def on_list(self, request: Values) -> Values:
        """Return the ids of the jobs that match, in order, and how many match but are left out.

        Raises:
            InvalidRequestError: A field has no such value.
        """
        farm = self._engine.farm
        tests, ended_since = [*_tests_of(farm, request)], _number(request, "ended_since")
        matching = [job for job in farm.jobs.values() if all(test(job) for test in tests)]
        recent = [job for job in matching if _is_recent(job, ended_since)]
        chosen = _cut(_ordered(farm, recent, request), request)
        namesakes = Counter(job.name for job in farm.jobs.values())
        return {
            "ids": [job.id for job in chosen],
            "clashing": [job.id for job in chosen if namesakes[job.name] > 1],
            "older": len(matching) - len(recent),
            "cut": len(recent) - len(chosen),
        }


def _is_recent(job: Job, ended_since: float) -> bool:
    return job.state is JobState.PENDING or job.stopped_at >= ended_since


def _job_values(job: Job) -> Values:
    return {"id": job.id, "name": job.name, "submitted_at": job.submitted_at}


def _part_values(part: Part) -> Values:
    return {"id": part.id, "job": part.job.id, "layer": part.layer, "number": part.number}


def standing(farm: Farm, job: Job) -> str:
    """Return how a job stands, in the word that ``cuelet jobs`` shows."""
    if job.state is not JobState.PENDING:
        return "finished" if job.count(SUCCEEDED, EATEN) == job.size else "killed"
    if job.paused:
        return "paused"
    if job.count(RUNNING):
        return "running"
    return "stuck" if is_stuck(farm, job) else "waiting"


_TEXTS: Mapping[str, Callable[[Job], Iterable[str]]] = {
    "name": lambda job: (job.name, short_name(job), job.spec.title, job.id),
    "show": lambda job: (job.spec.show,),
    "shot": lambda job: (job.spec.shot,),
    "user": lambda job: (job.spec.user,),
}
"""What each filter by text is compared with; patterns of one filter are alternatives."""

_ORDERS: Mapping[str, Callable[[Job], Any]] = {
    "age": lambda job: job.submitted_at,
    "name": lambda job: job.name,
    "user": lambda job: job.spec.user,
    "priority": lambda job: -job.priority,
    "frames": lambda job: -job.size,
    "running": lambda job: -job.count(RUNNING),
    "dead": lambda job: -job.count(DEAD),
}


def _tests_of(farm: Farm, request: Values) -> Iterator[Test]:
    """Yield what a job has to pass, a test for each filter that is given."""
    for field, texts in _TEXTS.items():
        if patterns := request.get(field):
            yield _like_any([_text_test(str(pattern)) for pattern in patterns], texts)
    if states := request.get("state"):
        yield lambda job: standing(farm, job) in states
    since = _number(request, "since")
    yield lambda job: job.submitted_at >= since


def _like_any(tests: list[Callable[[str], bool]], texts: Callable[[Job], Iterable[str]]) -> Test:
    return lambda job: any(test(text) for text in texts(job) for test in tests)


def _text_test(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a text matches a glob, or is a name in any spelling."""
    if names.is_glob(pattern):
        return names.glob_test(pattern)
    key = names.lookup_key(pattern)
    return lambda text: names.lookup_key(text) == key


def _number(request: Values, field: str) -> float:
    value = request.get(field) or 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequestError(request=f"list jobs with {field} {value!r}", reason="no number")
    return float(value)


def _ordered(farm: Farm, jobs: Iterable[Job], request: Values) -> list[Job]:
    by = str(request.get("sort") or "age")
    orders = {**_ORDERS, "state": lambda job: standing(farm, job)}
    if by not in orders:
        reason = f"use {', '.join(orders)}"
        raise InvalidRequestError(request=f"list jobs sorted by {by!r}", reason=reason)
    return sorted(sorted(jobs, key=_ORDERS["age"]), key=orders[by])


def _cut(jobs: list[Job], request: Values) -> list[Job]:
    """Return the first jobs up to a limit; in order of age the latest, which are the last."""
    limit = int(_number(request, "limit"))
    if limit <= 0:
        return jobs
    return jobs[-limit:] if (request.get("sort") or "age") == "age" else jobs[:limit]
