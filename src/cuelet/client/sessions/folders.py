"""Sessions on disk: which there are, and what is in them; links are never followed."""

from __future__ import annotations

import json
import os
import re
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuelet.client.errors import SessionNotFoundError
from outline import util
from outline.exception import NoSessionError
from outline.session import LAUNCH_FILE, OUTLINE_FILE, session_root, stored_layers

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAX_RECORD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One session on disk."""

    root: Path
    folder: str
    """``show-shot-user_name``."""
    uuid: str
    size_bytes: int
    files: int
    changed_at: float
    """Epoch seconds of the latest change in it."""
    backend: str = ""
    """What it was launched on; empty when nobody wrote that down."""
    host: str = ""
    """The machine it was launched on."""
    job_ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``show-shot-user_name/uuid``."""
        return f"{self.folder}/{self.uuid}"

    @property
    def path(self) -> Path:
        """Its directory."""
        return self.root / self.folder / self.uuid

    def age_s(self, now: float) -> float:
        """Return the seconds since the latest change in it."""
        return max(0.0, now - self.changed_at)


def root_folder() -> Path:
    """Return where sessions are; it does not follow that anything is there."""
    return Path(session_root(util.get_show(), util.get_shot()))


def get_session(named: str) -> SessionInfo:
    """Return the session of a uuid, ``name/uuid`` or path.

    Raises:
        SessionNotFoundError: There is none.
    """
    wanted = named.rstrip("/").rpartition("/")[2]
    for each in list_sessions(root_folder()):
        if each.uuid == wanted:
            return each
    raise SessionNotFoundError(named=named, root=root_folder())


def list_layers(session: SessionInfo) -> list[str]:
    """Return the layers a session says it has, or those that have files in it."""
    try:
        return sorted(stored_layers(str(session.path)))
    except NoSessionError:
        folder = session.path / "layers"
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


def list_sessions(root: Path) -> list[SessionInfo]:
    """Return the sessions below a directory, the one unchanged for longest first."""
    found = [
        session
        for folder in _folders(root)
        for uuid in _folders(root / folder)
        if UUID.fullmatch(uuid) and (session := _read(root, folder, uuid))
    ]
    return sorted(found, key=lambda session: (session.changed_at, session.name))


def _folders(path: Path) -> list[str]:
    """Return the names of the real directories in a directory."""
    try:
        with os.scandir(path) as entries:
            return sorted(each.name for each in entries if each.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _read(root: Path, folder: str, uuid: str) -> SessionInfo | None:
    """Return a session, or None when the directory is none."""
    path = root / folder / uuid
    try:
        if not stat.S_ISREG((path / OUTLINE_FILE).lstat().st_mode):
            return None
        size, files, changed_at = _measure(path)
    except OSError:
        return None
    launch = _read_launch(path / LAUNCH_FILE)
    return SessionInfo(root, folder, uuid, size, files, changed_at, *launch)


def _measure(path: Path) -> tuple[int, int, float]:
    """Return bytes, files and latest change of a tree."""
    size, files, changed_at = 0, 0, path.lstat().st_mtime
    left = [path]
    while left:
        with suppress(FileNotFoundError), os.scandir(left.pop()) as entries:
            for entry in entries:
                facts = entry.stat(follow_symlinks=False)
                changed_at = max(changed_at, facts.st_mtime)
                if entry.is_dir(follow_symlinks=False):
                    left.append(Path(entry.path))
                else:
                    size, files = size + facts.st_size, files + 1
    return size, files, changed_at


def _read_launch(path: Path) -> tuple[str, str, tuple[str, ...]]:
    """Return backend, machine and job ids that a launch wrote down; nothing when it did not."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as stream:
            values = json.loads(stream.read(_MAX_RECORD_BYTES))
        ids = tuple(str(job["id"]) for job in values["jobs"])
        return str(values["backend"]), str(values["host"]), ids
    except (OSError, ValueError, KeyError, TypeError):
        return "", "", ()


def session_values(session: SessionInfo, need: str) -> dict[str, Any]:
    """Return a session as JSON-ready values."""
    return {
        "name": session.name,
        "path": str(session.path),
        "size_bytes": session.size_bytes,
        "files": session.files,
        "changed_at": session.changed_at,
        "age_s": round(session.age_s(time.time()), 1),
        "backend": session.backend or None,
        "job_ids": list(session.job_ids),
        "state": need,
    }
