"""Find the jobs that a word means, and in them the parts: names in any spelling, globs, ids and how they begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import opencue
from cuelet.client.errors import AmbiguousNameError, JobNotFoundError, short_ids
from cuelet.client.naming.nearness import did_you_mean
from cuelet.core.state.set_aside import SetAside
from cuelet.core.values import ids, names
from opencue.wrappers.job import Job

_SET_ASIDE = "; it is set aside, for it is damaged in the database: see cuelet farm check"


@dataclass(frozen=True, slots=True)
class PartFound:
    """A layer or a frame that an id names."""

    id: str
    job_id: str
    layer: str
    number: int | None
    """The frame's; None: the whole layer."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a word may mean."""

    word: str
    jobs: tuple[Job, ...] = ()
    parts: tuple[PartFound, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it means nothing."""
        return not (self.jobs or self.parts)

    @property
    def is_clear(self) -> bool:
        """Whether it means one thing, or asks for several as a glob does."""
        several = names.is_glob(self.word) and not self.parts
        return several or len(self.jobs) + len(self.parts) == 1

    def meanings(self) -> list[tuple[str, str]]:
        """Return what it may mean, as pairs of id and name."""
        short = short_ids([job.id() for job in self.jobs])
        parts = [(part.id, _part_words(part)) for part in self.parts]
        return [*((short[job.id()], job.name()) for job in self.jobs), *parts]


def _part_words(part: PartFound) -> str:
    return f"layer {part.layer}" if part.number is None else f"{part.number:04d}-{part.layer}"


def find(word: str) -> Found:
    """Return all that a word may mean, pending jobs before ended ones."""
    answer = opencue.farm.call_or_none("FindJobs", name=word)
    if answer is None:
        return _find_at_cuebot(word)
    parts = tuple(
        PartFound(part["id"], part["job"], part["layer"], part["number"])
        for part in answer["parts"]
    )
    jobs = _jobs_of([job["id"] for job in answer["jobs"]])
    return Found(word, jobs, parts)


def _jobs_of(job_ids: Sequence[str]) -> tuple[Job, ...]:
    """Return the jobs of some ids, in their order."""
    if len(job_ids) < 2:
        return tuple(opencue.api.getJob(each) for each in job_ids)
    found = opencue.api.getJobs(id=list(job_ids), include_finished=True)
    by_id = {job.id(): job for job in found}
    return tuple(by_id[each] for each in job_ids if each in by_id)


def _find_at_cuebot(word: str) -> Found:
    """Search the jobs of a stock Cuebot, which knows whole names only."""
    known = opencue.api.getJobs(include_finished=True)
    is_like = names.glob_test(word) if names.is_glob(word) else word.__eq__
    for means in (
        lambda job: job.id() == word,
        lambda job: is_like(job.name()),
        lambda job: ids.is_beginning(word) and job.id().startswith(word),
    ):
        if found := tuple(filter(means, known)):
            return Found(word, found)
    return Found(word)


def get_job(word: str) -> Job:
    """Return the one job that a word means.

    Raises:
        JobNotFoundError: There is none.
        AmbiguousNameError: There are several, or it is no job.
    """
    found = find(word)
    if found.is_empty:
        raise not_found(word)
    if len(found.jobs) != 1 or found.parts:
        raise AmbiguousNameError(word=word, meanings=found.meanings())
    return found.jobs[0]


def word_for(job: Job) -> str:
    """Return what names a job and no other: its name, or its id where the name means another job."""
    found = find(job.name())
    return job.name() if [each.id() for each in found.jobs] == [job.id()] else job.id()


def not_found(word: str) -> JobNotFoundError:
    """Return the error for a word that means no job, with the name that is most like it."""
    if any(job.answers_to(word) for job in set_aside()):
        return JobNotFoundError(word=word, meant=_SET_ASIDE)
    return JobNotFoundError(word=word, meant=did_you_mean(word, job_words()))


def set_aside() -> list[SetAside]:
    """Return the jobs that a Cuelet farm has set aside because they are damaged."""
    return [SetAside(**job) for job in (opencue.farm.info() or {}).get("damaged", ())]


def job_words() -> list[str]:
    """Return the names that jobs answer to, the latest first."""
    answer = opencue.farm.call_or_none("ListNames")
    return answer["names"] if answer else opencue.api.getJobNames(include_finished=True)
