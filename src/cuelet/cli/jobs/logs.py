"""``cuelet logs``: print a frame's log, or follow it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.terminal import Harmless
from cuelet.client import logs as frame_logs
from cuelet.client.errors import LogNotFoundError
from cuelet.client.naming.targets import find_frame


def logs(options: argparse.Namespace) -> int:
    """Print the log of a frame; with -f until the frame has ended."""
    if options.tail is not None and options.tail < 0:
        raise CommandError(f"--tail {options.tail}: give 0 lines or more", Exit.USAGE)
    job, frame = find_frame(options.words)
    latest = frame_logs.log_path(job, frame)
    path = _chosen(latest, frame.name(), options.attempt)
    if options.path:
        print(path)
    elif not path.exists() and (reason := frame_logs.why_no_log(frame)):
        print(f"[cuelet] {reason}")
    elif options.follow and path == latest:
        _show(frame_logs.follow(path, frame, tail=options.tail))
    elif not path.exists():
        raise LogNotFoundError(frame=frame.name(), path=path)
    else:
        _show(frame_logs.read(path, tail=options.tail))
    return Exit.OK


def _chosen(latest: Path, frame: str, attempt: int | None) -> Path:
    """Return the log of the attempt that is asked for; raises AttemptNotFoundError."""
    return latest if attempt is None else frame_logs.get_attempt(latest, attempt, frame)


def _show(blocks: Iterable[bytes]) -> None:
    """Give a file or a pipe a log byte for byte, a terminal without what would drive it."""
    shown = Harmless().feed if sys.stdout.isatty() else bytes
    try:
        for block in blocks:
            sys.stdout.buffer.write(shown(block))
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        sys.stderr.close()
