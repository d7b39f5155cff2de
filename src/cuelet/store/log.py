"""Whether the write-ahead log is all that was written to it: what SQLite leaves out of it silently.

SQLite takes a log up to the first part of it that is not whole, and no log for an empty one. After
a crash that is right: every commit is on disk before it is answered, so at most one can be torn.
More commits behind the torn one, or no log after a farm that did not end by itself, are damage.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

LOST_WORDS: Final = (
    "the write-ahead log {} was {}: what was committed last is not in the database, so jobs may be "
    "missing, and frames that had ended may run again; compare with a backup"
)
_HEAD: Final = struct.Struct(">8I")
"""Magic number, version, size of a page, number of the log, two salts, and a checksum of these."""
_FRAME: Final = struct.Struct(">4I8x")
"""Page, size of the database in pages if a commit ends here, and the salts of its log."""
_SUMMED_WORDS: Final = 6
_WORD: Final = 0xFFFFFFFF
_TORN: Final = 1
"""Commits that a crash may leave behind in part."""


def log_of(path: Path) -> Path:
    """Return where the log of a database is."""
    return path.with_name(f"{path.name}-wal")


class OpenMark:
    """Beside a database that is in use: which file it is, so that a log that is gone is missed.

    Args:
        path: The database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = path.with_name(f"{path.name}.open")

    def leave(self) -> None:
        """Say that the database is open, and so has a log."""
        with suppress(OSError):  # without it a missing log is not noticed
            mark = os.open(self._mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.ftruncate(mark, 0)
                os.pwrite(mark, self._identity().encode(), 0)
            finally:
                os.close(mark)

    def remove(self) -> None:
        """Say that the database is closed; call it before the log goes."""
        with suppress(OSError):
            self._mark.unlink(missing_ok=True)

    def misses_log(self) -> bool:
        """Tell whether this very database was open last and its log is not there."""
        try:
            return self._mark.read_text() == self._identity() and not log_of(self._path).exists()
        except (OSError, UnicodeDecodeError):
            return False

    def _identity(self) -> str:
        found = self._path.stat()
        return f"{found.st_dev}:{found.st_ino}\n"


def commits_in(path: Path) -> tuple[int, ...]:
    """Return behind how many frames of a database's log each of its commits ends, ascending.

    Nothing is asked of the pages; a log whose head is damaged is known by its first frame.
    """
    try:
        with log_of(path).open("rb") as log:
            return tuple(_commits(log.fileno()))
    except FileNotFoundError:
        return ()


def _commits(log: int) -> Iterator[int]:
    head = os.pread(log, _HEAD.size, 0)
    if len(head) < _HEAD.size:
        return
    magic, _, page_bytes, _, *salts, first, second = _HEAD.unpack(head)
    if _sum(head, magic) != (first, second):
        page_bytes, salts = 4096, []
    position, number = _HEAD.size, 0
    while len(frame := os.pread(log, _FRAME.size, position)) == _FRAME.size:
        number += 1
        _, ends_commit, *own = _FRAME.unpack(frame)
        salts = salts or own
        if own == salts and ends_commit:
            yield number
        position += _FRAME.size + page_bytes


def _sum(head: bytes, magic: int) -> tuple[int, int]:
    """Return the checksum of a log's head (sqlite.org/fileformat2.html)."""
    words = struct.unpack(f"{'>' if magic & 1 else '<'}{_SUMMED_WORDS}I", head[: _SUMMED_WORDS * 4])
    first = second = 0
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _WORD
        second = (second + odd + first) & _WORD
    return first, second


def lost_words(database: sqlite3.Connection, path: Path, commits: tuple[int, ...]) -> str:
    """Say that SQLite has left commits out of a log, empty when it has not.

    What it has taken is folded into the database, so that the next commit begins the log anew and
    nothing older is taken for a part of it. A full disk has no room for that: then the log stays,
    nothing can be said of it, and a farm starts all the same.

    Args:
        database: The open database, to which nothing has been written yet.
        path: Its file, for the words.
        commits: From `commits_in`, before it was opened.
    """
    if not commits:
        return ""
    try:
        _, taken, _ = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            return ""
        raise
    lost = sum(end > taken for end in commits)
    return LOST_WORDS.format(log_of(path), "damaged") if lost > _TORN else ""
