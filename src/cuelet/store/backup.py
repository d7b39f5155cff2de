"""Copies of the database that are whole or not there: written aside, checked, then named."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from contextlib import closing, suppress
from errno import ENOSYS, ENOTSUP, EPERM
from pathlib import Path

from cuelet.store.errors import BackupError

STEP_PAGES = 256
"""Copied in one go; between them the farm goes on writing."""
WAIT_S = 0.002
"""How long a copy waits for a transaction of the farm."""


def back_up(source: sqlite3.Connection, target: Path, *, force: bool) -> int:
    """Copy a database as it is now into a new file; return its size in bytes.

    May run in a thread while another one uses the connection: what is written meanwhile is in the
    copy or not, transaction by transaction.

    Args:
        source: The database.
        target: The copy, mode 0600.
        force: Whether a file of that name may be replaced.

    Raises:
        BackupError: It cannot be written, or is there already.
    """
    if not force and os.path.lexists(target):
        raise _exists(target)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        fresh = Path(name)
        try:
            _copy(source, fresh)
            _put(fresh, target, force=force)
        finally:
            with suppress(FileNotFoundError):
                fresh.unlink()
    except FileExistsError as error:
        raise _exists(target) from error
    except (OSError, sqlite3.Error) as error:
        raise BackupError(path=target, detail=f"{error}; choose another place") from error
    return target.stat().st_size


def _is_no_file(target: Path) -> bool:
    """Tell whether there is a device, a pipe or the like, which a file must not take the place of."""
    try:
        mode = target.lstat().st_mode
    except OSError:
        return False  # what is wrong with it shows when the copy is written
    return not stat.S_ISREG(mode) and not stat.S_ISLNK(mode)


def _copy(source: sqlite3.Connection, fresh: Path) -> None:
    with closing(sqlite3.connect(fresh)) as copy:
        source.backup(copy, pages=STEP_PAGES, sleep=WAIT_S)
        copy.execute("PRAGMA journal_mode = DELETE")
        (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged ({found})")


def _put(fresh: Path, target: Path, *, force: bool) -> None:
    if _is_no_file(target):
        raise BackupError(path=target, detail="it is no file; choose another place")
    sync(fresh, os.O_RDWR)
    if force or not _link(fresh, target):
        fresh.replace(target)
    sync(target.parent, os.O_RDONLY | os.O_DIRECTORY)


def _link(fresh: Path, target: Path) -> bool:
    """Name a file without replacing another; False where the disk has no links."""
    try:
        os.link(fresh, target)
    except OSError as error:
        if error.errno in (EPERM, ENOTSUP, ENOSYS):
            return False
        raise
    return True


def sync(path: Path, flags: int) -> None:
    """Have a file or folder on disk when this returns."""
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exists(target: Path) -> BackupError:
    return BackupError(path=target, detail="it exists; --force replaces it")
