"""A farm of this machine that is there but does not answer: which process, what it does, and the way out."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from pathlib import Path

from opencue.exception import FarmSilentException

_PEER = struct.Struct("3i")
"""What the kernel tells of the process at the other end of a socket: pid, uid, gid."""
_WRITTEN = ("farm.db-wal", "farm.db", "farm.log")
"""Files that a farm writes while it works."""


def silent_farm(
    path: str, *, method: str, waited_s: float, may_have_acted: bool
) -> FarmSilentException:
    """Return what is to be said of a farm that did not answer.

    Args:
        path: Its socket.
        method: The call, as ``Job/FindJob``.
        waited_s: How long was waited for the answer.
        may_have_acted: Whether the call changes something, which it may have done.
    """
    pid = _pid_behind(path)
    state_dir = os.path.dirname(path)
    return FarmSilentException(
        pid=pid,
        state_dir=state_dir,
        does=_does(pid),
        wrote_last=_wrote_last(Path(state_dir)),
        method=method,
        waited_s=waited_s,
        may_have_acted=may_have_acted,
    )


def _pid_behind(path: str) -> int:
    """Return the process that listens on a socket, or 0."""
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.setblocking(False)
        probe.connect(path)
        found = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        return int(_PEER.unpack(found)[0])
    return 0


def _does(pid: int) -> str:
    """Return the letter in which the kernel says what a process does, or nothing."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def _wrote_last(state_dir: Path) -> str:
    """Return when the farm wrote to one of its files last, on this machine's clock, or nothing."""
    times = []
    for name in _WRITTEN:
        with contextlib.suppress(OSError):
            times.append((state_dir / name).stat().st_mtime)
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(max(times))) if times else ""
