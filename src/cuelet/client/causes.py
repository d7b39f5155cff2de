"""Dead frames by cause: how they ended, and a signature of the last line of their logs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cuelet.cli.jobs.logs import log_path
from cuelet.core.values.runs import BAD_OUTPUT
from cuelet.quantities import signal_name
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job
from outline.frames import format_frames
from outline.jobspec.log_tail import last_lines

LOG_LINES = 3
MAX_LOGS = 500
"""Logs looked at; further frames are told by how they ended only."""

_VARIABLE = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cause:
    """Frames that died of the same."""

    frames: Sequence[Frame]
    """In order; the first one stands for all."""
    ended: str
    """How they ended, in words."""
    lines: Sequence[str]
    """The last lines of the first one's log."""

    @property
    def names(self) -> str:
        """Return the frames in short, such as ``render 1-38``."""
        layers: dict[str, list[int]] = {}
        for frame in self.frames:
            layers.setdefault(frame.data.layer_name, []).append(frame.number())
        return ", ".join(f"{layer} {format_frames(found)}" for layer, found in layers.items())


def signature(line: str) -> str:
    """Return a log line without what differs from frame to frame."""
    return _VARIABLE.sub("#", line).strip()


def causes(job: Job, frames: Sequence[Frame], usage: dict[str, Any]) -> list[Cause]:
    """Return dead frames grouped by cause, most frames first."""
    groups: dict[tuple[str, str, str], list[Frame]] = {}
    told: dict[tuple[str, str, str], tuple[str, list[str]]] = {}
    for number, frame in enumerate(frames):
        lines = last_lines(log_path(job, frame), LOG_LINES) if number < MAX_LOGS else []
        exited, reason = how_ended(frame, usage.get(frame.id(), {}))
        key = exited, signature(reason), signature(lines[-1] if lines else "")
        groups.setdefault(key, []).append(frame)
        told.setdefault(key, (_words(frame, exited, reason), lines))
    made = [Cause(found, *told[key]) for key, found in groups.items()]
    return sorted(made, key=lambda cause: -len(cause.frames))


def _words(frame: Frame, exited: str, reason: str) -> str:
    if reason and frame.exitStatus() == BAD_OUTPUT:
        return reason  # it begins with the program's own exit
    return f"{exited}: {reason}" if reason else exited


def how_ended(frame: Frame, usage: dict[str, Any]) -> tuple[str, str]:
    """Return a frame's exit in words, and the farm's reason or an empty text."""
    number = usage.get("exit_signal", 0)
    words = signal_name(number) if number else f"exit {frame.exitStatus()}"
    return words, usage.get("reason", "")
