"""R21: one bit of the database changes, wherever it lies; at most one job is set aside, by name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cuelet.store.inspection import inspect
from cuelet.store.store import Store
from tests.conftest import SRC
from tests.crash import scale
from tests.unit.store.test_store import picture

COMMITS = 300


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a database in which eight jobs have been at work."""
    folder = tmp_path_factory.mktemp("grown")
    work = [sys.executable, "-m", "tests.crash.power_workload", str(folder), "7", str(COMMITS)]
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    subprocess.run(work, cwd=SRC.parent, env=env, stdout=subprocess.DEVNULL, check=True)
    return (folder / "farm.db").read_bytes()


def seen_in(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return every whole job, and the names of those set aside, as a farm that starts sees them."""
    store = Store(path)
    try:
        jobs = {job.name: repr(picture(job)) for job in store.load()}
        return jobs, [job.name for job in store.set_aside]
    finally:
        store.close()


def test_a_changed_bit_costs_at_most_one_job_and_changes_none(grown: bytes, tmp_path: Path) -> None:
    chance = scale.chance("bits")
    path = tmp_path / "farm" / "farm.db"
    before, _ = seen_in(written(path, grown))
    how_many, outcomes = scale.count(quick=60, full=2000), Counter[str]()

    for _ in range(how_many):
        bit = chance.randrange(len(grown) * 8)
        where = f"bit {bit % 8} of byte {bit // 8}"
        changed = bytearray(grown)
        changed[bit // 8] ^= 1 << bit % 8
        found = inspect(written(path, bytes(changed)))
        jobs, aside = seen_in(path)

        assert jobs == {name: before[name] for name in before if name not in aside}, where
        assert len(aside) <= 1, where
        assert [job.name for job in found.set_aside] == aside, where
        assert inspect(path).structure == "", f"{where}: what the farm goes on with is damaged"
        outcomes["set aside" if aside else "harmless"] += 1
        outcomes["new file"] += any("damaged" in each.name for each in path.parent.iterdir())

    assert outcomes["set aside"]
    assert outcomes["harmless"]
    scale.record("R21", flips=how_many, bytes=len(grown), **outcomes)


def written(path: Path, data: bytes) -> Path:
    """Write a database into a folder of its own."""
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    path.write_bytes(data)
    return path
