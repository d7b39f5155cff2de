"""The work whose power losses are imagined: commits, checkpoints and restarts of a real `Store`.

Run as ``python -m tests.crash.power_workload FOLDER SEED COMMITS``. Every commit is acknowledged
on standard output with a fingerprint of all that a restart must bring back.
"""

from __future__ import annotations

import os
import random
import sys
from hashlib import sha256
from pathlib import Path

from cuelet.core.operations import launching
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.store.store import Store
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec
from tests.unit.core.bench import Bench, spec_of
from tests.unit.store.test_store import OP_NAMES, act, picture

CHECKPOINT_PAGES = 40
"""Pages of the log after which it is written back: far fewer than usual, to see many of them."""
JOB_EVERY = 40
"""Commits after which a further job is launched."""
REOPEN_EVERY = 150
"""Commits after which the store is closed and opened again, as when the farm is restarted."""


def job_spec(number: int) -> JobSpec:
    return spec_of(
        LayerSpec(
            name="main", command="true", range="1-40", env={"PAD": "x" * (500 * number % 9000)}
        ),
        LayerSpec(name="then", command="true", range="1-40", retries=2),
        LayerSpec(name="clean", command="true"),
        edges=(EdgeSpec(layer="then", on="main"), EdgeSpec(layer="clean", on="then")),
        name=f"show-shot-me_job{number}",
    )


def open_store(path: Path) -> Store:
    store = Store(path)
    store._database.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    return store


def fingerprint(jobs: list[Job]) -> str:
    """Return what tells one state of the farm from every other."""
    return sha256(repr([picture(job) for job in jobs]).encode()).hexdigest()[:16]


def fingerprint_of(store: Store, farm: Farm) -> str:
    """Return the fingerprint of what a store holds, loaded into a farm."""
    for job in store.load():
        farm.add(job)
    return fingerprint(list(farm.jobs.values()))


def work(folder: Path, seed: int, commits: int) -> None:
    """Commit random decisions, and acknowledge each once it is durable."""
    chance = random.Random(seed)
    path = folder / "farm.db"
    store = open_store(path)
    b = Bench(job_spec(0), cores=8.0)
    jobs = [b.job]
    for number in range(1, commits + 1):
        b.now += 1.0
        b.job = chance.choice(jobs)
        for _ in range(chance.randint(1, 6)):
            act(b, chance.choice(OP_NAMES), chance.randrange(1000))
        if number % JOB_EVERY == 0:
            spec, job_id = job_spec(len(jobs)), ids.job_id(len(jobs) + 1)
            jobs += launching.launch(b.farm, [spec], [job_id], b.decision, now=b.now)
        store.commit(b.decide())
        os.write(1, f"ack {number} {fingerprint(jobs)}\n".encode())
        if number % REOPEN_EVERY == 0:
            store.close()
            store = open_store(path)
            list(store.load())
    store.close()


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
