"""Rows that a disk has changed are not believed, and hold up no other job."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cuelet.core.operations import launching, limits, machine, requests
from cuelet.core.state.comment import Comment
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.store import salvage
from cuelet.store.errors import NothingLeftError
from cuelet.store.inspection import inspect
from cuelet.store.store import Store
from cuelet.store.tables import OF_JOBS
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec
from tests.unit.core.bench import Bench, spec_of
from tests.unit.store.test_store import SPEC, picture


def other(name: str, **more: object) -> JobSpec:
    layer = LayerSpec(name="main", command="true", range="1-3")
    return spec_of(layer, name=f"show-shot-me_{name}", **more)


def launched(farm: Farm, name: str) -> Decision:
    """Return what a launch on a farm leaves to commit."""
    decision = Decision()
    launching.launch(farm, [other(name)], [ids.job_id(30)], decision, now=5.0)
    return decision


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database of three jobs: one with a row in every table, two plain ones."""
    store, b = Store(tmp_path / "farm.db"), Bench(SPEC, memory_mb=8192)
    launching.launch(
        b.farm,
        [other("first"), other("last")],
        [ids.job_id(n) for n in (8, 9)],
        b.decision,
        now=2.0,
    )
    b.run(0)
    b.run(1)
    layer = b.job.layers[1]
    layer.memory_mb, layer.limits = 4444, ("nuke",)
    b.job.comments.append(Comment(1, 3.0, "me", "look", "here"))
    requests.release_edges(b.job, list(b.job.edges), b.decision)
    b.decision.job(b.job)
    limits.create(b.farm, ids.job_id(77), "nuke", 3, b.decision)
    machine.offer(b.farm, b.decision, tags=("fast",), services=None, gpus=None)
    b.decision.made.append(("key", "command", "env", "frames", "inputs", "outputs"))
    store.commit(b.decide())
    store.close()
    return tmp_path / "farm.db"


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def opened(path: Path) -> tuple[dict[str, Job], list[str], list[str]]:
    """Return the whole jobs, the names of those set aside, and why."""
    store = Store(path)
    jobs = {job.name: job for job in store.load()}
    store.close()
    aside = store.set_aside
    return jobs, [job.name for job in aside], [job.reason for job in aside]


