"""R4: a second farm on the same folder is refused and told by whom; on the same port it takes another."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

import pytest

from cuelet.server import EXIT_HELD
from tests.conftest import FarmBox, make_box, wait_until
from tests.crash import scale
from tests.crash.driver import announced, kill_server, server_command, start_server

GENEROUS_S = 30.0


def refused(farm: FarmBox, folder: Path) -> float:
    """Start a second farm on a folder and check what it says; return how long it took."""
    before = (farm.info, sorted(farm.processes()))
    began = time.monotonic()
    done = subprocess.run(
        server_command(farm, "--state-dir", str(folder)),
        env=farm.env,
        capture_output=True,
        text=True,
        timeout=GENEROUS_S,
    )
    took_s = time.monotonic() - began
    assert done.returncode == EXIT_HELD == 3
    assert f"a farm runs here already (process {farm.info['pid']})" in done.stderr
    assert (farm.info, sorted(farm.processes())) == before
    return took_s


def test_a_second_farm_on_the_folder_is_refused_by_any_of_its_names(
    farm: FarmBox, tmp_path: Path
) -> None:
    alias = tmp_path / "alias"
    alias.symlink_to(farm.state_dir)
    names = [farm.state_dir, alias, farm.state_dir / ".." / "state"]

    tries = scale.count(quick=4, full=100)
    took_s = [refused(farm, names[number % len(names)]) for number in range(tries)]

    assert farm.json("farm", "status")["running"]
    scale.record(
        "R4",
        tries=tries,
        median_s=round(statistics.median(took_s), 2),
        longest_s=round(max(took_s), 2),
    )


def test_the_command_says_who_holds_the_folder(farm: FarmBox) -> None:
    done = farm.cuelet("farm", "start", "--foreground")

    assert done.returncode == EXIT_HELD
    assert f"process {farm.info['pid']}" in done.stderr


@pytest.mark.slow
def test_of_farms_started_at_once_one_holds_the_folder(box: FarmBox) -> None:
    for _ in range(scale.count(quick=2, full=20)):
        servers = [start_server(box) for _ in range(4)]
        try:
            wait_until(lambda servers=servers: sum(one.poll() is None for one in servers) == 1)
            (winner,) = (one for one in servers if one.poll() is None)
            wait_until(lambda: announced(box))
            assert box.info["pid"] == winner.pid
            assert [one.returncode for one in servers if one is not winner] == [EXIT_HELD] * 3
        finally:
            for one in servers:
                kill_server(one)


def test_a_port_that_is_taken_is_left_to_its_holder(farm: FarmBox, tmp_path: Path) -> None:
    other = make_box(tmp_path / "other")
    other.home.mkdir()
    port = farm.info["address"].rpartition(":")[2]

    for _ in range(scale.count(quick=1, full=5)):
        other_farm = subprocess.Popen(
            server_command(other, "--port", port), env=other.env, stderr=subprocess.DEVNULL
        )
        wait_until(lambda: announced(other))
        assert other.info["address"] != farm.info["address"]
        for box in (farm, other):
            answer = box.cuelet("farm", "status", "--json")
            assert f'"pid": {box.info["pid"]}' in answer.stdout
        kill_server(other_farm)
    assert other.close() == []
