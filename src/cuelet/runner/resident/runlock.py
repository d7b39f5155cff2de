"""A lock per run, inherited by every process of it: no second run of a frame while one lives.

A process may clear its environment, leave its session and outlive the resident; the descriptor it
was born with stays, unless it closes that too.
The files are used again and again, one for each run at a time: making one would cost ten times more.
"""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import time
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final, NamedTuple

from cuelet.runner import procfs
from cuelet.runner.procfs import Process

LOCK_HANDLE: Final = min(200, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 1)
"""Descriptor of the lock in the processes of a run: beyond those that shells can name."""
_STRIKE_FOR_S = 0.5
_LOOK_EVERY_S = 0.005
_LOOK_AT = 8
"""Held files looked at before another one is made."""
_NAME_BYTES = 256


class RunHeldError(Exception):
    """A process of an earlier run of the frame lives and cannot be ended."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            "a process of an earlier run of this frame lives and cannot be ended; "
            f"find it with `fuser {path}`, end it, then retry the frame"
        )


class RunLock(NamedTuple):
    """A lock that is held for a run."""

    path: str
    handle: int


class RunLocks:
    """The locks of one resident's runs.

    Args:
        directory: That of the resident.
    """

    def __init__(self, directory: str) -> None:
        self._dir = f"{directory}/locks"
        os.makedirs(self._dir, mode=0o700, exist_ok=True)
        self._held: dict[str, RunLock] = {}
        self._left: dict[str, str] = {}
        self._free: list[str] = []
        for path, run_id in _read_locks(self._dir):
            if _is_held(path):
                self._left[path] = run_id
            else:
                os.unlink(path)  # as many are made again as runs live at once
        self._next = 1 + max((int(os.path.basename(path)) for path in self._left), default=-1)

    def take(self, run_id: str) -> int:
        """Lock for a run, and return the descriptor that its processes inherit.

        What an earlier run of the frame has left is ended first.

        Raises:
            RunHeldError: That was in vain.
            OSError: The lock's file cannot be made.
        """
        if self._left:
            self._end_earlier(_frame_of(run_id))
        lock = self._lock_one()
        self._held[run_id] = lock
        try:
            os.pwrite(lock.handle, f"{run_id}\n".encode(), 0)
        except OSError:
            self.release(run_id)
            raise
        return lock.handle

    def release(self, run_id: str) -> None:
        """Unlock after a run of which no process is left; unknown ids are ignored."""
        if lock := self._held.pop(run_id, None):
            os.close(lock.handle)
            self._free.append(lock.path)

    def owner_of(self, pid: int) -> str:
        """Return the live run whose lock a process was born with, "" when it has none."""
        link = _read_link(f"/proc/{pid}/fd/{LOCK_HANDLE}")
        if not link.startswith(self._dir):
            return ""
        return next((run_id for run_id, lock in self._held.items() if lock.path == link), "")

    def is_left(self, run_ids: Collection[str]) -> bool:
        """Tell whether anybody still holds what a dead resident locked for these runs."""
        return bool(self._left_of({_frame_of(run_id) for run_id in run_ids}))

    def find_left(self, run_ids: Collection[str]) -> list[Process]:
        """Return the processes that do, as far as they can be seen."""
        return _find_holders(self._left_of({_frame_of(run_id) for run_id in run_ids}))

    def _lock_one(self) -> RunLock:
        while True:
            path = self._pick_file()
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            if _lock(handle):
                return RunLock(path, handle)
            os.close(handle)
            # Somebody has slipped away with it; or a process was started a moment ago that has
            # not yet closed what it does not inherit: that one lets go by itself.
            self._left[path] = _read_name(path)

    def _pick_file(self) -> str:
        if not self._free:
            self._look_again()
        if self._free:
            return self._free.pop()
        self._next += 1
        return f"{self._dir}/{self._next - 1}"

    def _look_again(self) -> None:
        """See which of the files that were held have been let go, a few at a time."""
        for path in list(islice(self._left, _LOOK_AT)):
            run_id = self._left.pop(path)
            if _is_held(path):
                self._left[path] = run_id  # behind the others
            else:
                self._free.append(path)

    def _end_earlier(self, frame_id: str) -> None:
        until = time.monotonic() + _STRIKE_FOR_S
        while paths := self._left_of({frame_id}):
            for process in _find_holders(paths):
                procfs.signal_process(process, signal.SIGKILL)
            if time.monotonic() > until:
                raise RunHeldError(min(paths))
            time.sleep(_LOOK_EVERY_S)

    def _left_of(self, frame_ids: Collection[str]) -> set[str]:
        """Return the files that runs of these frames still hold; those let go are free again."""
        found = {path for path, run in self._left.items() if _frame_of(run) in frame_ids}
        for path in {path for path in found if not _is_held(path)}:
            del self._left[path]
            self._free.append(path)
            found.discard(path)
        return found


def _frame_of(run_id: str) -> str:
    return run_id.rpartition(".")[0] or run_id


def _read_locks(folder: str) -> Iterator[tuple[str, str]]:
    for name in sorted(os.listdir(folder)):
        if name.isdigit():
            path = f"{folder}/{name}"
            yield path, _read_name(path)


def _read_name(path: str) -> str:
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.pread(handle, _NAME_BYTES, 0).partition(b"\n")[0].decode("utf-8", "replace")
    finally:
        os.close(handle)


def _is_held(path: str) -> bool:
    handle = os.open(path, os.O_RDWR)
    try:
        return not _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _find_holders(paths: Collection[str]) -> list[Process]:
    if not paths:
        return []
    return [p for p in procfs.iter_processes() if p.pid != os.getpid() and _has_open(p, paths)]


def _has_open(process: Process, paths: Collection[str]) -> bool:
    folder = f"/proc/{process.pid}/fd"
    if _read_link(f"{folder}/{LOCK_HANDLE}") in paths:
        return True
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(_read_link(f"{folder}/{name}") in paths for name in names)


def _read_link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