DAMAGE = {
    "its own row": ("UPDATE job SET priority = priority + 1 WHERE pk = 1",),
    "the row of another key": (
        "PRAGMA foreign_keys = OFF",
        "UPDATE job SET pk = 9 WHERE pk = 1",
    ),
    "its specification": ("UPDATE job SET spec = replace(spec, 'shot', 'shoT') WHERE pk = 1",),
    "no text": ("UPDATE job SET spec = CAST(x'7bff' AS TEXT) WHERE pk = 1",),
    "its own row is gone": ("PRAGMA foreign_keys = OFF", "DELETE FROM job WHERE pk = 1"),
    "its tally": ("UPDATE tally SET others = others + 1 WHERE job = 1",),
    "its tally is gone": ("DELETE FROM tally WHERE job = 1",),
    "a layer": ("UPDATE layer SET memory_mb = 1",),
    "when a layer starts": ("UPDATE layer_start SET gpus = 2",),
    "a released edge": ("UPDATE released_edge SET idx = 7 WHERE idx = 0",),
    "a comment": ("UPDATE comment SET message = 'there'",),
    "a frame": ("UPDATE frame SET state = 4 WHERE idx = 1",),
    "a frame of no known state": (
        "PRAGMA ignore_check_constraints = ON",
        "UPDATE frame SET state = 99 WHERE idx = 1",
    ),
    "a number that is text": ("UPDATE frame SET attempt = 'x' WHERE idx = 1",),
    "a frame is gone": ("DELETE FROM frame WHERE idx = 1",),
    "a frame of another number": ("UPDATE frame SET idx = 3 WHERE idx = 1",),
    "a frame of another job": ("UPDATE frame SET job = 3 WHERE idx = 1",),
    "a frame of no job": ("PRAGMA foreign_keys = OFF", "UPDATE frame SET job = 64 WHERE idx = 1"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_only_the_damaged_job_is_set_aside_and_named(path: Path, damage: tuple[str, ...]) -> None:
    before, _, _ = opened(path)
    change(path, *damage)

    seen = inspect(path)
    jobs, aside, reasons = opened(path)

    assert aside == ["show-shot-me_job"]
    assert reasons[0].startswith("damaged in the database: ")
    assert list(jobs) == ["show-shot-me_first", "show-shot-me_last"]
    assert all(picture(jobs[name]) == picture(before[name]) for name in jobs)
    assert ([job.name for job in seen.set_aside], seen.jobs, seen.is_whole) == (aside, 2, False)


def test_what_is_set_aside_stays_on_disk_and_comes_back_when_it_is_mended(path: Path) -> None:
    change(path, "UPDATE frame SET attempt = attempt + 1 WHERE idx = 1")
    assert opened(path)[1] == ["show-shot-me_job"]

    change(path, "UPDATE frame SET attempt = attempt - 1 WHERE idx = 1")

    assert opened(path)[1] == []
    assert inspect(path).is_whole


def test_the_rest_can_be_written_on_and_the_damaged_removed(path: Path) -> None:
    change(path, "UPDATE frame SET wall_s = 7 WHERE idx = 1")
    store, farm = Store(path), Farm(cores=2.0, memory_mb=1024)
    for job in store.load():
        farm.add(job)
    store.commit(launched(farm, "new"))

    assert store.remove_damaged("nobody") is None
    removed = Store(path).remove_damaged("job")

    assert removed is not None
    assert removed.name == "show-shot-me_job"
    assert inspect(path).is_whole
    with closing(sqlite3.connect(path)) as database:
        for table in OF_JOBS:
            assert database.execute(f"SELECT count(*) FROM {table.name} WHERE job = 1").fetchone() == (0,)  # fmt: skip


def test_jobs_that_wait_for_a_damaged_one_are_held_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "farm.db"
    store, b = Store(path), Bench(other("first"))
    names = ["show-shot-me_second", "show-shot-me_third", "show-shot-me_free"]
    specs = [
        other("second", after=(b.job.name,)),
        other("third", after=(names[0],)),
        other("free"),
    ]
    launching.launch(b.farm, specs, [ids.job_id(n) for n in (5, 6, 7)], b.decision, now=2.0)
    store.commit(b.decide())
    store.close()
    change(path, "UPDATE job SET paused = 1 WHERE pk = 1")

    jobs, aside, reasons = opened(path)

    assert list(jobs) == names[2:]
    assert aside == [b.job.name, *names[:2]]
    assert reasons[1:] == [
        f"it waits for {b.job.name}, which is set aside",
        f"it waits for {names[0]}, which is set aside",
    ]
    Store(path).remove_damaged(b.job.name)
    assert sorted(opened(path)[0]) == sorted(names)


def machine_of(path: Path) -> Farm:
    store, farm = Store(path), Farm(cores=2.0, memory_mb=1024)
    store.load_machine(farm)
    store.close()
    return farm


def test_a_damaged_limit_lets_nothing_run_and_is_told(path: Path) -> None:
    assert machine_of(path).damage_notes == ()
    change(path, "UPDATE limits SET max_value = 300")

    farm = machine_of(path)

    assert farm.limits.by_name["nuke"].max_value == 0
    assert "set them again" in farm.damage_notes[0]
    assert inspect(path).notes == farm.damage_notes


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("DELETE FROM limits", "limits are damaged"),
        ("UPDATE host SET settings = replace(settings, 'fast', 'slow')", "say it again"),
        ("DELETE FROM host", "say it again"),
        ("UPDATE farm_tally SET limits = 4", "count of limits"),
        ("UPDATE made SET inputs = 'others'", "run once more"),
    ],
)
def test_other_damage_that_is_of_no_job_is_told(path: Path, damage: str, words: str) -> None:
    change(path, damage)

    (note,) = inspect(path).notes

    assert words in note
    assert opened(path)[1] == []


def test_a_damaged_note_on_outputs_is_not_believed(path: Path) -> None:
    store = Store(path)
    assert store.find_record("key") is not None
    store.close()
    change(path, "UPDATE made SET inputs = 'others'")

    store = Store(path)

    assert store.find_record("key") is None
    store.close()


