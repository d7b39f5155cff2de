"""Which jobs and frames a client means: OpenCue's search criteria and entities, looked up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from opencue_proto import job_pb2

from cuelet.core.operations.setup.shows import show_of
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError, NotFoundError, quoted
from cuelet.core.values.states import WAITING, JobState, shown
from outline.frames import FrameRangeError, parse_range

_NARROWING = frozenset(
    ("ids", "frames", "frame_range", "states", "memory_range", "duration_range", "change_date")
)
"""Criteria that leave out some frames of a layer."""
_LONGEST_PATTERN = 4096
_FRAME_NAME = re.compile(r"(-?\d{1,18})-(.+)\Z")


def find_jobs(farm: Farm, criteria: job_pb2.JobSearchCriteria) -> list[Job]:
    """Return the jobs that match, by name.

    Values of one field are alternatives, fields narrow each other down.

    Raises:
        InvalidRequestError: A regular expression is malformed.
    """
    patterns = [compiled(text) for text in criteria.regex]
    tests: list[Callable[[Job], bool]] = [
        _one_of(criteria.ids, lambda job: job.id),
        _one_of(criteria.jobs, lambda job: job.name),
        _one_of(criteria.users, lambda job: job.spec.user),
        _one_of(criteria.shots, lambda job: job.spec.shot),
        _one_of(criteria.shows, lambda job: show_of(farm, job).name),
        lambda job: not patterns or any(p.search(job.name) for p in patterns),
        lambda job: not criteria.substr or any(part in job.name for part in criteria.substr),
        lambda job: criteria.include_finished or job.state is JobState.PENDING,
    ]
    found = [job for job in farm.jobs.values() if all(test(job) for test in tests)]
    return sorted(found, key=lambda job: (job.name, job.submitted_at))


def compiled(text: str) -> re.Pattern[str]:
    """Return a regular expression of a search; raises InvalidRequestError."""
    if (
        len(text) > _LONGEST_PATTERN
    ):  # reading one of a megabyte takes seconds, in which nobody is answered
        reason = f"it has {len(text)} characters, use {_LONGEST_PATTERN} at most"
        raise InvalidRequestError(request=f"search by {quoted(text)}", reason=reason)
    try:
        return re.compile(text)
    except re.error as error:
        raise InvalidRequestError(request=f"search by {text!r}", reason=str(error)) from error


def _one_of(wanted: Iterable[str], value: Callable[[Job], str]) -> Callable[[Job], bool]:
    choices = frozenset(wanted)
    return lambda job: not choices or value(job) in choices


def job_of(farm: Farm, message: job_pb2.Job) -> Job:
    """Return the job a client holds a copy of; only its id counts.

    Raises:
        NotFoundError: There is no such job.
    """
    return farm.get_job(message.id)


def any_job(farm: Farm, id_or_name: str) -> Job:
    """Return a job by id or by name; raises NotFoundError."""
    return farm.jobs.get(id_or_name) or farm.get_job_by_name(id_or_name)


def part_of(farm: Farm, part_id: str, kind: ids.Kind) -> tuple[Job, int]:
    """Return the job and index an id names; raises NotFoundError."""
    parts = ids.split_id(part_id)
    if parts is None or parts[1] is not kind or parts[0] not in farm.jobs:
        raise NotFoundError(kind=kind.name.lower(), name=part_id)
    return farm.jobs[parts[0]], parts[2]


def layer_of(farm: Farm, layer_id: str) -> tuple[Job, Layer]:
    """Return a layer by id; raises NotFoundError."""
    job, index = part_of(farm, layer_id, ids.Kind.LAYER)
    if index >= len(job.layers):
        raise NotFoundError(kind="layer", name=layer_id)
    return job, job.layers[index]


def frame_of(farm: Farm, frame_id: str) -> tuple[Job, int]:
    """Return a frame by id; raises NotFoundError."""
    job, index = part_of(farm, frame_id, ids.Kind.FRAME)
    if index >= job.size:
        raise NotFoundError(kind="frame", name=frame_id)
    return job, index


def depend_of(farm: Farm, depend_id: str) -> Edge:
    """Return a depend by id; raises NotFoundError."""
    job, index = part_of(farm, depend_id, ids.Kind.DEPEND)
    if index >= len(job.edges):
        raise NotFoundError(kind="depend", name=depend_id)
    return job.edges[index]


def find_frames(
    farm: Farm, job: Job, criteria: job_pb2.FrameSearchCriteria, layer: Layer | None = None
) -> Iterator[int]:
    """Yield the indexes of the frames that match, in layer order, then frame order.

    Raises:
        NotFoundError: A named layer does not exist.
        InvalidRequestError: A range is malformed.
    """
    tests = [*_tests_of(job, criteria)]
    for index in _candidates(farm, job, criteria, layer):
        if all(test(index) for test in tests):
            yield index


def _candidates(
    farm: Farm, job: Job, criteria: job_pb2.FrameSearchCriteria, layer: Layer | None
) -> Iterator[int]:
    """Yield frames narrowed down by what needs no look at each one."""
    if criteria.ids:
        yield from _by_ids(job, criteria.ids)
        return
    layers = _layers_of(farm, job, criteria, layer)
    if criteria.frames:
        yield from _by_names(farm, job, criteria.frames, layers)
        return
    for chosen in layers:
        if criteria.frame_range:
            yield from _by_numbers(chosen, criteria.frame_range)
        else:
            yield from range(chosen.start, chosen.end)


def _layers_of(
    farm: Farm, job: Job, criteria: job_pb2.FrameSearchCriteria, layer: Layer | None
) -> list[Layer]:
    """Return the layers a search is about, in their order."""
    names = [farm.get_layer(job, name) for name in criteria.layers]
    layers = [layer] if layer else names or job.layers
    return sorted(layers, key=lambda one: one.index)


def _by_ids(job: Job, wanted: Iterable[str]) -> Iterator[int]:
    for frame_id in wanted:
        parts = ids.split_id(frame_id)
        if parts and parts[0] == job.id and parts[1] is ids.Kind.FRAME and parts[2] < job.size:
            yield parts[2]


def _by_names(
    farm: Farm, job: Job, wanted: Iterable[str], layers: Iterable[Layer]
) -> Iterator[int]:
    chosen = set(layers)
    for name in wanted:
        match = _FRAME_NAME.match(name)
        if match is None:
            raise InvalidRequestError(request=f"frame {name!r}", reason="write it like 0012-layer")
        layer = farm.get_layer(job, match[2])
        if layer in chosen:
            yield farm.get_frame(job, layer, int(match[1]))


def _by_numbers(layer: Layer, text: str) -> Iterator[int]:
    """Yield the frames that execute one of the numbers, each once."""
    try:
        numbers = parse_range(text)
    except FrameRangeError as error:
        raise InvalidRequestError(request="frame search", reason=str(error)) from error
    tasks = dict.fromkeys(layer.tasks.task_of(number) for number in numbers)
    yield from (layer.start + task for task in tasks if task is not None)


def _tests_of(job: Job, criteria: job_pb2.FrameSearchCriteria) -> Iterator[Callable[[int], bool]]:
    states = frozenset(criteria.states.frame_states)
    if states:
        yield lambda index: shown(job.state_of[index]) in states
    if criteria.memory_range:
        low_gb, high_gb = _span(criteria.memory_range)
        yield lambda index: low_gb <= job.max_rss_kb[index] / 1048576 <= high_gb
    if criteria.duration_range:
        low_h, high_h = _span(criteria.duration_range)
        yield (
            lambda index: (
                shown(job.state_of[index]) != WAITING
                and low_h <= job.wall_s[index] / 3600 <= high_h
            )
        )
    if criteria.change_date:
        since = criteria.change_date
        yield lambda index: max(job.start_at[index], job.stop_at[index]) >= since


def _span(text: str) -> tuple[float, float]:
    low, dash, high = text.partition("-")
    try:
        return float(low), float(high) if dash else float("inf")
    except ValueError as error:
        raise InvalidRequestError(
            request=f"search range {text!r}", reason="write it like 2 or 2-5"
        ) from error


def find_page(
    farm: Farm, job: Job, criteria: job_pb2.FrameSearchCriteria, layer: Layer | None = None
) -> list[int]:
    """Return the page of the frames that match a client asks for; without a limit, all of them.

    Raises:
        NotFoundError: A named layer does not exist.
        InvalidRequestError: A range is malformed.
    """
    if criteria.limit <= 0:
        return list(find_frames(farm, job, criteria, layer))
    start = (max(criteria.page, 1) - 1) * criteria.limit
    stop = start + criteria.limit
    if _NARROWING.isdisjoint(field.name for field, _ in criteria.ListFields()):
        return _cut(_layers_of(farm, job, criteria, layer), start, stop)
    return list(islice(find_frames(farm, job, criteria, layer), start, stop))


def _cut(layers: Iterable[Layer], start: int, stop: int) -> list[int]:
    """Return frames by their place in all of some layers, without a look at those before."""
    found: list[int] = []
    for layer in layers:
        size = layer.end - layer.start
        found += range(
            layer.start + min(max(start, 0), size), layer.start + min(max(stop, 0), size)
        )
        start, stop = start - size, stop - size
    return found
