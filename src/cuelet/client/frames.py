"""Frames as values: the dead ones of a job, and those that did not have to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import opencue
from cuelet.client.logs import log_path
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadFrame:
    """A frame that died, as the farm knows it."""

    name: str
    """Like ``0012-render``."""
    layer: str
    number: int
    exit_status: int
    exit_signal: int
    """0 when no signal ended it, or on a stock Cuebot."""
    reason: str
    """The farm's own words, or empty."""
    retries: int
    log_path: Path
    """The log of its latest attempt."""

    def values(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {
            "name": self.name,
            "exit_status": self.exit_status,
            "exit_signal": self.exit_signal,
            "reason": self.reason,
            "retries": self.retries,
            "log_path": str(self.log_path),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameView:
    """A frame in any state, as it was when the farm was asked."""

    id: str
    name: str
    """Like ``0012-render``."""
    job: str
    layer: str
    number: int
    state: str
    """OpenCue's word in lower case, as ``succeeded``."""
    attempt: int
    """Which attempt runs or ran last; 0 on a stock Cuebot."""
    retries: int
    exit_status: int
    exit_signal: int
    """0 when no signal ended it, or on a stock Cuebot."""
    reason: str
    """The farm's own words, or empty."""
    started_at: int | None
    """Epoch seconds."""
    stopped_at: int | None
    max_rss_kb: int
    log_path: Path
    """The log of its latest attempt."""

    def values(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {**asdict(self), "log_path": str(self.log_path)}


def frame_view(job: Job, frame: Frame) -> FrameView:
    """Return a frame as a value."""
    usage = frame_usage([frame]).get(frame.id(), {})
    return FrameView(
        id=frame.id(),
        name=frame.name(),
        job=job.name(),
        layer=frame.data.layer_name,
        number=frame.number(),
        state=opencue.api.job_pb2.FrameState.Name(frame.state()).lower(),
        attempt=usage.get("attempt", 0),
        retries=frame.retries(),
        exit_status=frame.exitStatus(),
        exit_signal=usage.get("exit_signal", 0),
        reason=usage.get("reason", ""),
        started_at=frame.startTime() or None,
        stopped_at=frame.stopTime() or None,
        max_rss_kb=frame.maxRss(),
        log_path=log_path(job, frame),
    )


def list_dead(job: Job) -> tuple[DeadFrame, ...]:
    """Return the dead frames of a job, in order."""
    frames = job.getFrames(state=[opencue.api.job_pb2.DEAD])
    usage = frame_usage(frames) if frames else {}
    return tuple(dead_frame(job, frame, usage.get(frame.id(), {})) for frame in frames)


def dead_frame(job: Job, frame: Frame, usage: Mapping[str, Any]) -> DeadFrame:
    """Return a dead frame as a value.

    Args:
        job: Its job.
        frame: The frame.
        usage: What `frame_usage` knows of it.
    """
    return DeadFrame(
        name=frame.name(),
        layer=frame.data.layer_name,
        number=frame.number(),
        exit_status=frame.exitStatus(),
        exit_signal=usage.get("exit_signal", 0),
        reason=usage.get("reason", ""),
        retries=frame.retries(),
        log_path=log_path(job, frame),
    )


def frame_usage(frames: Sequence[Frame]) -> dict[str, Any]:
    """Return by id what only a Cuelet farm knows of frames; nothing from a stock Cuebot."""
    asked = opencue.farm.call_or_none("GetUsage", frame_ids=[frame.id() for frame in frames])
    found: dict[str, Any] = asked["frames"] if asked else {}
    return found


@dataclass(frozen=True, slots=True)
class SkippedFrames:
    """Frames of one layer that are done without having run."""

    layer: str
    count: int
    frames: str
    """As a range."""
    reason: str

    def values(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {key: value for key, value in asdict(self).items() if key in ("count", "frames")}


def list_skipped(job_id: str) -> tuple[SkippedFrames, ...]:
    """Return the frames that a job did not have to run, by layer; none from a stock Cuebot."""
    answer = opencue.farm.call_or_none("GetSkipped", job_id=job_id) or {"layers": {}, "reason": ""}
    return tuple(
        SkippedFrames(layer, found["count"], found["frames"], answer["reason"])
        for layer, found in answer["layers"].items()
    )