# -- the file itself -----------------------------------------------------------------------------


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def test_a_file_that_no_longer_opens_is_replaced_by_what_is_whole(path: Path) -> None:
    before, _, _ = opened(path)
    overwrite(path, 0, b"no head any more" * 6)

    found = inspect(path)
    jobs, aside, _ = opened(path)

    assert found.structure
    assert found.jobs == 3
    assert aside == []
    assert [picture(job) for job in jobs.values()] == [picture(job) for job in before.values()]
    (kept,) = path.parent.glob("farm.db.damaged-*")
    assert kept.read_bytes().startswith(b"no head any more")
    assert path.stat().st_mode & 0o777 == 0o600
    assert inspect(path).is_whole
    farm = machine_of(path)
    assert farm.limits.by_name["nuke"].max_value == 3
    assert [str(kept) in note for note in farm.damage_notes] == [True]


def test_what_was_committed_last_is_saved_from_the_log(path: Path) -> None:
    store = Store(path)
    for job in store.load():
        job.paused = True
        store.commit(Decision(jobs={job.id: job}))
    left = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    store.close()
    path.write_bytes(left[0])
    Path(f"{path}-wal").write_bytes(left[1])
    overwrite(path, 0, bytes(100))

    jobs, aside, _ = opened(path)

    assert aside == []
    assert [job.paused for job in jobs.values()] == [True] * 3


def test_a_salvage_that_was_killed_is_finished_by_the_next_start(path: Path) -> None:
    overwrite(path, 0, bytes(100))
    fresh = path.with_name("fresh")
    salvage.write_salvaged(path, fresh, "torn")
    fresh.rename(salvage.salvaged_path(path))

    jobs, aside, _ = opened(path)

    assert len(jobs) == 3
    assert aside == []
    assert not salvage.salvaged_path(path).exists()
    (kept,) = path.parent.glob("farm.db.damaged-*")
    assert kept.read_bytes()[:100] == bytes(100)


def test_a_file_of_which_nothing_is_left_stays_as_it_is(path: Path) -> None:
    rubbish = b"\xa5" * path.stat().st_size
    path.write_bytes(rubbish)

    with pytest.raises(NothingLeftError, match="restore a backup"):
        Store(path)

    assert path.read_bytes() == rubbish
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_was_emptied_is_not_begun_anew(path: Path) -> None:
    store = Store(path)
    assert store.keep_ballast()
    store.close()
    path.write_bytes(b"")

    with pytest.raises(NothingLeftError, match="it is empty"):
        Store(path)
    with pytest.raises(NothingLeftError, match="it is empty"):
        inspect(path)

    path.unlink()
    assert opened(path) == ({}, [], [])


def test_a_specification_that_is_no_text_is_saved_as_damaged(path: Path) -> None:
    change(path, *DAMAGE["no text"])
    overwrite(path, 0, bytes(100))

    jobs, aside, _ = opened(path)

    assert (aside, len(jobs)) == (["show-shot-me_job"], 2)


def test_half_a_file_is_saved_as_far_as_it_goes(path: Path) -> None:
    names = set(opened(path)[0])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 8192 * 4096])

    jobs, aside, _ = opened(path)

    assert set(jobs) | set(aside) <= names
    assert inspect(path).structure == ""


def test_a_look_at_a_file_changes_neither_it_nor_its_folder(path: Path) -> None:
    overwrite(path, 30, b"\xff")
    before = path.read_bytes()

    inspect(path)

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_in_use_can_be_looked_at(path: Path) -> None:
    store = Store(path)
    store.commit(launched(Farm(cores=2.0, memory_mb=1024), "new"))

    found = inspect(path)

    store.close()
    assert (found.jobs, found.is_whole) == (4, True)


def test_edges_added_while_it_ran_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "farm.db"
    store = Store(path)
    b = Bench(other("waits"))
    (on,) = launching.launch(b.farm, [other("on")], [ids.job_id(5)], b.decision, now=2.0)
    (waits,) = launching.launch(
        b.farm, [other("later", after=(on.name,))], [ids.job_id(6)], b.decision, now=2.0
    )
    store.commit(b.decide())
    store.close()
    assert isinstance(waits.edges[0].spec, EdgeSpec)
    change(path, "DELETE FROM depend")

    assert opened(path)[1] == [waits.name]
