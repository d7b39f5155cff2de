"""Records of what people set up: kept, changed, forgotten, and missed when they are damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from cuelet.core.operations import requests
from cuelet.core.operations.history import forget
from cuelet.core.operations.site import settings
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.setup.kinds import KINDS
from cuelet.core.state.setup.record import Record
from cuelet.core.values.errors import NotFoundError
from cuelet.store.store import Store
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import Bench, spec_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Record):
    KIND: ClassVar[str] = "test_place"
    name: str = ""
    seats: int = 0
    share: float = 1.5
    rows: tuple[tuple[str, int], ...] = ()


FIRST = Place(id="a", name="ä", seats=3, rows=(("x", 1), ("y", 2)))


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, Place.KIND, Place)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"


def _farm() -> Farm:
    return Farm(cores=2.0, memory_mb=1024)


def _commit(path: Path, *changes: Record, gone: tuple[Record, ...] = ()) -> None:
    with closing(Store(path)) as store:
        farm, decision = _farm(), Decision()
        store.load_machine(farm)
        for record in changes:
            farm.records.put(record, decision)
        for record in gone:
            farm.records.remove(record, decision)
        store.commit(decision)


def _loaded(path: Path) -> Farm:
    with closing(Store(path)) as store:
        farm = _farm()
        store.load_machine(farm)
        return farm


def test_they_come_back_as_they_were(path: Path) -> None:
    _commit(path, FIRST, Place(id="b"))
    farm = _loaded(path)
    assert farm.records.get(Place, "a") == FIRST
    assert {place.id for place in farm.records.all(Place)} == {"a", "b"}
    assert farm.damage_notes == ()


def test_a_changed_one_takes_the_place_of_the_old_and_a_removed_one_is_gone(path: Path) -> None:
    _commit(path, FIRST, Place(id="b"))
    _commit(path, replace(FIRST, seats=4), gone=(Place(id="b"),))
    farm = _loaded(path)
    assert [place.seats for place in farm.records.all(Place)] == [4]
    assert farm.records.find(Place, "b") is None
    with pytest.raises(NotFoundError, match="test place 'b'"):
        farm.records.get(Place, "b")


def test_fields_of_other_versions_are_passed_over_or_get_their_default() -> None:
    assert Place.from_data("a", {"name": "n", "invented_later": 1}) == Place(id="a", name="n")


DAMAGES = (
    "UPDATE record SET value = '{\"seats\": 99}' WHERE id = 'a'",
    "DELETE FROM record WHERE id = 'a'",
    "DELETE FROM record WHERE kind = ''",
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_one_that_is_damaged_or_gone_is_not_believed_and_told(path: Path, damage: str) -> None:
    _commit(path, FIRST, Place(id="b"))
    with closing(sqlite3.connect(path)) as database:
        database.execute(damage)
        database.commit()
    farm = _loaded(path)
    assert farm.records.find(Place, "a") in (None, FIRST)
    assert any("of what was set up" in note for note in farm.damage_notes)


def test_what_is_set_of_a_job_and_its_layers_is_theirs_again_and_goes_with_them(path: Path) -> None:
    bench = Bench(spec_of(LayerSpec(name="main", command="x"), LayerSpec(name="more", command="x")))
    job, layer = bench.job, bench.job.layers[1]
    settings.set_of_job(bench.farm, job, bench.decision, max_gpus=3)
    settings.set_of_layer(bench.farm, job, layer, bench.decision, timeout_s=60, max_gpus=2)
    settings.set_checkpoint(bench.farm, job, 1, 3, bench.decision)
    with closing(Store(path)) as store:
        store.commit(bench.decide())

    farm, (again,) = _with_jobs(path)

    assert again.settings == job.settings
    assert [each.settings for each in again.layers] == [None, layer.settings]
    assert settings.frame_settings(farm, again, 1).checkpoint == 3

    with closing(Store(path)) as store:
        loaded, decision = _farm(), Decision()
        store.load_machine(loaded)
        for each in store.load():
            loaded.add(each)
        requests.kill_job(loaded, loaded.jobs[job.id], decision, now=5.0)
        forget(loaded, [job.id], decision, before=9.0)
        store.commit(decision)
    farm, none = _with_jobs(path)
    assert none == []
    assert [each for each in farm.records if each.id[:24] == job.id[:24]] == []


def _with_jobs(path: Path) -> tuple[Farm, list[Job]]:
    with closing(Store(path)) as store:
        farm = _farm()
        store.load_machine(farm)
        jobs = list(store.load())
    for job in jobs:
        farm.add(job)
    return farm, jobs
