"""Opening the farm's database: settings, migrations, and the border where sqlite3 errors stop.

One connection with an exclusive lock: SQLite before 3.51 can lose a write when two connections
reset the log at once, and a second farm on the same file must be refused anyway.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path

from cuelet.store.errors import DiskFullError, NewerSchemaError, StoreError, SyncError
from cuelet.store.sql import migrations

_SETTINGS = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)


def connect(path: Path) -> sqlite3.Connection:
    """Open the database, make it if it is not there, and bring it to the current schema.

    Raises:
        NewerSchemaError: A later Cuelet wrote it.
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
            _migrate(database, path)
        except BaseException:
            database.close()
            raise
    return database


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    scripts = migrations()
    if version > len(scripts):
        raise NewerSchemaError(path=path, found=version, known=len(scripts))
    for number, script in enumerate(scripts[version:], version + 1):
        database.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
        )


@contextmanager
def translated(path: Path, action: str) -> Iterator[None]:
    """Raise `StoreError` in place of what sqlite3 and the system raise."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _told(path, action, error) from error


_SYNC_FAILED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}


def _told(path: Path, action: str, error: sqlite3.Error | OSError) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in (ENOSPC, EDQUOT):
        return DiskFullError(path=path, action=action)
    if code in _SYNC_FAILED:
        return SyncError(path=path, detail=str(error))
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
