"""Where farm and resident meet: the directory, its lock and its socket.

A socket's path may have 107 bytes at most, a state directory may be deeper: both sides name the
socket through a descriptor of the directory (/proc/self/fd/N/runner.sock), which is always short.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cuelet.runner.errors import RunnerBusyError, RunnerError

SOCKET_NAME = "runner.sock"
LOCK_NAME = "runner.lock"
JOURNAL_NAME = "runs.journal"
OUTPUT_NAME = "runner.log"
_BACKLOG = 16
_LOCK_WAIT_S = 0.3
_LOCK_POLL_S = 0.02


def make_directory(directory: str) -> str:
    """Make sure that a runner's directory exists and is ours alone; return its real path.

    Raises:
        RunnerError: It belongs to somebody else.
        OSError: It cannot be made.
    """
    os.makedirs(directory, mode=0o700, exist_ok=True)
    found = os.stat(directory)
    if found.st_uid != os.geteuid():
        raise RunnerError(f"{directory} belongs to uid {found.st_uid}; choose a directory of yours")
    if found.st_mode & 0o077:
        os.chmod(directory, 0o700)
    return os.path.realpath(directory)


def take_lock(directory: str) -> int:
    """Return the descriptor that makes this process the directory's runner; never closed.

    It is waited for briefly: a child that a dead predecessor was just starting holds the lock
    until it executes its program, and only then can it be recognised as one of its runs.

    Raises:
        RunnerBusyError: Another runner lives.
    """
    handle = os.open(f"{directory}/{LOCK_NAME}", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LOCK_WAIT_S
    while not _try_lock(handle):
        if time.monotonic() > deadline:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            os.close(handle)
            raise RunnerBusyError(directory, holder)
        time.sleep(_LOCK_POLL_S)
    return handle


def sign_lock(handle: int) -> None:
    """Write our pid into the lock, for those who find it taken."""
    with suppress(OSError):  # on a full disk the holder stays unknown
        os.ftruncate(handle, 0)
        os.pwrite(handle, b"%d\n" % os.getpid(), 0)


def listen(directory: str) -> socket.socket:
    """Return a listening socket in the directory; the lock must be held."""
    with suppress(FileNotFoundError):
        os.unlink(f"{directory}/{SOCKET_NAME}")
    server = socket.socket(socket.AF_UNIX)
    with _short_path(directory) as path:
        server.bind(path)
    os.chmod(f"{directory}/{SOCKET_NAME}", 0o600)
    server.listen(_BACKLOG)
    server.setblocking(False)
    return server


def identify_socket(directory: str) -> tuple[int, int]:
    """Return what tells the directory's socket from a later one; zeros when there is none."""
    try:
        found = os.stat(f"{directory}/{SOCKET_NAME}")
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def dial(directory: str) -> socket.socket:
    """Return a connected, non-blocking socket.

    Raises:
        OSError: Nobody listens.
    """
    client = socket.socket(socket.AF_UNIX)
    try:
        with _short_path(directory) as path:
            client.connect(path)
    except OSError:
        client.close()
        raise
    client.setblocking(False)
    return client


def peer_uid(connection: socket.socket) -> int:
    """Return the user at the other end of a connection."""
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    uid: int = struct.unpack("3i", credentials)[1]
    return uid


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _short_path(directory: str) -> Iterator[str]:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{SOCKET_NAME}"
    finally:
        os.close(handle)
