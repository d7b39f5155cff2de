"""What people do to jobs and to chosen frames of them: retry, eat, kill, pause, resume, delay."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import opencue
from cuelet.client.errors import (
    InvalidFramesError,
    JobEndedError,
    NoFramesError,
    NoRunningFramesError,
)
from cuelet.client.jobs import has_ended
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer
from outline.frames import FrameRangeError, parse_range


@dataclass(frozen=True, slots=True)
class FrameSelection:
    """Frames of a job to do something to."""

    job: Job
    criteria: Mapping[str, Any]
    """What pycue's search is asked for them."""
    count: int
    """How many there were when they were chosen."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where."""

    user: str
    pid: int
    host: str
    reason: str
    """What it was done with, as ``cuelet kill``."""


def select_dead(job: Job, *, layers: Sequence[str] | None, frames: str | None) -> FrameSelection:
    """Return frames named by number in any state, else the dead ones.

    Args:
        job: Their job.
        layers: Only frames of these; None: all.
        frames: Their numbers as a range; None: all that are dead.

    Raises:
        InvalidFramesError: The range is none.
        NoFramesError: Nothing matches.
    """
    criteria = _criteria(layers, frames)
    if frames is None:
        criteria["state"] = [opencue.api.job_pb2.DEAD]
    found = len(job.getFrames(**criteria))
    if not found:
        wanted = "frame matches" if frames else "dead frames there"
        raise NoFramesError(job=job.name(), wanted=wanted)
    return FrameSelection(job, criteria, found)


def layers_having(job: Job, frames: str) -> tuple[str, ...]:
    """Return the layers of a job that have frames of some numbers, in its order; raises InvalidFramesError."""
    found = job.getFrames(**_criteria(None, frames))
    return tuple(dict.fromkeys(frame.layer() for frame in found))


def _criteria(layers: Sequence[str] | None, frames: str | None) -> dict[str, Any]:
    """Return the search for frames of layers and numbers; raises InvalidFramesError."""
    found: dict[str, Any] = {}
    if layers:
        found["layer"] = layers
    if frames is not None:  # an empty text is no range either: it does not mean all
        try:
            parse_range(frames)
        except FrameRangeError as error:
            raise InvalidFramesError(text=frames, reason=str(error)) from error
        found["range"] = frames
    return found


def retry(chosen: FrameSelection) -> None:
    """Run frames again."""
    chosen.job.retryFrames(**chosen.criteria)


def reserve_memory(chosen: FrameSelection, memory_mb: int) -> None:
    """Set what the layers of the frames reserve for each."""
    names = {frame.data.layer_name for frame in chosen.job.getFrames(**chosen.criteria)}
    for layer in chosen.job.getLayers():
        if layer.name() in names:
            layer.setMinMemory(memory_mb * 1024)


def kill(job: Job, *, layers: Sequence[str] | None, frames: str | None, by: Actor) -> int | None:
    """Kill the running frames that are named, or the whole job; return how many frames, None for the job.

    Raises:
        InvalidFramesError: The range is none.
        JobEndedError: There is nothing to kill.
        NoRunningFramesError: None of the named frames runs.
    """
    criteria = _criteria(layers, frames)
    _refuse_ended(job, "kill")
    who = {"username": by.user, "pid": str(by.pid), "host_kill": by.host, "reason": by.reason}
    if not criteria:
        job.kill(**who)
        return None
    criteria["state"] = [opencue.api.job_pb2.RUNNING]
    number = len(job.getFrames(**criteria))
    if not number:
        raise NoRunningFramesError(job=job.name())
    job.killFrames(**who, **criteria)
    return number


def pause(job: Job) -> None:
    """Start no more frames of a job; raises JobEndedError."""
    _refuse_ended(job, "pause")
    job.pause()


def resume(job: Job) -> None:
    """Start frames of a paused job again; raises JobEndedError."""
    _refuse_ended(job, "resume")
    job.resume()


def delay(job: Job, at: float, *, layers: Sequence[str] | None, user: str) -> list[str]:
    """Start no frame of a job, or of some of its layers, before a time; return the layers' names.

    Args:
        job: The job.
        at: Epoch seconds; 0 for at once.
        layers: Only these; None: all.
        user: Who says so.

    Raises:
        JobEndedError: There is nothing to delay.
        EntityNotFoundException: There is no such layer.
    """
    _refuse_ended(job, "delay")
    chosen: list[Layer] = [job.getLayer(name) for name in layers or ()] or job.getLayers()
    for layer in chosen:
        layer.setStartAfter(math.ceil(at), username=user)
    return [layer.name() for layer in chosen]


def _refuse_ended(job: Job, action: str) -> None:
    """Raise JobEndedError when a job has ended."""
    if has_ended(job):
        raise JobEndedError(job=job.name(), action=action)
