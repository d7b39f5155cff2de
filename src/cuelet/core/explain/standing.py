"""In a few words, what a whole job waits for of which nothing runs: for lists and progress lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from cuelet.core.operations.between_jobs import holders, holding_edges
from cuelet.core.operations.obstacles import Code, Obstacle, obstacles, of_job
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.states import RUNNING, WAITING, JobState

_MOST_SHOWN = 2


def waits_briefly(farm: Farm, job: Job) -> str:
    """Return what a job waits for, such as ``for limit nuke``; empty when it runs, ended, or starts at once."""
    if job.state is JobState.FINISHED or job.count(RUNNING):
        return ""
    words = list(dict.fromkeys(_words(farm, job)))
    more = ", ..." if words[_MOST_SHOWN:] else ""
    return ", ".join(words[:_MOST_SHOWN]) + more


def _words(farm: Farm, job: Job) -> Iterator[str]:
    whole = [_OF_ITS_JOB[found.code] for found in of_job(farm, job) if found.code in _OF_ITS_JOB]
    if whole:
        yield from whole
        return
    yield from (f"for job {on.name}" for on in holders(job))
    waiting = [layer for layer in job.queue if layer.counts[WAITING]]
    for layer in waiting:
        found = next(obstacles(farm, job, layer), None)
        if found is None:
            return
        yield _OF_LAYERS[found.code](layer, found)
    if not waiting:
        yield from (f"for job {edge.awaited.name}" for edge in holding_edges(job))


def _start_time(layer: Layer, _: Obstacle) -> str:
    return f"until {datetime.fromtimestamp(layer.start_after, UTC):%Y-%m-%d %H:%M} UTC"


def _tags(layer: Layer, _: Obstacle) -> str:
    return f"for a machine tagged {' or '.join(layer.tags)}"


def _services(layer: Layer, _: Obstacle) -> str:
    return f"for a machine with {', '.join(layer.spec.services)}"


def _limit(_: Layer, obstacle: Obstacle) -> str:
    assert obstacle.limit is not None
    return f"for limit {obstacle.limit.name}"


def _says(words: str) -> Callable[[Layer, Obstacle], str]:
    return lambda _layer, _obstacle: words


_OF_ITS_JOB: Final[Mapping[Code, str]] = MappingProxyType(
    {
        Code.PAUSED: "until it is resumed",
        Code.SHOW: "for its show to be opened",
        Code.DISK: "for room on a full disk",
        Code.LOCKED: "for the locked machine",
        Code.HOST_STATE: "for the machine to be up",
    }
)
_OF_LAYERS: Final[Mapping[Code, Callable[[Layer, Obstacle], str]]] = MappingProxyType(
    {
        Code.START_AFTER: _start_time,
        Code.TAGS: _tags,
        Code.SERVICES: _services,
        Code.GPUS_ABSENT: _says("for more GPUs than there are"),
        Code.NO_SHARE: _says("for its group or show to get more"),
        Code.LIMIT_ZERO: _limit,
        Code.LIMIT: _limit,
        Code.GPUS: _says("for GPUs"),
        Code.SHARE: _says("for cores of its group or show"),
        Code.CAP: _says("for cores of its own"),
        Code.GPU_CAP: _says("for GPUs of its own"),
        Code.CORES: _says("for cores"),
        Code.MEMORY: _says("for memory"),
        Code.TURN: _says("for its turn"),
    }
)
