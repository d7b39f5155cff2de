"""Temporary files of writers that were killed: told from those of living writers by a lock, and removed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat

from outline.jobspec.names import TEMPORARY

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SURE_AFTER_S = 60.0
"""A writer that has just made its file may not have locked it yet."""


def mark_living(handle: int) -> None:
    """Lock a temporary file for as long as its writer lives; some file systems cannot."""
    with contextlib.suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sweep(folder: int, now: float) -> int:
    """Remove what dead writers left in a directory; return how many files that were.

    Args:
        folder: Descriptor of the directory.
        now: The time as the file system tells it: when a file of it was just changed.
    """
    names = [name for name in os.listdir(folder) if name.startswith(TEMPORARY)]
    return sum(_remove_dead(folder, name, now) for name in names)


def _remove_dead(folder: int, name: str, now: float) -> bool:
    try:
        if stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode):
            return False  # a link has no content to lose, and may be about to be published
        handle = os.open(name, _OPEN, dir_fd=folder)
    except OSError:
        return False
    try:
        if not _is_dead(handle, now):
            return False
        os.unlink(name, dir_fd=folder)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _is_dead(handle: int, now: float) -> bool:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode) or now - facts.st_mtime < _SURE_AFTER_S:
        return False
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True
