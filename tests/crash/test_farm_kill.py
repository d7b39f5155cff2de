"""kill -9 of the farm, alone or with its runner, at any moment: nothing lost, nothing run twice."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FarmBox, wait_until
from tests.crash import scale
from tests.crash.driver import (
    again_recorded,
    announced,
    attempts_logged,
    facts,
    frame_argv,
    holder,
    kill_processes,
    kill_server,
    launch,
    make_runs,
    noted,
    resident,
    server_command,
    start_server,
    strangers,
    watching,
)


@pytest.fixture
def runs(farm: FarmBox) -> Path:
    """Return the folder in which frames note what they do."""
    return make_runs(farm)


@pytest.mark.slow
def test_every_frame_runs_once_while_the_farm_is_killed_and_watched(
    farm: FarmBox, runs: Path
) -> None:
    chance = scale.chance("watched")
    work = {"cores": 0.25, "argv": frame_argv(runs, 0.25)}
    until_told = f'while ! test -e {runs}/go; do sleep 0.05; done; exec "$@"'
    movie = {**work, "argv": ["/bin/sh", "-c", until_told, "sh", *frame_argv(runs, 0.1)]}
    job = launch(
        farm,
        {"render": {**work, "range": "1-100"}, "comp": {**work, "range": "1-40"}, "movie": movie},
        [
            {"layer": "comp", "on": "render", "type": "FRAME_BY_FRAME"},
            {"layer": "movie", "on": "comp", "type": "LAYER_ON_LAYER"},
        ],
    )

    with watching(farm, job) as (watch, shown):
        wait_until(shown.read_text)  # it has found the job
        for _ in range(2):
            # Nobody else starts the farm, so that as many looks of watch fail as there are kills:
            # fewer than it bears, on a machine however slow.
            for _ in range(3):
                wait_until(lambda: announced(farm))
                time.sleep(chance.uniform(0.0, 0.5))
                farm.kill()
            assert farm.cuelet("pause", job).returncode == 0
            wait_until(lambda: shown.read_text().endswith(", paused\n"))
            assert farm.cuelet("resume", job).returncode == 0
            wait_until(lambda: shown.read_text().endswith(" running\n"))
        (runs / "go").touch()
        watch.wait(timeout=120)
    out, err = (farm.home / "watch.out").read_text(), shown.read_text()

    assert watch.returncode == 0, out + err
    assert "141 frames succeeded" in out
    assert noted(runs, "overlaps") == {}
    seen = facts(farm, job)
    assert {one["state"] for one in seen.values()} == {"SUCCEEDED"}
    assert {one["exit_status"] for one in seen.values()} == {0}
    assert noted(runs, "started") == noted(runs, "ended") == Counter(dict.fromkeys(seen, 1))
    assert strangers(farm) == set()


@pytest.mark.slow
def test_a_farm_killed_while_it_starts_recovers_the_next_time(farm: FarmBox, runs: Path) -> None:
    chance = scale.chance("starting")
    work = {"cores": 0.25, "argv": frame_argv(runs, 0.3)}
    job = launch(farm, {"render": {**work, "range": "1-40"}})
    farm.kill()

    for _ in range(6):
        with subprocess.Popen(
            server_command(farm), env=farm.env, stderr=subprocess.DEVNULL
        ) as server:
            wait_until(lambda: holder(farm) == server.pid)
            time.sleep(chance.uniform(0.0, 0.4))
            server.kill()

    wait_until(lambda: farm.json("show", job)["state"] == "finished")
    assert noted(runs, "overlaps") == {}
    seen = facts(farm, job)
    assert noted(runs, "started") == noted(runs, "ended") == Counter(dict.fromkeys(seen, 1))


def test_a_running_frame_survives_the_farm_and_its_exit_is_recorded(
    farm: FarmBox, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    wait = f"while ! test -e {go}; do sleep 0.02; done; exit 7"
    job = launch(farm, {"long": {"argv": ["/bin/sh", "-c", wait], "retries": 0}})
    (before,) = wait_until(lambda: [f for f in facts(farm, job).values() if f["pid"]])
    farm.kill()
    farm.start()
    during = facts(farm, job)["0001-long"]
    farm.kill()

    go.touch()
    wait_until(lambda: not Path(f"/proc/{before['pid']}/cwd").exists())

    after = facts(farm, job)["0001-long"]
    assert (during["state"], during["attempt"]) == ("RUNNING", 1)
    assert (after["state"], after["attempt"]) == ("DEAD", 1)
    assert (after["exit_status"], after["exit_signal"]) == (7, 0)


def test_a_frame_that_is_being_killed_when_the_farm_dies_ends_dead_once(
    farm: FarmBox, runs: Path
) -> None:
    job = launch(farm, {"main": {"argv": frame_argv(runs, 600), "range": "1-2"}})
    wait_until(lambda: noted(runs, "started").total() == 2)

    farm.cuelet("kill", job, "--frames", "1")
    farm.kill()

    wait_until(lambda: farm.json("show", job)["dead"] == 1)
    seen = facts(farm, job)
    assert [seen[name]["state"] for name in ("0001-main", "0002-main")] == ["DEAD", "RUNNING"]
    assert noted(runs, "started").total() == 2


class Both:
    """Kills the farm and its runner together, in any order, at a random moment of their work."""

    def __init__(self, farm: FarmBox) -> None:
        self._farm, self._chance = farm, scale.chance("both")
        self.server = start_server(farm)
        self.kills = 0

    def strike(self) -> None:
        wait_until(lambda: announced(self._farm) and resident(self._farm))
        time.sleep(self._chance.uniform(0.0, 0.7))
        victims = [self.server.pid, resident(self._farm)]
        self._chance.shuffle(victims)
        kill_processes(victims)
        self.server.wait()
        self.kills += 1
        self.server = start_server(self._farm)


@pytest.mark.slow
def test_farm_and_runner_killed_together_lose_each_attempt_once_and_overlap_never(
    farm: FarmBox, runs: Path
) -> None:
    kills = scale.count(quick=4, full=50)
    # The long ones outlast a restart, so that survivors of the runner are there when it is replaced.
    long, short = (
        {"cores": 0.25, "argv": frame_argv(runs, seconds), "retries": 3 * kills}
        for seconds in (1.5, 0.3)
    )
    ranges = {"long": {**long, "range": f"1-{3 * kills}"}, "short": {**short, "range": "1-40"}}
    job = launch(farm, ranges)
    farm.kill()
    both = Both(farm)

    try:
        for _ in range(kills):
            both.strike()
        wait_until(lambda: farm.json("show", job)["state"] == "finished", 150)
        seen = facts(farm, job)
        assert noted(runs, "overlaps") == {}
        assert set(noted(runs, "ended")) == set(seen)
        assert strangers(farm) == set()
    finally:
        kill_server(both.server)
    recorded = again_recorded(farm)
    for name, one in seen.items():
        check_losses(farm, runs, name, one, recorded[name])
    lost = sum(recorded.values())
    assert lost >= kills, "kills that lost nothing prove nothing"
    scale.record("R3", frames=len(seen), kills=both.kills, lost=lost)


def check_losses(farm: FarmBox, runs: Path, name: str, one: dict[str, Any], recorded: int) -> None:
    """Compare the attempts of a frame with its logs, and with the losses that were recorded."""
    logged = attempts_logged(farm, name)
    assert len(logged) == len(set(logged)), f"{name}: an attempt ran twice: {logged}"
    assert logged[-1] == one["attempt"]
    assert noted(runs, "started")[name] <= len(logged)
    # Its first process may have been lost before it had a log, or not have been started at all.
    assert len(logged) - 1 <= recorded <= one["attempt"] - 1
    assert (one["state"], one["exit_status"]) == ("SUCCEEDED", 0)


def test_a_frame_that_ran_when_the_power_failed_is_lost_although_its_record_is_gone(
    farm: FarmBox, runs: Path
) -> None:
    job = launch(farm, {"main": {"argv": frame_argv(runs, 600), "retries": 0}})
    (before,) = wait_until(lambda: [f for f in facts(farm, job).values() if f["pid"]])
    kill_processes([holder(farm), resident(farm), *farm.processes()])
    wait_until(lambda: not farm.processes())

    # What the machine keeps of a power loss: the database, perhaps not the runner's journal.
    (farm.state_dir / "runner" / "runs.journal").unlink()
    (farm.state_dir / "boot").write_text("another-boot")
    farm.start()

    (after,) = wait_until(lambda: [f for f in facts(farm, job).values() if f["pid"]])
    assert before["attempt"] == 1
    assert (after["attempt"], after["exit_status"]) == (2, 301)
    farm.kill()
    assert again_recorded(farm) == {"0001-main": 1}
    farm.start()
