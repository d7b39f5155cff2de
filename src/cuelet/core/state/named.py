"""Which jobs, and which part of one, a word means: a name in any spelling, a glob, an id or how one begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids, names
from cuelet.core.values.errors import AmbiguousNameError
from cuelet.core.values.states import JobState


@dataclass(frozen=True, slots=True)
class Part:
    """A layer of a job, or a frame of it."""

    id: str
    job: Job
    layer: str
    number: int | None
    """The frame's; None: the whole layer."""


def jobs_named(farm: Farm, word: str) -> list[Job]:
    """Return the jobs that a word may mean, the latest last; pending ones go before ended ones.

    Of several ended jobs of one full name the latest counts.
    """
    if word in farm.jobs:
        return [farm.jobs[word]]
    if names.is_glob(word):
        return _first_pending(_matching(farm, word))
    try:
        found = farm.find_job(word)
    except AmbiguousNameError as error:
        return [job for name in error.candidates for job in _of_full_name(farm, name)]
    return [found] if found else [job for job in farm.jobs.values() if _begins(job, word)]


def parts_named(farm: Farm, word: str) -> list[Part]:
    """Return the layers and frames whose ids begin with a word that is longer than what they share."""
    if len(word) <= ids.SHARED or not ids.is_beginning(word):
        return []
    return [part for job in farm.jobs.values() for part in _parts_of(job, word)]


def job_words(farm: Farm) -> list[str]:
    """Return the names that jobs answer to, those of the latest jobs first."""
    latest = sorted(farm.jobs.values(), key=lambda job: -job.submitted_at)
    return list(
        dict.fromkeys(name for job in latest for name in (job.spec.title, job.name) if name)
    )


def short_name(job: Job) -> str:
    """Return a job's name without show, shot and user."""
    prefix = f"{job.spec.show}-{job.spec.shot}-{job.spec.user}_".lower()
    return job.name.removeprefix(prefix)


def _matching(farm: Farm, pattern: str) -> Iterator[Job]:
    is_like = names.glob_test(pattern)
    for job in farm.jobs.values():
        if any(map(is_like, (job.name, short_name(job), job.spec.title))):
            yield job


def _first_pending(found: Iterable[Job]) -> list[Job]:
    """Return the pending jobs, or when there are none the latest of each full name."""
    ordered = sorted(found, key=lambda job: job.submitted_at)
    pending = [job for job in ordered if job.state is JobState.PENDING]
    return pending or list({job.name: job for job in ordered}.values())


def _of_full_name(farm: Farm, name: str) -> list[Job]:
    return _first_pending(job for job in farm.jobs.values() if job.name == name)


def _begins(job: Job, word: str) -> bool:
    return ids.is_beginning(word) and job.id.startswith(word)


def _parts_of(job: Job, word: str) -> Iterator[Part]:
    if not word.startswith(job.id[: ids.SHARED]):
        return
    for layer in job.layers:
        layer_id = ids.part_id(job.id, ids.Kind.LAYER, layer.index)
        if layer_id.startswith(word):
            yield Part(layer_id, job, layer.name, None)
    for index in range(job.size):
        frame_id = job.frame_id(index)
        if frame_id.startswith(word):
            layer = job.layer_at(index)
            yield Part(frame_id, job, layer.name, layer.number(index))
