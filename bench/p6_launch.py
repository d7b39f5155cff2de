"""P6: launching 100,000 frames into the farm until the reply, which is durable."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from big_jobs import paused_spec
from harness import Figure, alternate, at_most, elapsed_s, spread
from private_farm import Farm

EXPLAIN = {
    "P6": "`launchSpecAndWait` of 10 layers that make 100,000 frames, frame by frame on each other, on a running farm, until its reply. Peer: inserting 100,000 rows of a few columns into SQLite (WAL, synchronous=FULL) in one transaction; the farm keeps rows only of frames that ran.",
    "P6-limit": "The same against the fixed limit.",
}
_SIZES = (1_000, 10_000, 100_000)


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    with Farm() as farm:
        taken = alternate(
            {f"{size}": lambda size=size: _launch_s(size) for size in _SIZES}
            | {"rows": lambda: _insert_s(farm.home, _SIZES[-1])},
            rounds,
        )
    largest = taken[f"{_SIZES[-1]}"]
    curve = {"curve": {f"{size}": spread(taken[f"{size}"]) for size in _SIZES}}
    what = "launch 100,000 frames until the reply"
    bare = at_most(3.0, "under 3 x the bare insert")
    yield Figure("P6", what, "s", largest, "100,000 rows into SQLite", taken["rows"], bare, curve)
    yield Figure("P6-limit", what, "s", largest, target=at_most(2.0, "under 2 s"))


def _launch_s(frames: int) -> float:
    import opencue

    spec = paused_spec(frames)
    jobs: list[object] = []
    took = elapsed_s(lambda: jobs.extend(opencue.api.launchSpecAndWait(spec)))
    jobs[0].kill(reason="benchmark")  # type: ignore[attr-defined]
    return took


def _insert_s(home: Path, rows: int) -> float:
    with tempfile.TemporaryDirectory(dir=home) as folder:
        database = sqlite3.connect(f"{folder}/rows.db", isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE frame (id INTEGER PRIMARY KEY, layer, number, state)")
        took = elapsed_s(lambda: _insert(database, rows))
        database.close()
    return took


def _insert(database: sqlite3.Connection, rows: int) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany(
        "INSERT INTO frame VALUES (?, ?, ?, ?)", ((n, n % 10, n, 0) for n in range(rows))
    )
    database.execute("COMMIT")
