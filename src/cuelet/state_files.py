"""The farm's own files while it runs: its lock, its announcement, and whether they are still there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Final

from cuelet.settings import Settings

_LOCK_TRIES: Final = 5
_LOCK_PAUSE_S: Final = 0.02
"""A client that looks whether the farm lives holds the lock for a moment."""


class FolderHeldError(Exception):
    """Say which process holds the folder."""

    def __init__(self, *, folder: Path, holder: str) -> None:
        self.folder, self.holder = folder, holder
        super().__init__(
            f"{folder}: a farm runs here already (process {holder}); "
            "cuelet farm stop ends it, CUELET_STATE_DIR names another folder"
        )


class FilesGoneError(Exception):
    """Say which of its files somebody took from the farm while it ran, and what is left."""

    def __init__(self, *, path: Path, saved: Path | None) -> None:
        self.path, self.saved = path, saved
        kept = (
            f"its jobs were saved as they were to {saved}: with the farm stopped, move that to "
            f"{path.parent / 'farm.db'} to have them back"
            if saved
            else "its jobs are gone with it; launch them again"
        )
        if saved == path.parent / "farm.db":
            kept = f"its jobs are all in {saved}: the next command goes on with them"
        super().__init__(
            f"{path} was removed or replaced while the farm ran, so the farm ends; "
            f"frames that run go on to their end; {kept}"
        )


def hold(settings: Settings) -> int:
    """Lock the folder for this process; return the descriptor to keep open.

    The lock names the process and the socket, for clients that find no ``farm.json``.

    Raises:
        FolderHeldError: Another farm has it.
    """
    descriptor = os.open(settings.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _lock(descriptor):
        holder = os.pread(descriptor, 4096, 0).decode().partition("\n")[0].strip() or "unknown"
        os.close(descriptor)
        raise FolderHeldError(folder=settings.state_dir, holder=holder)
    with contextlib.suppress(OSError):  # on a full disk the holder stays unknown
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, os.fsencode(f"{os.getpid()}\n{settings.socket}\n"), 0)
    return descriptor


def release(descriptor: int) -> None:
    """Let the folder go."""
    os.close(descriptor)


def _lock(descriptor: int) -> bool:
    for _ in range(_LOCK_TRIES):
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_LOCK_PAUSE_S)
    return False


class StateFiles:
    """What the farm put into its folder, looked after while it runs.

    Args:
        settings: The folder.
        lock: From `hold`.
    """

    def __init__(self, settings: Settings, lock: int) -> None:
        self._settings = settings
        self.log = settings.database.with_name(f"{settings.database.name}-wal")
        self._ids = {settings.lock: _id_of(lock), settings.database: _id_of(settings.database)}
        if known := _id_of(self.log):
            self._ids[self.log] = known
        self._announcement = ""

    def announce(self, text: str) -> None:
        """Write what clients find the farm by."""
        self._announcement = text
        try:
            fresh = self._settings.info_file.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self._settings.info_file)
        except OSError:
            _overwrite(self._settings.info_file, text)

    def withdraw(self) -> None:
        """Take the announcement back, unless it is another farm's by now."""
        if self._is_announced():
            self._settings.info_file.unlink(missing_ok=True)

    def find_missing(self) -> Path | None:
        """Return the lock, the database or its log when it is no longer the file that was opened.

        Without the first a second farm could start, without the others nothing more is kept.
        """
        return next((path for path, known in self._ids.items() if _id_of(path) != known), None)

    def mend(self) -> None:
        """Announce again what was removed or damaged."""
        if self._announcement and not self._is_announced():
            with contextlib.suppress(OSError):
                self.announce(self._announcement)

    def _is_announced(self) -> bool:
        try:
            found = self._settings.info_file.read_bytes()
        except OSError:
            return False
        return found == self._announcement.encode()


def _id_of(file: Path | int) -> tuple[int, int] | None:
    """Return what tells a file from any other, None when it is not there."""
    try:
        found = os.stat(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _overwrite(path: Path, text: str) -> None:
    """Write into the blocks that a file has already, which a full disk allows."""
    with path.open("r+", encoding="utf-8") as file:
        file.write(text)
        file.truncate()
