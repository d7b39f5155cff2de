"""R5: whatever a power loss leaves of unsynced writes, no acknowledged commit is lost, none is half."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cuelet.core.check import check
from cuelet.core.state.farm import Farm
from cuelet.core.values.states import RUNNING
from cuelet.store.store import Store
from tests.conftest import SRC
from tests.crash import scale
from tests.crash.power_disk import CALLS, Disk, File, Op, read_trace
from tests.crash.power_workload import fingerprint, fingerprint_of

ROOT = SRC.parent
COMMITS = 300


def trace_work(tmp_path: Path, seed: int) -> list[Op]:
    """Let the workload run under strace; return everything it did to its folder, and said."""
    folder, trace = tmp_path / "farm", tmp_path / "trace"
    folder.mkdir()
    strace = [
        "strace",
        "-qq",
        "-y",
        "-xx",
        "-s",
        "10000000",
        "-o",
        str(trace),
        "-e",
        f"trace={CALLS}",
    ]
    work = [
        sys.executable,
        "-m",
        "tests.crash.power_workload",
        str(folder),
        str(seed),
        str(COMMITS),
    ]
    subprocess.run(
        [*strace, *work],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return [op for op in read_trace(trace, folder) if "mmap" not in op.kind or op.name]


def images(
    ops: list[Op], how_many: int, chance: random.Random
) -> Iterator[tuple[int, int, dict[str, bytes]]]:
    """Yield what may be left after an operation, with its number and that of the last acknowledged commit."""
    points = Counter(spread(ops, how_many, chance))
    disk, acked = Disk(), 0
    for number, op in enumerate(ops):
        disk.do(op)
        acked += op.kind == "say"
        for _ in range(points[number]):
            yield number, acked, disk.image(chance)


def spread(ops: list[Op], how_many: int, chance: random.Random) -> list[int]:
    """Choose moments: each as often as any other, half of them around what is not a mere append."""
    rare = [n for n, op in enumerate(ops) if op.name != "farm.db-wal" and op.kind != "say"]
    everywhere = list(range(len(ops)))
    chosen: list[int] = []
    for among, part in ((rare, how_many // 2), (everywhere, how_many - how_many // 2)):
        rounds, rest = divmod(part, len(among))
        chosen += among * rounds + chance.sample(among, rest)
    return chosen


def recover(folder: Path, files: dict[str, bytes]) -> str:
    """Open what was left, check it, and return the fingerprint of the farm in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    store, farm = Store(folder / "farm.db"), Farm(cores=1e3, memory_mb=10**6)
    try:
        found = fingerprint_of(store, farm)
        assert check_stored(farm) == []
        assert store._log_note == ""  # what a power loss cuts off is no damage
        assert store._database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store._database.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        store.close()
    return found


def check_stored(farm: Farm) -> list[str]:
    """Return what is wrong with a farm just loaded, once its running frames hold their cores."""
    for job in farm.jobs.values():
        for layer in job.layers:
            for index in job.frames_in(layer, frozenset({RUNNING})):
                farm.reserve(job, index)
    return check(farm)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_every_image_of_a_power_loss_holds_what_was_acknowledged(tmp_path: Path) -> None:
    chance = scale.chance("power")
    ops = trace_work(tmp_path, chance.randrange(10**6))
    said = [op.data.decode().split() for op in ops if op.kind == "say"]
    assert [int(number) for _, number, _ in said] == list(range(1, COMMITS + 1))
    states = [fingerprint([]), *(digest for _, _, digest in said)]
    how_many = scale.count(quick=150, full=2000)

    differing = 0
    for number, acked, files in images(ops, how_many, chance):
        found = recover(tmp_path / "image", files)
        where = f"after operation {number} ({ops[number].kind} of {ops[number].name})"
        assert found in states[acked : acked + 2], f"{where}: not commit {acked} or the next"
        differing += found != states[acked]

    assert differing, "no image caught a commit on its way: the images prove nothing"
    scale.record(
        "R5", images=how_many, operations=len(ops), commits=COMMITS, unacknowledged=differing
    )


def test_the_disk_forgets_what_was_not_synced_and_nothing_else() -> None:
    disk = Disk()
    for op in (
        Op("create", "a"),
        Op("write", "a", 0, b"1" * 1024),
        Op("sync", "a"),
        Op("sync", ""),
        Op("write", "a", 512, b"2" * 1024),
        Op("create", "b"),
    ):
        disk.do(op)

    found = [disk.image(random.Random(seed)) for seed in range(100)]

    assert {tuple(sorted(files)) for files in found} == {("a",), ("a", "b")}
    assert {files["a"] for files in found} == {
        b"1" * 1024,
        b"1" * 512 + b"2" * 1024,
        b"1" * 512 + b"2" * 512,
        b"1" * 512 + b"1" * 512 + b"2" * 512,
    }


def test_a_file_cut_and_written_again_has_no_old_bytes() -> None:
    file = File(b"old" * 400, [Op("truncate", "f", 3), Op("write", "f", 5, b"new")])

    assert {file.image(random.Random(seed)) for seed in range(100)} >= {
        b"old\0\0new",
        b"old" * 400,
        b"old",
    }
