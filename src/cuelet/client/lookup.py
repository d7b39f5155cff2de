"""Find what a person names: jobs, and frames by layer and number."""

from __future__ import annotations

import re

import opencue
from cuelet.cli.exits import CommandError, Exit
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job

_FRAME = re.compile(r"(-?\d+)-(.+)\Z")


def find_job(name: str) -> Job:
    """Return the job of a name (any spelling, short or full) or id."""
    return opencue.api.getJob(name) if _is_id(name) else opencue.api.findJob(name)


def _is_id(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None


def find_frame(job: Job, text: str) -> Frame:
    """Return a frame named ``12-render``, or by its layer when that has only one.

    Raises:
        CommandError: The text names no frame (usage) or none exists (not found).
    """
    match = _FRAME.match(text)
    if match:
        return _one_frame(job, match[2], int(match[1]))
    frames = job.getFrames(layer=[text])
    if len(frames) == 1:
        return frames[0]
    first = frames[0].name() if frames else "12-render"
    raise CommandError(
        f"layer {text!r} has {len(frames)} frames; name one like {first}", Exit.USAGE
    )


def _one_frame(job: Job, layer: str, number: int) -> Frame:
    frames = job.getFrames(layer=[layer], range=str(number))
    if not frames:
        raise CommandError(f"no frame {number} in layer {layer!r} of {job.name()}", Exit.NOT_FOUND)
    return frames[0]
