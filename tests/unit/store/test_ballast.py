"""The room that is set aside for a full disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from cuelet.store import ballast as module
from cuelet.store.ballast import Ballast
from cuelet.store.store import Store


def test_it_takes_real_room_and_gives_it_back(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "farm.ballast")

    assert ballast.take()
    assert ballast.take(), "what is there already is kept"
    found = ballast.path.stat()
    assert found.st_blocks * 512 >= found.st_size == ballast.size_bytes > 0
    assert found.st_mode & 0o777 == 0o600
    assert ballast.give_up()
    assert not ballast.give_up()


def test_a_disk_too_full_for_it_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: int, start: int, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module.os, "posix_fallocate", refuse)

    assert not Ballast(tmp_path / "farm.ballast").take()
    assert list(tmp_path.iterdir()) == []


def test_the_store_owes_it_until_it_is_there(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    assert store.owed_bytes() > 0

    assert store.keep_ballast()
    assert store.owed_bytes() == 0
    assert store.make_room()
    assert store.owed_bytes() > 0
    store.close()
