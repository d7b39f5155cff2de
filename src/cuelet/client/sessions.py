"""Sessions on disk: find them, tell whether somebody still needs them, remove them; links are never followed."""

from __future__ import annotations

import enum
import json
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

import opencue
from cuelet.client.errors import SessionNotFoundError
from opencue.cuebot import hosts_in_use
from outline import util
from outline._restore.layerfile import read_outline_data
from outline.exception import NoSessionError
from outline.jobspec.names import wire_job_name
from outline.session import LAUNCH_FILE, OUTLINE_FILE, session_root

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_RECORD_BYTES = 1 << 20


class Need(enum.StrEnum):
    """Who needs a session."""

    PENDING = "pending"
    """Its job is pending or running on the farm."""
    PROCESS = "process"
    """A process of this machine uses it."""
    ENDED = "ended"
    """Its job has ended."""
    UNKNOWN = "unknown"
    """No farm said anything about its job."""

    @property
    def words(self) -> str:
        """Return it as people read it."""
        return _WORDS[self]


_WORDS = {
    Need.PENDING: "its job is pending",
    Need.PROCESS: "a process uses it",
    Need.ENDED: "its job has ended",
    Need.UNKNOWN: "no farm knows its job",
}


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
        names = read_outline_data(str(session.path / OUTLINE_FILE))["layers"]
        return sorted(map(str, names))
    except (NoSessionError, LookupError, TypeError):
        folder = session.path / "layers"
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


def list_sessions(root: Path) -> list[SessionInfo]:
    """Return the sessions below a directory, the one unchanged for longest first."""
    found = [
        session
        for folder in _folders(root)
        for uuid in _folders(root / folder)
        if _UUID.fullmatch(uuid) and (session := _read(root, folder, uuid))
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


@dataclass(slots=True)
class Needs:
    """What is known now about who needs sessions."""

    answered: bool = False
    """A farm answered."""
    job_ids: set[str] = field(default_factory=set)
    """Jobs that are pending or running."""
    folders: set[str] = field(default_factory=set)
    """Names of these jobs, in the form `_folder_key` gives the folder of a session."""
    uuids: set[str] = field(default_factory=set)
    """Sessions that commands of these jobs name."""
    process_uuids: set[str] = field(default_factory=set)
    """Sessions that processes of this machine use."""

    def of(self, session: SessionInfo) -> Need:
        """Return who needs a session."""
        if session.uuid in self.process_uuids:
            return Need.PROCESS
        if self._is_pending(session):
            return Need.PENDING
        if session.backend == "local" and session.host == os.uname().nodename:
            return Need.ENDED
        return Need.ENDED if self.answered and _all_ended(session.job_ids) else Need.UNKNOWN

    def _is_pending(self, session: SessionInfo) -> bool:
        if session.uuid in self.uuids or self.job_ids.intersection(session.job_ids):
            return True
        return not session.job_ids and _folder_key(session.folder) in self.folders


def _all_ended(job_ids: Sequence[str]) -> bool:
    """Tell whether the farm knows every one of these jobs, and that it has ended."""
    try:
        states = [opencue.api.getJob(job_id).state() for job_id in job_ids]
    except opencue.CueException:
        return False
    return bool(states) and all(state == opencue.api.job_pb2.FINISHED for state in states)


def _folder_key(folder: str) -> str:
    """Return what a session's folder and the name of its job have in common."""
    return wire_job_name(folder)


def ask_needs() -> Needs:
    """Ask the farm, when one runs, and the processes of this machine; no farm is started."""
    needs = Needs(process_uuids=_uuids_of_processes())
    try:
        if not hosts_in_use() and opencue.farm.is_running() is None:
            return needs
        jobs = opencue.api.getJobs()
        for job in jobs:
            needs.job_ids.add(job.id())
            needs.folders.add(_folder_key(job.name()))
            for layer in job.getLayers():
                needs.uuids.update(_UUID.findall(layer.command()))
    except opencue.CueException:
        return Needs(process_uuids=needs.process_uuids)
    needs.answered = True
    return needs


def _uuids_of_processes() -> set[str]:
    """Return every uuid that the arguments, variables, directory or open files of a process name.

    This process and those it was started by do not count: they may name the session they ask about.
    """
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found: set[str] = set()
    for process in psutil.process_iter():
        if process.pid not in own:
            found.update(_UUID.findall("\n".join(_texts(process))))
    return found


def _texts(process: psutil.Process) -> Iterator[str]:
    with suppress(psutil.Error, OSError):
        yield from process.cmdline()
    with suppress(psutil.Error, OSError):
        yield process.cwd()
    with suppress(psutil.Error, OSError):
        yield from process.environ().values()
    with suppress(psutil.Error, OSError):
        yield from (each.path for each in process.open_files())


def remove(session: SessionInfo) -> None:
    """Remove a session, its ``outline.yaml`` last, so that one that is half removed is still found.

    Raises:
        OSError: Some of it could not be removed, or it is no session any more.
    """
    with _opened(session.root / session.folder) as parent, _opened(session.uuid, parent) as top:
        if not stat.S_ISREG(
            os.stat(OUTLINE_FILE, dir_fd=top, follow_symlinks=False).st_mode  # a link is no session
        ):
            raise OSError(f"{session.path} is no session any more")
        with os.scandir(top) as entries:
            names = [(each.name, each.is_dir(follow_symlinks=False)) for each in entries]
        for name, is_folder in names:
            _remove_entry(name, top, is_folder=is_folder)
        os.unlink(OUTLINE_FILE, dir_fd=top)
        os.rmdir(session.uuid, dir_fd=parent)
    with suppress(OSError):
        (session.root / session.folder).rmdir()  # when it was the last one


def _remove_entry(name: str, top: int, *, is_folder: bool) -> None:
    if is_folder:
        shutil.rmtree(name, dir_fd=top)
    elif name != OUTLINE_FILE:
        os.unlink(name, dir_fd=top)


@contextmanager
def _opened(path: str | Path, folder: int | None = None) -> Iterator[int]:
    handle = os.open(path, _FOLDER, dir_fd=folder)
    try:
        yield handle
    finally:
        os.close(handle)


def session_values(session: SessionInfo, need: Need) -> dict[str, Any]:
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
        "state": need.value,
    }
