"""Give up on frames so that the rest goes on: a stock Cuebot may leave that to whoever eats, who does it here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import opencue
from cuelet.client.actions import FrameSelection
from cuelet.client.errors import NoFramesError
from opencue.wrappers.depend import Depend
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer

WAIT_S = 20.0
"""How long a Cuebot may take to eat frames, or to release what waits; it does both behind the call."""
_POLL_S = 0.2
_LOOKED_AT = 50
"""Frames that are asked what waits for them, to find out whether a Cuebot releases it by itself."""


@dataclass(frozen=True, slots=True)
class Eaten:
    """What became of frames that were given up."""

    frames: int
    released: int = 0
    """Frames that wait for others no longer, because they were released here."""


def eat(chosen: FrameSelection) -> Eaten:
    """Give up on frames, so that the rest can go on.

    Raises:
        NoFramesError: All of them have succeeded.
    """
    if opencue.farm.is_cuelet():
        chosen.job.eatFrames(**chosen.criteria)
        return Eaten(chosen.count)
    return _eat_at_cuebot(chosen)


def _eat_at_cuebot(chosen: FrameSelection) -> Eaten:
    """Eat, and release what waits for the frames where the Cuebot does not."""
    job, states = chosen.job, opencue.api.job_pb2
    found = job.getFrames(**chosen.criteria)
    meal = _Meal(job, [frame for frame in found if frame.state() != states.SUCCEEDED])
    if not meal.frames:
        raise NoFramesError(job=job.name(), wanted="frame there that has not succeeded")
    before = meal.held()
    job.eatFrames(id=meal.ids)
    _wait_for(meal.is_eaten)
    if not meal.waiting():
        return Eaten(len(meal.frames))
    job.markdoneFrames(id=meal.ids)
    for depend in meal.waiting_for_layers():
        depend.satisfy()
    _wait_for(lambda: not meal.waiting())
    return Eaten(len(meal.frames), max(before - meal.held(), 0))


class _Meal:
    """Frames of a job that are eaten.

    Args:
        job: The job.
        frames: The frames.
    """

    def __init__(self, job: Job, frames: Sequence[Frame]) -> None:
        self._job, self.frames = job, frames
        self.ids = [frame.id() for frame in frames]

    def held(self) -> int:
        """Return how many frames of the job wait for others now."""
        return opencue.api.getJob(self._job.id()).dependFrames()

    def is_eaten(self) -> bool:
        """Tell whether the Cuebot has eaten them."""
        eaten = opencue.api.job_pb2.EATEN
        return all(frame.state() == eaten for frame in self._job.getFrames(id=self.ids))

    def waiting(self) -> list[Depend]:
        """Return what waits for them, or for layers of which every frame is done now."""
        for frame in self.frames[:_LOOKED_AT]:
            if found := _active(frame.getWhatDependsOnThis()):
                return found
        return self.waiting_for_layers()

    def waiting_for_layers(self) -> list[Depend]:
        """Return what waits for layers of theirs of which every frame is done now."""
        theirs = {frame.layer() for frame in self.frames}
        layers = (layer for layer in self._job.getLayers() if layer.name() in theirs)
        return [
            depend
            for layer in layers
            if _is_done(layer)
            for depend in _active(layer.getWhatDependsOnThis())
        ]


def _active(depends: Iterable[Depend]) -> list[Depend]:
    """Return what holds frames; depends frame by frame are shown as active even when those of their frames are not."""
    by_frame = opencue.api.depend_pb2.FRAME_BY_FRAME, opencue.api.depend_pb2.PREVIOUS_FRAME
    return [depend for depend in depends if depend.isActive() and depend.type() not in by_frame]


def _is_done(layer: Layer) -> bool:
    return layer.succeededFrames() + layer.eatenFrames() == layer.totalFrames()


def _wait_for(is_so: Callable[[], bool]) -> None:
    """Return once something is so, or when a Cuebot has had time enough."""
    until = time.monotonic() + WAIT_S
    while not is_so() and time.monotonic() < until:
        time.sleep(_POLL_S)
