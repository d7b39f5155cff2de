"""What is kept and known of one frame beside its state: its row, the check of its files, its lane."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class FrameRow(NamedTuple):
    """What is kept of one frame that has been touched; the others follow from the spec."""

    frame: int
    state: int
    attempt: int
    retries: int
    exit_status: int
    exit_signal: int
    start_at: float
    stop_at: float
    wall_s: float
    cpu_s: float
    max_rss_kb: int
    depends_ignored: bool
    marked_done: bool
    intent: str
    reason: str
    free_retries: int
    memory_retries: int
    held_cores: float
    """What a running frame has reserved, 0 for others."""
    held_mb: int
    rerun_pending: bool


class FreshnessCheck(NamedTuple):
    """What is known of a waiting frame's files, for layers with `skip_existing`."""

    serial: int = 0
    """Number of the check that is under way, 0 when it is over."""
    note: str = ""
    """What a run gives back when it ends well; empty when it could not be told apart later."""
    reason: str = ""
    """Why the frame is not skipped."""


NOT_CHECKED = FreshnessCheck()


class Lane(NamedTuple):
    """Frames that the runner starts one after the other, within one reservation."""

    id: str
    """Run id of the frame that made the reservation."""
    queue: deque[int]
    """Indexes of those in SETUP, next first."""
