"""Why frames of a job do not run, with the last lines of dead ones' logs wherever the job is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from cuelet.client.causes import LOG_LINES
from cuelet.client.naming.targets import Target, frame_of
from opencue.stock.explanation import Explanation, HeldFrames
from opencue.why import explain
from opencue.wrappers.job import Job
from outline.jobspec.log_tail import last_lines


def explain_target(target: Target) -> Explanation:
    """Return why a job, a layer of it or a frame does not run.

    Raises:
        AmbiguousFrameError, FrameNotFoundError: It is none of these.
    """
    found = explain(**_asked(target))
    return replace(found, frames=tuple(_with_log(target.job, held) for held in found.frames))


def _asked(target: Target) -> dict[str, Any]:
    """Return what is asked about, as the farm takes it."""
    asked: dict[str, Any] = {"job_id": target.job.id()}
    if target.layer:
        asked["layer"] = target.layer
    if target.frames:
        asked["frame"] = frame_of(target).number()
    return asked


def _with_log(job: Job, held: HeldFrames) -> HeldFrames:
    """Return held frames with the log of the first where it is dead and nobody has read it, as on a stock Cuebot."""
    if held.log or not any(reason.code == "dead" for reason in held.reasons):
        return held
    path = Path(job.logDir()) / f"{job.name()}.{held.frame}.rqlog"
    return replace(held, log=tuple(last_lines(path, LOG_LINES)))
