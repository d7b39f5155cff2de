"""The reader of a stock RQD, as far as what it loses goes: one line for each event of a pipe, none after the end."""

from __future__ import annotations

import select
import subprocess
from collections.abc import Callable, Mapping, Sequence

STOCK_ENV = {"CUE3": "1", "zframe": "0001-main", "PATH": "/usr/bin:/bin"}
"""What of a frame's environment tells that a stock RQD runs it."""


def run(
    argv: Sequence[str],
    env: Mapping[str, str] = STOCK_ENV,
    *,
    seen: Callable[[bytes, subprocess.Popen[bytes]], object] = lambda line, frame: None,
) -> tuple[int, bytes]:
    """Run a frame in a session of its own; return how it ended, as subprocess has it, and what a log would hold.

    Args:
        argv: The command.
        env: Its environment.
        seen: Called with every line, before the next is read, and with the frame.
    """
    with subprocess.Popen(
        argv,
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as frame:
        return _read(frame, seen)


def _read(
    frame: subprocess.Popen[bytes], seen: Callable[[bytes, subprocess.Popen[bytes]], object]
) -> tuple[int, bytes]:
    assert frame.stdout
    assert frame.stderr
    streams = {stream.fileno(): stream for stream in (frame.stdout, frame.stderr)}
    poller, log = select.poll(), b""
    for handle in streams:
        poller.register(handle, select.POLLIN)
    while True:
        for handle, event in poller.poll():
            if event & select.POLLIN and (line := streams[handle].readline()):
                log += line
                seen(line, frame)
        if frame.poll() is not None:
            return frame.wait(), log
