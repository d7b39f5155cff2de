"""What is damaged in a database: found in a copy, so that the file may be in use and stays as it is."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cuelet.core.state.farm import Farm
from cuelet.core.state.set_aside import SetAside
from cuelet.store import machine
from cuelet.store.ballast import ballast_of
from cuelet.store.database import refuse_damaged, text_of, translated
from cuelet.store.errors import DamagedDatabaseError, NewerSchemaError, NothingLeftError, StoreError
from cuelet.store.loading import Loading
from cuelet.store.log import LOST_WORDS, OpenMark, commits_in, log_of, lost_words
from cuelet.store.migrating import SUMMED_SINCE, refuse_changed_schema, version_of
from cuelet.store.reading import Reader
from cuelet.store.salvage import fold_log, write_salvaged
from cuelet.store.sql import migrations
from cuelet.store.tables import MADE

TRIES = 20
"""Copies of a database in use that are begun anew when its log was begun anew meanwhile."""
_LOG_HEADER_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found in a database."""

    path: Path
    schema: int
    structure: str
    """What is wrong with how the file is put together, empty when nothing is."""
    jobs: int
    """Jobs that are whole."""
    set_aside: tuple[SetAside, ...]
    """Jobs that are not, or that wait for one that is not."""
    notes: tuple[str, ...]
    """What else is damaged, a sentence each."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it is as it was written."""
        return not (self.structure or self.set_aside or self.notes)


def inspect(path: Path) -> Inspection:
    """Look for damage in a database, which may be in use, or in a copy of one.

    Raises:
        StoreError: It cannot be read, nothing in it can, or a later Cuelet wrote it.
    """
    with translated(path, "read"), tempfile.TemporaryDirectory(prefix="cuelet-check-") as folder:
        copy = Path(folder) / "copy.db"
        take_copy(path, copy)
        notes = _log_notes(path, copy)
        fold_log(copy)
        try:
            found = _look(path, copy, structure="")
        except DamagedDatabaseError as error:
            fresh = Path(folder) / "fresh.db"
            write_salvaged(copy, fresh, why=error.damage, named=path)
            found = _look(path, fresh, structure=error.damage)
        return replace(found, notes=(*found.notes, *notes))


def _log_notes(path: Path, copy: Path) -> Iterator[str]:
    """Return what the write-ahead log should have and has not."""
    notes = [LOST_WORDS.format(log_of(path), "missing")] if OpenMark(path).misses_log() else []
    commits = commits_in(copy)
    with suppress(sqlite3.Error), closing(sqlite3.connect(copy)) as database:
        notes.append(lost_words(database, path, commits))
    return filter(None, notes)


def take_copy(path: Path, copy: Path) -> None:
    """Copy a database with its log as of one moment, although it may be written to meanwhile.

    What is in the log is as of its last whole commit, and what a checkpoint writes into the file
    meanwhile is in the log as well, until the log is begun anew: then the copy is, too.
    """
    log = log_of(path)
    for _ in range(TRIES):
        before = _header(log)
        shutil.copyfile(path, copy)
        copied = Path(f"{copy}-wal")
        copied.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(log, copied)
        if _header(log) == before:
            return
    raise StoreError(path=path, action="read", detail="it changes too fast; try again")


def _header(log: Path) -> bytes:
    try:
        with log.open("rb") as file:
            return file.read(_LOG_HEADER_BYTES)
    except FileNotFoundError:
        return b""


def _look(path: Path, copy: Path, *, structure: str) -> Inspection:
    with translated(path, "read"), closing(sqlite3.connect(copy)) as database:
        database.text_factory = text_of
        if not copy.stat().st_size:
            raise NothingLeftError(path=path, detail="it is empty")
        refuse_damaged(database, path)
        version, known = version_of(database), len(migrations())
        refuse_changed_schema(database, path, version)
        if not version and ballast_of(path).exists():
            raise NothingLeftError(path=path, detail="it is empty, and was not")
        if version > known:
            raise NewerSchemaError(path=path, found=version, known=known)
        if version < SUMMED_SINCE:
            return _look_at_old(database, path, version)
        loading = Loading(database, path)
        notes = (*machine.read(database, Farm(cores=1.0, memory_mb=1)), *_made_notes(database))
    return Inspection(
        path=path,
        schema=version,
        structure=structure,
        jobs=len(loading.jobs),
        set_aside=loading.set_aside,
        notes=notes,
    )


def _look_at_old(database: sqlite3.Connection, path: Path, version: int) -> Inspection:
    """Return what little can be said of a database without checksums."""
    (jobs,) = database.execute("SELECT count(*) FROM job").fetchone() if version else (0,)
    return Inspection(path=path, schema=version, structure="", jobs=jobs, set_aside=(), notes=())


def _made_notes(database: sqlite3.Connection) -> Iterator[str]:
    reader = Reader(database)
    for _ in reader.rows(MADE):
        pass
    if wrong := len(reader.wrong(MADE)):
        yield (
            f"{wrong} of the notes on how outputs were made are damaged: "
            "frames that could have been skipped run once more"
        )
