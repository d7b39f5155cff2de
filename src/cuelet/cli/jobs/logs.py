"""``cuelet logs``: print a frame's log, or follow it."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.terminal import Harmless
from cuelet.client.lookup import find_frame, find_job
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job

_FOLLOW_POLL_S = 0.2
_FOOT = "[cuelet] "
_BLOCK = 1 << 16


def log_path(job: Job, frame: Frame) -> Path:
    """Return where a frame's latest attempt writes."""
    return Path(job.logDir()) / f"{job.name()}.{frame.data.name or frame.name()}.rqlog"


def logs(options: argparse.Namespace) -> int:
    """Print the log of a frame; with -f until the frame has ended.

    A file or a pipe gets it byte for byte, a terminal without what would drive it.
    """
    job = find_job(options.job)
    frame = find_frame(job, options.frame)
    path = log_path(job, frame)
    if options.path:
        print(path)
        return Exit.OK
    if not path.exists() and (reason := _why_no_log(frame)):
        print(f"{_FOOT}{reason}")
        return Exit.OK
    if not path.exists() and not options.follow:
        raise CommandError(f"frame {frame.name()} has no log yet ({path})", Exit.NOT_FOUND)
    shown = Harmless().feed if sys.stdout.isatty() else bytes
    try:
        for block in _follow(path, frame) if options.follow else _read(path):
            sys.stdout.buffer.write(shown(block))
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        sys.stderr.close()
    return Exit.OK


def _why_no_log(frame: Frame) -> str:
    """Return why a frame that succeeded has no log: it was skipped."""
    if frame.state() != opencue.api.job_pb2.SUCCEEDED:
        return ""
    usage = opencue.farm.call_or_none("GetUsage", frame_ids=[frame.id()]) or {"frames": {}}
    return str(usage["frames"].get(frame.id(), {}).get("reason", ""))


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as log:
        yield from _blocks(log)


def _blocks(log: BinaryIO) -> Iterator[bytes]:
    while block := log.read(_BLOCK):
        yield block


def _follow(path: Path, frame: Frame) -> Iterator[bytes]:
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
