"""A write-ahead log that lacks what was committed is told from one that a crash cut off."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cuelet.core.operations import launching
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.values import ids
from cuelet.store.errors import NothingLeftError
from cuelet.store.inspection import inspect
from cuelet.store.log import OpenMark, commits_in, log_of
from cuelet.store.store import Store
from tests.unit.store.test_damage import other

FRAME_BYTES = 24 + 4096
HEAD_BYTES = 32


def launched(farm: Farm, number: int) -> Decision:
    """Return what a launch on a farm leaves to commit."""
    decision = Decision()
    launching.launch(farm, [other(f"job{number}")], [ids.job_id(number)], decision, now=5.0)
    return decision


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database as a killed farm of three commits leaves it, the last of several frames."""
    store, farm = Store(tmp_path / "farm.db"), Farm(cores=1.0, memory_mb=100)
    store.keep_ballast()
    for number in (1, 2, 3):
        store.commit(launched(farm, number))
    shutil.copytree(tmp_path, tmp_path / "killed")
    store.close()
    OpenMark(tmp_path / "killed" / "farm.db").leave()
    return tmp_path / "killed" / "farm.db"


def change(log: Path, position: int) -> None:
    with log.open("r+b") as file:
        file.seek(position)
        (byte,) = file.read(1)
        file.seek(position)
        file.write(bytes([byte ^ 1]))


def notes(path: Path) -> tuple[str, ...]:
    """Return what the check and then the farm say, which has to be the same."""
    checked = inspect(path)
    store, farm = Store(path), Farm(cores=1.0, memory_mb=100)
    store.load_machine(farm)
    store.close()
    assert checked.notes == farm.damage_notes
    return checked.notes


def test_a_whole_log_is_taken_without_a_word(path: Path) -> None:
    assert notes(path) == ()


def test_a_commit_that_a_crash_cut_off_is_no_damage(path: Path) -> None:
    begun = commits_in(path)[-2]
    change(log_of(path), HEAD_BYTES + begun * FRAME_BYTES + 100)

    assert notes(path) == ()


@pytest.mark.parametrize("what", ["a page", "the salt of a frame"])
def test_commits_behind_damage_are_missed(path: Path, what: str) -> None:
    frame = HEAD_BYTES + commits_in(path)[-3] * FRAME_BYTES
    change(log_of(path), frame + {"a page": 500, "the salt of a frame": 9}[what])

    (note,) = notes(path)

    assert f"{log_of(path)} was damaged: what was committed last is not in the database" in note


def test_a_damaged_head_is_damage_of_all(path: Path) -> None:
    change(log_of(path), 17)

    store, farm = Store(path), Farm(cores=1.0, memory_mb=100)
    store.load_machine(farm)
    store.close()

    assert "farm.db-wal was damaged" in farm.damage_notes[0]


def test_what_a_farm_said_once_is_not_said_of_the_next_log(path: Path) -> None:
    change(log_of(path), HEAD_BYTES + commits_in(path)[-3] * FRAME_BYTES)
    assert notes(path)

    assert notes(path) == ()


def test_a_log_that_is_gone_is_missed(tmp_path: Path) -> None:
    path, farm = tmp_path / "farm.db", Farm(cores=1.0, memory_mb=100)
    store = Store(path)
    store.commit(launched(farm, 1))
    store.close()
    OpenMark(path).leave()  # as a farm that was killed

    (note,) = notes(path)

    assert f"{log_of(path)} was missing" in note


def test_a_backup_in_the_place_of_the_database_misses_no_log(path: Path) -> None:
    fresh = path.with_name("fresh.db")
    Store(fresh).close()
    log_of(path).unlink()
    fresh.replace(path)

    assert notes(path) == ()


def test_a_database_that_was_all_in_its_log_is_not_begun_anew(path: Path) -> None:
    log_of(path).unlink()

    with pytest.raises(NothingLeftError, match="it is empty, and was not"):
        Store(path)
    with pytest.raises(NothingLeftError, match="it is empty, and was not"):
        inspect(path)


def test_a_store_that_was_closed_leaves_no_mark(path: Path) -> None:
    Store(path).close()

    assert not OpenMark(path).misses_log()
    assert not path.with_name("farm.db.open").exists()
