"""Choose the sessions that nobody needs any more, and remove them; links are never followed."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cuelet.client.errors import RemainsError
from cuelet.client.sessions.folders import SessionInfo, list_sessions, root_folder
from cuelet.client.sessions.needs import Need, Needs, ask_needs
from cuelet.quantities import count
from outline.session import OUTLINE_FILE, leftovers

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Cleaning:
    """What is to go, and why the rest stays."""

    chosen: list[SessionInfo] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    """Sessions that stay, by reason."""
    unasked: int = 0
    """Chosen ones that no farm knew anything about."""

    @property
    def size_bytes(self) -> int:
        """Bytes of what is to go."""
        return sum(session.size_bytes for session in self.chosen)


def choose(sessions: Sequence[SessionInfo], needs: Needs, limit_s: float) -> Cleaning:
    """Choose what nobody needs and has not changed for so long."""
    cleaning, now = Cleaning(), time.time()
    for session in sessions:
        if session.age_s(now) < limit_s:
            reason = "too young"
        elif (need := needs.of(session)) in (Need.PENDING, Need.PROCESS):
            reason = need.words
        else:
            cleaning.chosen.append(session)
            cleaning.unasked += need is Need.UNKNOWN
            continue
        cleaning.kept[reason] = cleaning.kept.get(reason, 0) + 1
    return cleaning


def remove_chosen(chosen: Sequence[SessionInfo], limit_s: float) -> list[SessionInfo]:
    """Remove what is still not needed now, after the time it took to confirm; return what went.

    Raises:
        RemainsError: Some of it could not be removed.
    """
    wanted = {session.name for session in chosen}
    still = choose(list_sessions(root_folder()), ask_needs(), limit_s).chosen
    removed, failed = [], []
    for session in (each for each in still if each.name in wanted):
        try:
            remove(session)
            removed.append(session)
        except OSError as error:
            failed.append(f"{session.path}: {error.strerror or error}")
    if failed:
        done = f"removed {len(removed)}, but not {count(len(failed), 'session')}"
        raise RemainsError(done=done, failed=failed)
    return removed


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


def sweep_leftovers(sessions: Sequence[SessionInfo]) -> int:
    """Remove temporary files whose writers were killed from sessions that stay; return how many."""
    return sum(
        leftovers.sweep(folder, time.time())
        for session in sessions
        for _, _, _, folder in os.fwalk(session.path, onerror=None, follow_symlinks=False)
    )


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
