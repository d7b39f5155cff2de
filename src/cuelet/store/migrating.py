"""Bringing a database to the current schema: a copy first, then the numbered scripts."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from cuelet.store.backup import back_up
from cuelet.store.errors import (
    BackupError,
    DamagedDatabaseError,
    NewerSchemaError,
    NoCopyError,
    NoRoomForCopyError,
)
from cuelet.store.sql import migrations, queries
from cuelet.store.tables import ALL, FARM_TALLY, Table, schema_sum, spec_sum

SUMMED_SINCE = 9
"""The first schema whose rows have checksums."""
_COPY_AND_LOG = 2
"""Times its size that a database needs: for the copy, and for the log of its change."""


def migrate(database: sqlite3.Connection, path: Path) -> None:
    """Run the scripts that a database has not seen, once it is copied.

    Raises:
        NewerSchemaError: A later Cuelet wrote it.
        DamagedDatabaseError: Its version is not the one that it had.
        NoRoomForCopyError: The disk has no room for the copy and the change.
    """
    version, scripts = version_of(database), migrations()
    refuse_changed_schema(database, path, version)
    if version > len(scripts):
        raise NewerSchemaError(path=path, found=version, known=len(scripts))
    if version == len(scripts):
        return
    if version:
        _keep_copy(database, path, version)
    add_functions(database)
    for number, script in enumerate(scripts[version:], version + 1):
        run_script(database, number, script)


def run_script(database: sqlite3.Connection, number: int, script: str) -> None:
    """Do a script as a whole or not at all, with the version that it leads to."""
    database.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};")
    if number >= SUMMED_SINCE:
        write_farm_tally(database, number)
    database.execute("COMMIT")


def version_of(database: sqlite3.Connection) -> int:
    """Return the schema version that a database says it has."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def refuse_changed_schema(database: sqlite3.Connection, path: Path, version: int) -> None:
    """Compare the schema with what a row with a checksum tells of it, if there is such a row.

    Raises:
        DamagedDatabaseError: It is another one.
    """
    try:
        row = database.execute(FARM_TALLY.select).fetchone()
    except sqlite3.OperationalError as error:
        if version < SUMMED_SINCE:
            return
        raise DamagedDatabaseError(path=path, detail=str(error)) from error
    if row is None or not FARM_TALLY.is_whole(row):
        return
    if row[1:3] != (version, _schema_sum_of(database)):
        raise DamagedDatabaseError(path=path, detail="its schema is not what it was")


def write_farm_tally(database: sqlite3.Connection, version: int) -> None:
    """Write how many limits and settings there are, and which schema the database has."""
    counts = database.execute(queries()["count_machine"]).fetchone()
    row = FARM_TALLY.summed((1, version, _schema_sum_of(database), *counts))
    database.execute(queries()["put_farm_tally"], row)


def restamp_farm_tally(database: sqlite3.Connection) -> None:
    """Let what a salvage found of counts stand beside the schema of the new database."""
    row = database.execute(FARM_TALLY.select).fetchone()
    if row is not None:
        stamp = (1, version_of(database), _schema_sum_of(database), *row[3:5])
        database.execute(queries()["put_farm_tally"], FARM_TALLY.summed(stamp))


def _schema_sum_of(database: sqlite3.Connection) -> int:
    (text,) = database.execute(queries()["schema"]).fetchone()
    return schema_sum(text)


def copy_path(path: Path, version: int) -> Path:
    """Return where a database is copied to before its schema changes."""
    return path.with_name(f"{path.name}.schema{version}")


def _keep_copy(database: sqlite3.Connection, path: Path, version: int) -> None:
    target = copy_path(path, version)
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
    needed, free = pages * page_bytes * _COPY_AND_LOG, _free_bytes(path.parent)
    if free < needed:
        raise NoRoomForCopyError(path=path, target=target, needed_bytes=needed, free_bytes=free)
    try:
        back_up(database, target, force=True)
    except BackupError as error:
        raise NoCopyError(path=path, detail=str(error)) from error


def _free_bytes(folder: Path) -> int:
    disk = os.statvfs(folder)
    return (disk.f_bavail if os.geteuid() else disk.f_bfree) * disk.f_frsize


def add_functions(database: sqlite3.Connection) -> None:
    """Let the scripts use the checksums, and the name in a job's specification."""
    for table in ALL:
        database.create_function(f"sum_{table.name}", -1, _summing(table), deterministic=True)
    database.create_function("spec_sum", 2, spec_sum, deterministic=True)
    database.create_function("name_of_job", 1, name_of_job, deterministic=True)


def _summing(table: Table) -> Any:
    return lambda *row: table.sum_of(row)


def name_of_job(spec: str) -> str:
    """Return the name in a job's specification, empty when it makes no sense."""
    try:
        return str(json.loads(spec)["name"])
    except (ValueError, KeyError, TypeError):
        return ""
