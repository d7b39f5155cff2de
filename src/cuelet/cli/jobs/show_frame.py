"""``cuelet show JOB FRAME``: what became of one frame."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cuelet.cli import tables
from cuelet.client.causes import LOG_LINES
from cuelet.client.frames import FrameView, frame_view
from cuelet.client.naming.targets import Target, frame_of
from cuelet.quantities import duration, memory
from outline.jobspec.log_tail import last_lines


def show_frame(target: Target, *, as_values: bool) -> dict[str, Any] | None:
    """Show one frame, or return its values for JSON."""
    frame = frame_view(target.job, frame_of(target))
    lines = last_lines(frame.log_path, LOG_LINES)
    if as_values:
        return {**frame.values(), "last_lines": lines}
    tables.show(f"{frame.name} of {frame.job}  {frame.state}")
    tables.show(*(f"  {title:<9} {text}" for title, text in _facts(frame) if text))
    tables.show(*(f"  | {line}" for line in lines))
    return None


def _facts(frame: FrameView) -> Iterator[tuple[str, str]]:
    """Yield what there is to tell, as pairs of title and text."""
    yield "began", _moment(frame.started_at)
    yield "ended", _moment(frame.stopped_at)
    if frame.started_at:
        yield "ran", duration((frame.stopped_at or time.time()) - frame.started_at)
    if frame.stopped_at:
        yield "exit", str(frame.exit_status) if not frame.exit_signal else ""
        yield "signal", str(frame.exit_signal or "")
    yield "reason", frame.reason
    yield "attempt", str(frame.attempt or "")
    yield "peak", memory(frame.max_rss_kb) if frame.max_rss_kb else ""
    yield "log", str(frame.log_path)


def _moment(at: int | None) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(" ", "seconds") if at else ""
