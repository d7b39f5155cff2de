"""Find what a person names: jobs, and frames by layer and number."""

from __future__ import annotations

import re

import opencue
from cuelet.client.errors import AmbiguousFrameError, FrameNotFoundError
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FRAME = re.compile(r"(-?\d+)-(.+)\Z")


def get_job(name: str) -> Job:
    """Return the job of a name (any spelling, short or full) or id.

    Raises:
        EntityNotFoundException: There is no such job.
    """
    return opencue.api.getJob(name) if _ID.fullmatch(name) else opencue.api.findJob(name)


def get_frame(job: Job, text: str) -> Frame:
    """Return a frame named ``12-render``, or by its layer when that has only one.

    Raises:
        AmbiguousFrameError: The layer has none or several.
        FrameNotFoundError: The layer has no frame of that number.
        EntityNotFoundException: There is no such layer.
    """
    match = _FRAME.match(text)
    if match:
        return _get_numbered(job, match[2], int(match[1]))
    frames = job.getFrames(layer=[text])
    if len(frames) == 1:
        return frames[0]
    raise AmbiguousFrameError(layer=text, frames=[frame.name() for frame in frames])


def _get_numbered(job: Job, layer: str, number: int) -> Frame:
    frames = job.getFrames(layer=[layer], range=str(number))
    if not frames:
        raise FrameNotFoundError(job=job.name(), layer=layer, number=number)
    return frames[0]
