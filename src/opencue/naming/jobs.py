"""Which jobs, and which parts of one, a word means: a name in any spelling, a glob, an id or how one begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from opencue_proto import job_pb2

from opencue import farm
from opencue.exception import AmbiguousNameException, EntityNotFoundException
from opencue.naming import spelling
from opencue.search import JobSearch
from opencue.wrappers.entity import send
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job

MAX_SEARCHED = 500
"""Jobs that are searched for a frame of which only the id is known, the latest first."""


@dataclass(frozen=True, slots=True)
class PartFound:
    """A layer or a frame that an id names."""

    id: str
    job_id: str
    layer: str
    number: int | None
    """The frame's; None: the whole layer."""

    @property
    def words(self) -> str:
        """What it is, in words."""
        if self.number is None:
            return f"layer {self.layer}"
        return f"{self.number:04d}-{self.layer}"


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
        several = spelling.is_glob(self.word) and not self.parts
        return several or len(self.jobs) + len(self.parts) == 1

    def meanings(self) -> list[tuple[str, str]]:
        """Return what it may mean, as pairs of what names it alone and what it is."""
        short = spelling.short_ids([job.id() for job in self.jobs])
        parts = [(part.id, part.words) for part in self.parts]
        return [*((short[job.id()], job.name()) for job in self.jobs), *parts]


def find(word: str) -> Found:
    """Return all that a word may mean: pending jobs, or when there are none ended ones, of each name the latest."""
    answer = farm.call_or_none("FindJobs", name=word)
    if answer is None:
        return _find_at_cuebot(word)
    parts = tuple(
        PartFound(part["id"], part["job"], part["layer"], part["number"])
        for part in answer["parts"]
    )
    return Found(word, _jobs_of([job["id"] for job in answer["jobs"]]), parts)


def find_job(word: str) -> Job:
    """Return the one job that a word means.

    Raises:
        EntityNotFoundException: There is none.
        AmbiguousNameException: There are several, or it is no job.
    """
    found = find(word)
    if len(found.jobs) == 1 and not found.parts:
        return found.jobs[0]
    if found.is_empty:
        raise EntityNotFoundException(
            f"no job {word[:80]!r}, pending or ended; see cueadmin -lj or cuelet jobs --all"
        )
    raise AmbiguousNameException(word=word, meanings=found.meanings())


def has_pending(word: str) -> bool:
    """Tell whether a pending job answers to a name that a stock Cuebot does not know as it is; others do."""
    if farm.is_cuelet():
        return False
    return any(job.state() == job_pb2.PENDING for job in find(word).jobs)


def job_words() -> list[str]:
    """Return the names that jobs answer to, the latest first."""
    answer = farm.call_or_none("ListNames")
    if answer is not None:
        names: list[str] = answer["names"]
        return names
    latest = sorted(_search(), key=_age, reverse=True)
    return list(dict.fromkeys(name for job in latest for name in (_short_name(job), job.name())))


def _jobs_of(job_ids: Sequence[str]) -> tuple[Job, ...]:
    """Return the jobs of some ids, in their order."""
    if len(job_ids) < 2:
        return tuple(Job(send("job", "GetJob", id=each).job) for each in job_ids)
    by_id = {job.id(): job for job in _search(id=list(job_ids))}
    return tuple(by_id[each] for each in job_ids if each in by_id)


# A stock Cuebot's jobs: it finds pending ones by their whole names, and all of them by a search.


def _search(**options: Any) -> list[Job]:
    """Return the jobs that a search finds, ended ones too."""
    found = JobSearch.byOptions(**options, include_finished=True)
    return [Job(message) for message in found.jobs.jobs]


def _find_at_cuebot(word: str) -> Found:
    if not spelling.can_be_name(word):
        return Found(word)
    if spelling.is_id(word):
        jobs = tuple(_search(id=[word]))
        return Found(word, jobs, () if jobs else _part_at_cuebot(word))
    jobs = tuple(_matching(word) if spelling.is_glob(word) else _named(word))
    if not jobs and spelling.is_beginning(word):
        jobs = tuple(job for job in _search() if job.id().startswith(word))
    return Found(word, jobs)


def _named(name: str) -> list[Job]:
    """Return the job of a name, full or short, in any spelling; all of them where several have it."""
    key = spelling.lookup_key(name)
    asked = _search(regex=[spelling.name_regex(name)])
    found = _pending_or_latest(
        job
        for job in asked
        if key in (spelling.lookup_key(job.name()), spelling.lookup_key(_short_name(job)))
    )
    exact = [job for job in found if job.name() == name.lower()]
    return exact or found


def _matching(pattern: str) -> list[Job]:
    is_like = spelling.glob_test(pattern)
    asked = _search(regex=[spelling.glob_regex(pattern)])
    return _pending_or_latest(
        job for job in asked if is_like(job.name()) or is_like(_short_name(job))
    )


def _short_name(job: Job) -> str:
    return spelling.short_name(job.name(), show=job.show(), shot=job.shot(), user=job.user())


def _pending_or_latest(jobs: Iterable[Job]) -> list[Job]:
    """Return the pending jobs, or when there are none the latest of each full name."""
    ordered = sorted(jobs, key=_age)
    pending = [job for job in ordered if job.state() == job_pb2.PENDING]
    return pending or list({job.name(): job for job in ordered}.values())


def _age(job: Job) -> int:
    return int(job.data.start_time)


def _part_at_cuebot(part_id: str) -> tuple[PartFound, ...]:
    """Return the layer or frame of an id."""
    layer = _or_none(lambda: send("layer", "GetLayer", id=part_id).layer)
    if layer is not None:
        return (PartFound(part_id, layer.parent_id, layer.name, None),)
    frame = _or_none(lambda: send("frame", "GetFrame", id=part_id).frame)
    job = _job_of_frame(part_id) if frame is not None else None
    if frame is None or job is None:
        return ()
    return (PartFound(part_id, job.id(), frame.layer_name, frame.number),)


def _or_none(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except EntityNotFoundException:
        return None


def _job_of_frame(frame_id: str) -> Job | None:
    """Return the job of a frame, whose message does not name it."""
    latest = sorted(_search(), key=lambda job: (job.state() != job_pb2.PENDING, -_age(job)))
    return next((job for job in latest[:MAX_SEARCHED] if job.getFrames(id=frame_id, limit=1)), None)


def find_frame(job: Job, layer: str, number: int) -> Frame:
    """Return the frame of a job, pending or ended, that executes a number in a layer.

    Raises:
        EntityNotFoundException: There is no such layer or frame.
    """
    name = job.getLayer(layer).name()
    found = job.getFrames(layer=[name], range=str(number), limit=1)
    if not found:
        raise EntityNotFoundException(f"no frame {number} in layer {name!r} of {job.name()}")
    return found[0]
