"""Logs of frames: where one is, its bytes, and its bytes as they come."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import opencue
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job

_FOLLOW_POLL_S = 0.2
_BLOCK = 1 << 16


def log_path(job: Job, frame: Frame) -> Path:
    """Return where a frame's latest attempt writes."""
    return Path(job.logDir()) / f"{job.name()}.{frame.data.name or frame.name()}.rqlog"


def why_no_log(frame: Frame) -> str:
    """Return why a frame that succeeded has no log: it was skipped; empty when it did not succeed."""
    if frame.state() != opencue.api.job_pb2.SUCCEEDED:
        return ""
    usage = opencue.farm.call_or_none("GetUsage", frame_ids=[frame.id()]) or {"frames": {}}
    return str(usage["frames"].get(frame.id(), {}).get("reason", ""))


def read(path: Path) -> Iterator[bytes]:
    """Yield a log as it is, block by block."""
    with path.open("rb") as log:
        yield from _blocks(log)


def _blocks(log: BinaryIO) -> Iterator[bytes]:
    while block := log.read(_BLOCK):
        yield block


def follow(path: Path, frame: Frame) -> Iterator[bytes]:
    """Yield what is written until the frame runs no more; a retry starts the new log from its head."""
    with contextlib.ExitStack() as opened:
        log, inode = None, 0
        while True:
            over = _is_over(frame)
            if path.exists() and path.stat().st_ino != inode:
                if log:
                    yield from _blocks(log)
                    opened.close()
                log = opened.enter_context(path.open("rb"))
                inode = os.fstat(log.fileno()).st_ino
            if log:
                yield from _blocks(log)
            if over:
                return
            time.sleep(_FOLLOW_POLL_S)


def _is_over(frame: Frame) -> bool:
    states = opencue.api.job_pb2
    state = opencue.api.getFrame(frame.id()).state()
    return state in (states.SUCCEEDED, states.DEAD, states.EATEN)
