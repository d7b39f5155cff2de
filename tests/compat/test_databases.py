"""Databases of every earlier schema open, are brought up to date, and show the same jobs."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cuelet.core.check import check
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.states import FrameState, JobState
from cuelet.store import migrating
from cuelet.store.errors import NoRoomForCopyError
from cuelet.store.inspection import inspect
from cuelet.store.migrating import SUMMED_SINCE
from cuelet.store.sql import migrations
from cuelet.store.store import Store
from cuelet.store.tables import spec_sum
from tests.conftest import FarmBox

FOLDER = Path(__file__).parent / "databases"
SCHEMAS = sorted(int(path.stem.removeprefix("schema")) for path in FOLDER.glob("schema*.db"))


def states(job: Job, layer: str) -> str:
    """Return the states of a layer's frames by their first letters."""
    found = job.by_name[layer]
    return "".join(FrameState(job.state_of[i]).name[0] for i in range(found.start, found.end))


@pytest.fixture(params=SCHEMAS)
def schema(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def old(schema: int, tmp_path: Path) -> Path:
    """Return a copy of a golden database, as the farm of its time left it."""
    path = tmp_path / "state" / "farm.db"
    path.parent.mkdir(mode=0o700)
    shutil.copy(FOLDER / f"schema{schema}.db", path)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (schema,)
    return path


def test_there_is_one_for_each_of_the_first_three_schemas() -> None:
    assert SCHEMAS[:3] == [1, 2, 3]
    assert SCHEMAS[-1] <= len(migrations())


def test_it_shows_the_same_jobs(old: Path, schema: int) -> None:
    store = Store(old)
    jobs = {job.spec.title: job for job in store.load()}
    mixed, paused = jobs["mixed"], jobs["paused"]

    assert set(jobs) == {"done", "mixed", "killed", "paused", *["after"] * (schema >= 2)}
    assert {name: job.state for name, job in jobs.items() if job.state is JobState.FINISHED} == {
        "done": JobState.FINISHED,
        "killed": JobState.FINISHED,
    }
    assert states(jobs["done"], "main") == "SSSSS"
    assert states(mixed, "main") == "SDWER"
    assert states(mixed, "then") == "WDDWW"
    assert states(mixed, "clean") == "W"
    assert (mixed.attempt[1], mixed.retries[1], mixed.exit_status[1]) == (2, 1, 3)
    assert (mixed.exit_status[2], mixed.exit_signal[2], mixed.reasons[2]) == (139, 11, "why")
    assert (mixed.wall_s[0], mixed.cpu_s[0], mixed.max_rss_kb[0]) == (2.5, 1.5, 40960)
    assert (mixed.spec.cwd, mixed.spec.uid, mixed.priority) == ("/here", 1000, 7)
    assert mixed.by_name["then"].memory_mb == 2048
    assert mixed.by_name["main"].spec.argv == ("echo", "#IFRAME#", "ä")
    assert not mixed.edges[1].active
    assert (paused.paused, paused.priority, paused.autoeat) == (True, 42, True)
    store.close()


def test_what_came_later_is_there_and_empty_or_as_it_was(old: Path, schema: int) -> None:
    store = Store(old)
    jobs = {job.spec.title: job for job in store.load()}

    assert [comment.message for comment in jobs["mixed"].comments] == ["frame 2 ä"] * (schema >= 3)
    if schema >= 2:
        after = {jobs["mixed"].id: True, jobs["done"].id: False}
        assert {edge.awaited.id: edge.active for edge in jobs["after"].edges} == after
    store.close()


def test_the_first_ones_have_no_version_and_a_field_that_is_no_more() -> None:
    specs = []
    for schema in SCHEMAS[:3]:
        with closing(sqlite3.connect(FOLDER / f"schema{schema}.db")) as database:
            specs += [json.loads(text) for (text,) in database.execute("SELECT spec FROM job")]

    assert all("version" not in spec for spec in specs)
    assert all("gpu_memory_mb" in layer for spec in specs for layer in spec["layers"])


def test_a_farm_refuses_a_job_of_a_later_cuelet_and_says_which(
    old: Path, schema: int, box: FarmBox
) -> None:
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("UPDATE job SET spec = json_set(spec, '$.version', 99)")
        if schema >= SUMMED_SINCE:
            database.create_function("sum_of", 2, spec_sum)
            database.execute("UPDATE job SET spec_sum = sum_of(id, spec)")

    said = box.cuelet("farm", "start")

    assert said.returncode != 0
    assert "stored in version 99, this Cuelet knows" in said.stderr
    assert "another CUELET_STATE_DIR" in said.stderr
    assert "Traceback" not in said.stderr


def test_it_is_whole_and_of_the_current_schema_afterwards(old: Path) -> None:
    store = Store(old)
    farm = Farm(cores=8, memory_mb=16384)
    for job in store.load():
        farm.add(job)
        for index in range(job.size):
            if job.state_of[index] == FrameState.RUNNING:
                farm.reserve(job, index)
    store.close()

    assert check(farm) == []
    with closing(sqlite3.connect(old)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_farm_starts_on_it_and_goes_on(old: Path, box: FarmBox) -> None:
    assert old.parent == box.state_dir
    box.start()

    listed = {job["name"].partition("_")[2]: job["state"] for job in box.json("jobs", "--all")}

    assert listed["done"] == "finished"
    assert listed["killed"] == "killed"
    assert listed["paused"] == "paused"


def is_old(schema: int) -> bool:
    return schema < len(migrations())


def test_it_is_copied_before_it_changes_and_the_copy_can_take_its_place(
    old: Path, schema: int
) -> None:
    Store(old).close()
    copies = list(old.parent.glob("*.schema*"))

    assert [copy.name for copy in copies] == [f"farm.db.schema{schema}"] * is_old(schema)
    for copy in copies:
        assert copy.stat().st_mode & 0o777 == 0o600
        with closing(sqlite3.connect(copy)) as database:
            assert database.execute("PRAGMA user_version").fetchone() == (schema,)
        shutil.copy(copy, old)
        test_it_shows_the_same_jobs(old, schema)


def test_without_room_for_the_copy_it_stays_as_it_is(
    old: Path, schema: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_old(schema):
        return
    monkeypatch.setattr(migrating, "_free_bytes", lambda _: 1000)

    with pytest.raises(NoRoomForCopyError, match=r"a copy \(farm.db.schema\d\) is made first"):
        Store(old)

    with closing(sqlite3.connect(old)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (schema,)
    assert not list(old.parent.glob("*.schema*"))


def test_a_look_for_damage_finds_none_and_brings_nothing_up_to_date(old: Path, schema: int) -> None:
    before = old.read_bytes()

    found = inspect(old)

    assert (found.schema, found.is_whole) == (schema, True)
    assert found.jobs == 4 + (schema >= 2)
    assert old.read_bytes() == before


def test_a_frame_of_before_the_checksums_that_makes_no_sense_sets_its_job_aside(
    old: Path, schema: int
) -> None:
    if schema >= SUMMED_SINCE:
        return
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("UPDATE frame SET idx = 4711 WHERE job = 2 AND idx = 1")

    store = Store(old)
    names = {job.spec.title for job in store.load()}
    store.close()

    assert "mixed" not in names
    assert {"done", "killed", "paused"} <= names
    assert store.set_aside[0].name == "show-shot-ada_mixed"
    assert "makes no sense" in store.set_aside[0].reason
