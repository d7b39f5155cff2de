"""A new database out of what a damaged one still holds; the damaged one stays beside it.

What is not as it was written is left out, so that the tallies of the new database tell which jobs
lack something.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from cuelet.store.backup import sync
from cuelet.store.database import translated
from cuelet.store.errors import NothingLeftError
from cuelet.store.migrating import add_functions, restamp_farm_tally, run_script
from cuelet.store.pages import PAGE_BYTES, Record, records
from cuelet.store.sql import migrations, queries
from cuelet.store.tables import ALL, Table

Row = tuple[Any, ...]

_log = logging.getLogger(__name__)


def salvaged_path(path: Path) -> Path:
    """Return where a new database lies, complete, until it takes the old one's place."""
    return path.with_name(f"{path.name}.salvaged")


def kept_files(path: Path) -> list[Path]:
    """Return the damaged files that are kept beside a database, oldest first."""
    found = path.parent.glob(f"{path.name}.damaged-*")
    return sorted(each for each in found if not each.name.endswith("-wal"))


def replace_damaged(path: Path, why: str) -> Path:
    """Put a database of all that can be read in the place of a damaged one; return where that is kept.

    Killed at any moment, the next start goes on where this was left.

    Args:
        path: The database, which nobody has open.
        why: What is wrong with it.

    Raises:
        NothingLeftError: Nothing can be read.
        StoreError: The new one cannot be written.
    """
    with translated(path, "salvage"), tempfile.TemporaryDirectory(dir=path.parent) as folder:
        fresh = Path(folder) / "fresh.db"
        rows = write_salvaged(path, fresh, why)
        sync(fresh, os.O_RDWR)
        fresh.replace(salvaged_path(path))
        sync(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    kept = finish_replacing(path)
    _log.error("%s; %d rows are whole and saved, the damaged file is %s", why, rows, kept)
    return kept


def finish_replacing(path: Path) -> Path:
    """Let a complete new database take the damaged one's place; return where that is kept."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    kept = path.with_name(f"{path.name}.damaged-{stamp}")
    with translated(path, "salvage"):
        for end in ("", "-wal"):
            with suppress(FileNotFoundError):
                _keep(f"{path}{end}", f"{kept}{end}")
        Path(f"{path}-wal").unlink(missing_ok=True)
        sync(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        salvaged_path(path).replace(path)
        sync(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    return kept


def _keep(source: str, target: str) -> None:
    """Give a file a second name, or copy it on a disk without links."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


# -- what a damaged file holds -------------------------------------------------------------------


def write_salvaged(path: Path, target: Path, why: str, *, named: Path | None = None) -> int:
    """Write every whole row of a database, and of its log, into a new one; return how many.

    Args:
        path: The database.
        target: The new one.
        why: What is wrong with it.
        named: The file that an error names in its place.

    Raises:
        NothingLeftError: There is none.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        data = whole_file(path, Path(folder) / "copy.db")
    found = _found_in(data)
    if not found:
        raise NothingLeftError(path=named or path, detail=why)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(handle)
    with closing(sqlite3.connect(target, isolation_level=None)) as fresh:
        _write(fresh, found)
    return len(found)


def _found_in(data: bytes) -> list[tuple[Table, Row]]:
    """Return every whole row; of two with one key, which only damage leaves, neither is believed."""
    found: dict[tuple[Table, Row], set[Row]] = {}
    for record in records(data):
        for table, row in rows_of(record):
            found.setdefault((table, table.key_of(row)), set()).add(row)
    return [(table, rows.pop()) for (table, _), rows in found.items() if len(rows) == 1]


def _write(fresh: sqlite3.Connection, found: list[tuple[Table, Row]]) -> None:
    fresh.execute("PRAGMA auto_vacuum = INCREMENTAL")
    add_functions(fresh)
    for number, script in enumerate(migrations(), 1):
        run_script(fresh, number, script)
    fresh.execute("BEGIN")
    fresh.execute(queries()["drop_farm_tally"])
    for table, row in found:
        fresh.execute(table.insert, row)
    restamp_farm_tally(fresh)
    fresh.execute("COMMIT")


def rows_of(record: Record) -> Iterator[tuple[Table, Row]]:
    """Yield the table that a record is a whole row of, and the row: one or none."""
    for table in ALL:
        row = _as_row(record, table)
        if row is not None and table.is_whole(row):
            yield table, row
            return


def _as_row(record: Record, table: Table) -> Row | None:
    """Return a record as a row of a table, None when it cannot be one."""
    values = record.values
    if len(values) != len(table.columns) + 1 or (record.rowid is None) == table.has_rowid:
        return None
    if table.has_rowid:
        values = (record.rowid, *values[1:])
    kinds = zip(values, table.kinds, strict=False)
    return (*(_as_kept(value, kind) for value, kind in kinds), values[-1])


def _as_kept(value: object, kind: str) -> object:
    """Return a value as SQLite takes it: whole numbers are kept short, and damaged text is no text.

    What a row's checksum leaves out, a specification, may be damaged in a row that is whole; it has
    a checksum of its own, which still does not fit then.
    """
    if kind == "f" and isinstance(value, int):
        return float(value)
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value


def whole_file(path: Path, copy: Path) -> bytes:
    """Return the bytes of a database as of its last commit, its log folded into it."""
    shutil.copyfile(path, copy)
    with suppress(FileNotFoundError):
        shutil.copyfile(f"{path}-wal", f"{copy}-wal")
    fold_log(copy)
    return copy.read_bytes()


def fold_log(copy: Path) -> None:
    """Write the log of a copy into it, if there is one, however damaged the copy is."""
    if Path(f"{copy}-wal").exists() and not _fold(copy):
        _replace_head(copy)
        _fold(copy)


def _fold(copy: Path) -> bool:
    """Write the log of a copy into it; return whether SQLite could."""
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as database:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        return False
    return not busy


def _replace_head(copy: Path) -> None:
    """Give a copy the first page of a healthy database: the log is written into any such."""
    healthy = copy.with_name("healthy.db")
    with closing(sqlite3.connect(healthy, isolation_level=None)) as database:
        database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE nothing (at_all INTEGER)")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with healthy.open("rb") as source, copy.open("r+b") as file:
        file.write(source.read(PAGE_BYTES))
