"""Jobs by any name, and what to say of a word that is none: which one may have been meant."""

from __future__ import annotations

import opencue
from cuelet.client.errors import AmbiguousNameError, JobNotFoundError
from cuelet.client.naming.nearness import did_you_mean
from cuelet.core.state.set_aside import SetAside
from opencue.naming.jobs import Found, find, job_words
from opencue.wrappers.job import Job

__all__ = ["Found", "find", "get_job", "job_words", "not_found", "set_aside", "word_for"]

_SET_ASIDE = "; it is set aside, for it is damaged in the database: see cuelet farm check"


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
