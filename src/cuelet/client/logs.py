"""Logs of frames: where one is, its bytes, and its bytes as they come."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import opencue
from cuelet.client.errors import AttemptNotFoundError
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job
from outline.jobspec.rqd_log import OwnOutput, own_part

_FOLLOW_POLL_S = 0.2
_BLOCK = 1 << 16
_HEAD_BYTES = 1 << 12
_ATTEMPT = re.compile(rb"\A=+\nframe .*, attempt (\d+) on ")


def log_path(job: Job, frame: Frame) -> Path:
    """Return where a frame's latest attempt writes."""
    return Path(job.logDir()) / f"{job.name()}.{frame.data.name or frame.name()}.rqlog"


def why_no_log(frame: Frame) -> str:
    """Return why a frame that succeeded has no log: it was skipped; empty when it did not succeed."""
    if frame.state() != opencue.api.job_pb2.SUCCEEDED:
        return ""
    usage = opencue.farm.call_or_none("GetUsage", frame_ids=[frame.id()]) or {"frames": {}}
    return str(usage["frames"].get(frame.id(), {}).get("reason", ""))


def list_attempts(path: Path) -> dict[int, Path]:
    """Return the logs of a frame's attempts by number, as far as they are kept.

    Args:
        path: Where the latest attempt writes.
    """
    older = [other for other in path.parent.glob(f"{glob.escape(path.name)}.*") if _age_rank(other)]
    logs = [*sorted(older, key=_age_rank), *([path] if path.exists() else ())]
    return {_attempt_of(log) or place: log for place, log in enumerate(logs, start=1)}


def _age_rank(path: Path) -> int:
    """Return the number behind an older log's name, the oldest being 1; 0 when there is none."""
    suffix = path.suffix.removeprefix(".")
    return int(suffix) if suffix.isdecimal() else 0


def _attempt_of(log: Path) -> int:
    """Return which attempt a log says it is of; 0 when it does not say."""
    try:
        with log.open("rb") as opened:
            found = _ATTEMPT.search(opened.read(_HEAD_BYTES))
    except OSError:
        return 0
    return int(found[1]) if found else 0


def get_attempt(path: Path, number: int, frame: str) -> Path:
    """Return the log of one attempt.

    Args:
        path: Where the latest attempt writes.
        number: Which attempt.
        frame: The frame's name, for the error.

    Raises:
        AttemptNotFoundError: No log of it is kept.
    """
    known = list_attempts(path)
    if number not in known:
        raise AttemptNotFoundError(frame=frame, number=number, known=sorted(known))
    return known[number]


def read(path: Path, *, tail: int | None = None) -> Iterator[bytes]:
    """Yield what a frame wrote, block by block; what a stock RQD put around it is left out.

    Args:
        path: Where it is.
        tail: Only so many lines of its end; None: all.
    """
    with path.open("rb") as log:
        first, end = own_part(log)
        at = max(first, tail_start(log, tail, end))
        log.seek(at)
        while block := log.read(min(_BLOCK, end - at)):
            at += len(block)
            yield block


def tail_start(log: BinaryIO, lines: int | None, end: int | None = None) -> int:
    """Return where the last lines of a file begin, without a look at those before; 0 for None.

    Args:
        log: The file.
        lines: How many.
        end: Where it ends; by default where it does.
    """
    if lines is None:
        return 0
    at, left = log.seek(0, os.SEEK_END) if end is None else end, lines
    if at and left:
        log.seek(at - 1)
        left += log.read(1) == b"\n"  # the end of the last line, not a line of its own
    end = at
    while at and left:
        size = min(_BLOCK, at)
        at -= size
        log.seek(at)
        block = log.read(size)
        found = block.count(b"\n")
        if found >= left:
            return at + _nth_last(block, left) + 1
        left -= found
    return 0 if lines else end


def _nth_last(block: bytes, count: int) -> int:
    """Return where the newline is that has ``count - 1`` others behind it."""
    at = len(block)
    for _ in range(count):
        at = block.rfind(b"\n", 0, at)
    return at


def _blocks(log: BinaryIO) -> Iterator[bytes]:
    while block := log.read(_BLOCK):
        yield block


def follow(path: Path, frame: Frame, *, tail: int | None = None) -> Iterator[bytes]:
    """Yield what is written until the frame runs no more; a retry starts the new log from its head.

    Args:
        path: Where the latest attempt writes.
        frame: The frame.
        tail: Begin with so many lines of what is there; None: with all.
    """
    with contextlib.ExitStack() as opened:
        log, inode, own = None, 0, OwnOutput()
        while True:
            over = _is_over(frame)
            if path.exists() and path.stat().st_ino != inode:
                if log:
                    yield from map(own.feed, _blocks(log))
                    yield own.finish()
                    opened.close()
                shown = tail if log is None else None
                log = opened.enter_context(path.open("rb"))
                own = _from_tail(log, shown)
                inode = os.fstat(log.fileno()).st_ino
            if log:
                yield from _own_blocks(log, own)
            if over:
                yield own.finish()
                return
            time.sleep(_FOLLOW_POLL_S)


def _own_blocks(log: BinaryIO, own: OwnOutput) -> Iterator[bytes]:
    """Yield what has come since the last time."""
    before = log.tell()
    yield from map(own.feed, _blocks(log))
    if log.tell() == before:
        yield own.settle()


def _from_tail(log: BinaryIO, tail: int | None) -> OwnOutput:
    """Go to the last lines of a log and return what lets the frame's own output through from there."""
    first, end = own_part(log)
    at = max(first, tail_start(log, tail, end))
    log.seek(at)
    return OwnOutput(from_start=at == 0)


def _is_over(frame: Frame) -> bool:
    states = opencue.api.job_pb2
    state = opencue.api.getFrame(frame.id()).state()
    return state in (states.SUCCEEDED, states.DEAD, states.EATEN)
