"""Histories of the simulated farm, by the hundred in `make test`, by the thousand in `make crash`."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.world import simulate

ROOT = Path(__file__).resolve().parents[2]
BLOCK = 50
LONG_BLOCK, LONG_SEEDS = 250, 10_000


FOUND = (719, 851, 2230, 3095, 3240, 3306)
"""Seeds beyond the first blocks that have found something."""


@pytest.mark.parametrize("seed", FOUND)
def test_a_history_that_found_something_breaks_no_promise_any_more(seed: int) -> None:
    simulate(seed)


@pytest.mark.parametrize("first", range(0, 300, BLOCK))
def test_no_history_breaks_a_promise(first: int) -> None:
    for seed in range(first, first + BLOCK):
        simulate(seed)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, LONG_SEEDS, LONG_BLOCK))
def test_none_of_ten_thousand_histories_breaks_a_promise(first: int) -> None:
    for seed in range(first, first + LONG_BLOCK):
        simulate(seed)


def test_a_seed_is_a_history_whatever_the_process() -> None:
    histories = {_history(seed=7, hash_seed=hash_seed) for hash_seed in ("1", "2")}

    assert len(histories) == 1


def _history(*, seed: int, hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", str(seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) > 20
    return hashlib.sha256(done.stdout).hexdigest()


def test_histories_know_every_fault_and_get_work_done() -> None:
    """A simulation in which nothing happens finds nothing."""
    happened: dict[str, int] = {}
    for seed in range(40):
        world = simulate(seed)
        for kind, count in world.kinds.items():
            happened[kind] = happened.get(kind, 0) + count
        happened["runs"] = happened.get("runs", 0) + len(world.started)
        happened["commits"] = happened.get("commits", 0) + world.disk.commits
        happened["in lanes"] = happened.get("in lanes", 0) + world.in_lanes

    assert happened["runs"] > 400
    assert happened["commits"] > 500
    assert happened["in lanes"] > 10
    for fault in ("crash_farm", "crash_resident", "crash_both", "crash_in_commit", "crash_in_act"):
        assert happened[fault] > 4, fault
    for fault in ("commit_fails", "disk_fills", "reboot", "drop_link", "stop_farm", "jump"):
        assert happened[fault] > 4, fault
