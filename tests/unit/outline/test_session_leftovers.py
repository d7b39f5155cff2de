"""What killed writers leave in a session is removed, what living ones write is not."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

import pytest

from outline._session.folder import Folder
from outline.jobspec.names import TEMPORARY


def leave(folder: Path, name: str, *, ago_s: float = 3600) -> Path:
    path = folder / f"{TEMPORARY}{name}"
    path.write_text("half")
    os.utime(path, (time.time() - ago_s,) * 2)
    return path


def test_the_next_copy_removes_what_a_dead_writer_left(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("whole")
    (tmp_path / "session").mkdir()
    dead, fresh = leave(tmp_path / "session", "dead"), leave(tmp_path / "session", "a", ago_s=5)
    living = leave(tmp_path / "session", "living")
    pipe = tmp_path / "session" / f"{TEMPORARY}pipe"
    os.mkfifo(pipe)
    with living.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        Folder(str(tmp_path / "session")).copy(("file",), str(source))

    assert not dead.exists()
    assert all(path.exists() for path in (fresh, living, pipe))
    assert (tmp_path / "session" / "file").read_text() == "whole"


def test_a_writer_holds_its_file_as_long_as_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(folder: int) -> None:
        for name in os.listdir(folder):
            handle = os.open(name, os.O_RDONLY, dir_fd=folder)
            with pytest.raises(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(handle)
            seen.append(name)

    real_sync = os.fsync

    def sync(handle: int) -> None:
        if not seen:
            look(os.open(tmp_path, os.O_RDONLY))
        real_sync(handle)

    monkeypatch.setattr(os, "fsync", sync)
    Folder(str(tmp_path)).write(("value",), b"{}", replace=True)

    assert len(seen) == 1
