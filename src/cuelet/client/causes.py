"""Dead frames by cause: how they ended, and a signature of the last line of their logs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cuelet.client.frames import DeadFrame
from cuelet.core.values.runs import BAD_OUTPUT
from outline.frames import format_frames
from outline.jobspec.endings import signal_name, status_words
from outline.jobspec.log_tail import last_lines

LOG_LINES = 3
MAX_LOGS = 500
"""Logs looked at; further frames are told by how they ended only."""

_VARIABLE = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cause:
    """Frames that died of the same."""

    frames: Sequence[DeadFrame]
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
            layers.setdefault(frame.layer, []).append(frame.number)
        return ", ".join(f"{layer} {format_frames(found)}" for layer, found in layers.items())


def signature(line: str) -> str:
    """Return a log line without what differs from frame to frame."""
    return _VARIABLE.sub("#", line).strip()


def causes(frames: Sequence[DeadFrame]) -> list[Cause]:
    """Return dead frames grouped by cause, most frames first."""
    groups: dict[tuple[str, str, str], list[DeadFrame]] = {}
    told: dict[tuple[str, str, str], tuple[str, list[str]]] = {}
    for number, frame in enumerate(frames):
        lines = last_lines(frame.log_path, LOG_LINES) if number < MAX_LOGS else []
        last = lines[-1] if lines else ""
        key = _exit_words(frame), signature(frame.reason), signature(last)
        groups.setdefault(key, []).append(frame)
        told.setdefault(key, (_ended(frame), lines))
    made = [Cause(found, *told[key]) for key, found in groups.items()]
    return sorted(made, key=lambda cause: -len(cause.frames))


def _exit_words(frame: DeadFrame) -> str:
    if frame.exit_signal:
        return signal_name(frame.exit_signal)
    return f"exit {status_words(frame.exit_status)}"


def _ended(frame: DeadFrame) -> str:
    if frame.reason and frame.exit_status == BAD_OUTPUT:
        return frame.reason  # it begins with the program's own exit
    return f"{_exit_words(frame)}: {frame.reason}" if frame.reason else _exit_words(frame)
