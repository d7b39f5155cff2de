"""The farm's database on a tmpfs, with a disk that fails and a process that dies at any statement."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from cuelet.engine.disks import Space
from cuelet.store.store import Store


class Crash(BaseException):
    """The farm's process was killed here."""


class Fault:
    """What is to happen at which statement of the next transaction: an error, or the end.

    Args:
        at: Number of the statement; -1 is right behind the commit, for an end only.
        code: What SQLite says; None: the process dies.
        times: How many transactions it hits.
    """

    def __init__(self, *, at: int, code: int | None = None, times: int = 1) -> None:
        self.at, self.code, self.times = at, code, times


class _Ballast:
    """The room that the store sets aside, on a disk that is full when the simulation says so."""

    path = Path("/")
    size_bytes = 8 * 1024 * 1024

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    @property
    def free_bytes(self) -> int:
        return 0 if self._disk.is_full else self.size_bytes

    def take(self) -> bool:
        self._disk.has_ballast = self._disk.has_ballast or not self._disk.is_full
        return self._disk.has_ballast

    def give_up(self) -> bool:
        had, self._disk.has_ballast = self._disk.has_ballast, False
        self._disk.commits_left += 3 * had
        return had


@cache
def _template() -> tuple[Path, bytes]:
    """Return a folder for this process, and an empty database with the current schema."""
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="cuelet-sim-", dir=shm))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "template.db"
    Store(made).close()
    return folder, made.read_bytes()


class Disk:
    """One machine's disk: the image that a killed process leaves is what the next one opens.

    Args:
        on_commit: Called right behind every commit.
    """

    def __init__(self, on_commit: Callable[[], None]) -> None:
        self._on_commit = on_commit
        folder, template = _template()
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self._generation = 0
        self._path.write_bytes(template)
        self.fault: Fault | None = None
        self.commits = 0
        self.is_full = False
        self.has_ballast = False
        self.commits_left = 0
        """Commits for which a full disk has room."""
        self._image: tuple[bytes, bytes] | None = None

    @property
    def _path(self) -> Path:
        return self.folder / f"farm{self._generation}.db"

    def open(self) -> Store:
        """Open the store as a starting farm does; its statements pass through here."""
        store = Store(self._path)
        store._database = _Watched(store._database, self)  # type: ignore[assignment]
        store._ballast = _Ballast(self)  # type: ignore[assignment]
        return store

    def snapshot(self) -> None:
        """Keep what is on disk at this instant, as `kill -9` would leave it."""
        wal = Path(f"{self._path}-wal")
        self._image = self._path.read_bytes(), wal.read_bytes() if wal.exists() else b""

    def crash(self, store: Store) -> None:
        """Let the process that had the store die; the disk is what it was at the snapshot."""
        if self._image is None:
            self.snapshot()
        assert self._image is not None
        store.close()
        for left in self.folder.iterdir():
            left.unlink()
        self._generation += 1
        self._path.write_bytes(self._image[0])
        if self._image[1]:
            Path(f"{self._path}-wal").write_bytes(self._image[1])
        self._image, self.fault = None, None

    def remove(self) -> None:
        """Throw everything away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def space(self, _: str) -> Space:
        """Return how much is free, as the farm's watch asks."""
        return Space(1 << 30, 0 if self.is_full else 1 << 29, None)

    def before(self, count: int) -> None:
        """Fail or die ahead of the statement of this number, if that was planned."""
        fault = self.fault
        if fault is not None and count == fault.at:
            if fault.code is None:
                self.die()
            fault.times -= 1
            if fault.times <= 0:
                self.fault = None
            raise _failure(fault.code)
        if count and self.is_full and self.commits_left <= 0:
            raise _failure(sqlite3.SQLITE_FULL)

    def committed(self) -> None:
        """Count a commit; die right behind it, if that was planned."""
        self.commits += 1
        self.commits_left -= self.is_full
        self._on_commit()
        if self.fault and self.fault.code is None and self.fault.at < 0:
            self.die()

    def die(self) -> None:
        """Raise `Crash`, with the disk as it is now."""
        self.fault = None
        self.snapshot()
        raise Crash


def _failure(code: int | None) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("as planned")
    error.sqlite_errorcode = code  # type: ignore[assignment]
    return error


class _Watched:
    """A connection that counts the statements of each transaction."""

    def __init__(self, database: sqlite3.Connection, disk: Disk) -> None:
        self._database, self._disk = database, disk
        self._count = 0

    @property
    def in_transaction(self) -> bool:
        return self._database.in_transaction

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        if sql.startswith("BEGIN"):
            self._count = 0
        is_inside = self._database.in_transaction or sql.startswith("BEGIN")
        if is_inside and sql != "ROLLBACK":
            self._disk.before(self._count)
            self._count += 1
        done = self._database.execute(sql, values)
        if sql == "COMMIT":
            self._disk.committed()
        return done

    def executemany(self, sql: str, rows: Iterable[Any]) -> sqlite3.Cursor:
        self._disk.before(self._count)
        self._count += 1
        return self._database.executemany(sql, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)
