"""Opening the farm's database: settings, a look at its structure, and the border where sqlite3 errors stop.

One connection with an exclusive lock: SQLite before 3.51 can lose a write when two connections
reset the log at once, and a second farm on the same file must be refused anyway.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path

from cuelet.store.errors import DamagedDatabaseError, DiskFullError, StoreError, SyncError
from cuelet.store.migrating import migrate

_OF_ROWS = re.compile(r"^(CHECK constraint failed|[A-Za-z]+ value) in ")
"""What SQLite says of single values; those are for the checksums of their rows."""
_SETTINGS = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = ON",  # old rows left in the file could be taken for rows by a salvage
)


def connect(path: Path) -> sqlite3.Connection:
    """Open the database, make it if it is not there, and bring it to the current schema.

    Raises:
        NewerSchemaError: A later Cuelet wrote it.
        DamagedDatabaseError: It is not put together as it should be.
        StoreError: SQLite cannot open or lock it.
    """
    with translated(path, "open"):
        path.touch(mode=0o600)
        # One thread writes; that of a backup only reads, and SQLite keeps the two apart.
        database = sqlite3.connect(path, isolation_level=None, timeout=1.0, check_same_thread=False)
        try:
            if not path.stat().st_size:
                database.execute("PRAGMA auto_vacuum = INCREMENTAL")  # so that it can shrink
            for setting in _SETTINGS:
                database.execute(setting)
            database.text_factory = text_of
            refuse_damaged(database, path)
            migrate(database, path)
        except BaseException:
            database.close()
            raise
    return database


def text_of(stored: bytes) -> str:
    """Return text as it is stored; bytes that are none stay apart, for the checksum to find."""
    return stored.decode("utf-8", "surrogateescape")


def refuse_damaged(database: sqlite3.Connection, path: Path) -> None:
    """Look at how the file is put together, which checksums of rows cannot tell.

    Raises:
        DamagedDatabaseError: Something is wrong with it.
    """
    found = [text for (text,) in database.execute("PRAGMA integrity_check(100)")]
    wrong = [text for text in found if text != "ok" and not _OF_ROWS.search(text)]
    if wrong:
        raise DamagedDatabaseError(path=path, detail=" ".join(wrong[0].split()))


@contextmanager
def translated(path: Path, action: str) -> Iterator[None]:
    """Raise `StoreError` in place of what sqlite3 and the system raise."""
    try:
        yield
    except UnicodeDecodeError as error:  # sqlite3 shows what it read in its messages
        raise DamagedDatabaseError(path=path, detail="what should be text is none") from error
    except (sqlite3.Error, OSError) as error:
        raise _told(path, action, error) from error


_SYNC_FAILED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
_DAMAGED = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_MISMATCH,
}
"""Primary codes by which SQLite may answer for a file that is not as it was written: statements and
rights are those of ever, so an error in them lies in the file."""
_PRIMARY = 0xFF


def _told(path: Path, action: str, error: sqlite3.Error | OSError) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in (ENOSPC, EDQUOT):
        return DiskFullError(path=path, action=action)
    if code in _SYNC_FAILED:
        return SyncError(path=path, detail=str(error))
    if code is not None and code & _PRIMARY in _DAMAGED and action in ("open", "read"):
        return DamagedDatabaseError(path=path, detail=str(error))
    return StoreError(path=path, action=action, detail=str(error))


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens inside as a whole, or nothing of it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
