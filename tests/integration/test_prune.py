"""What ended long ago is forgotten when somebody says so; what is pending never is."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import opencue
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec, sh


def launch(name: str, **layer: Any) -> opencue.wrappers.job.Job:
    layer.setdefault("argv", ["true"])
    (job,) = opencue.api.launchSpecAndWait(job_spec({"main": layer}, name=name))
    return job


def ended(job: opencue.wrappers.job.Job) -> bool:
    return opencue.api.getJob(job.id()).state() == opencue.api.job_pb2.FINISHED


def log_folder(farm: FarmBox, job: opencue.wrappers.job.Job) -> Path:
    (found,) = (farm.state_dir / "logs").glob(f"*/*/logs/*--{job.id()}")
    return found


def test_ended_jobs_go_with_their_logs_and_pending_ones_stay(
    client: FarmBox, tmp_path: Path
) -> None:
    done, busy = launch("done", range="1-3"), launch("busy", argv=sh("sleep 600"))
    wait_until(lambda: ended(done) and opencue.api.getJob(busy.id()).runningFrames())
    stray = log_folder(client, done).with_name("forgotten-before--1234")
    stray.mkdir()
    os.utime(stray, (0, 0))
    elsewhere = tmp_path / "elsewhere" / "x--5678"
    elsewhere.mkdir(parents=True)
    os.utime(elsewhere, (0, 0))
    (stray.parent / "linked--5678").symlink_to(elsewhere)

    dry = client.cuelet("farm", "prune", "--older-than", "0s", "--logs", "--dry-run")
    assert "would forget: 1 job of 3 frames, and 2 folders of logs" in dry.stdout
    assert "database" in dry.stderr
    assert len(client.json("jobs", "--all")) == 2
    assert client.cuelet("farm", "prune", "--older-than", "0s", "--logs").returncode == 2

    folder = log_folder(client, done)
    assert "forgot: 0 jobs" not in client.cuelet("farm", "prune", "--older-than", "1h").stdout
    assert len(client.json("jobs", "--all")) == 2
    told = client.cuelet("farm", "prune", "--older-than", "0s", "--logs", "--yes", "--json")

    assert json.loads(told.stdout)["forgotten"] == [done.name()]
    assert [job["id"] for job in client.json("jobs", "--all")] == [busy.id()]
    assert not folder.exists()
    assert not stray.exists()
    assert elsewhere.exists(), "a link led out of the state directory"
    assert log_folder(client, busy).exists()
    client.kill()
    client.start()
    opencue.Cuebot.closeChannel()
    assert [job["id"] for job in client.json("jobs", "--all")] == [busy.id()]


def test_without_logs_only_the_farm_forgets(client: FarmBox) -> None:
    done = launch("done")
    wait_until(lambda: ended(done))
    folder = log_folder(client, done)

    told = client.cuelet("farm", "prune", "--older-than", "0s", "--yes")

    assert "forgot: 1 job of 1 frame" in told.stdout
    assert client.json("jobs", "--all") == []
    assert folder.exists()
    launch("done")


def test_an_age_nobody_understands_is_refused(farm: FarmBox) -> None:
    done = farm.cuelet("farm", "prune", "--older-than", "soon", "--yes")

    assert done.returncode == 2
    assert "30d" in done.stderr


def test_the_sizes_are_shown_whether_the_farm_runs_or_not(client: FarmBox) -> None:
    done = launch("done", argv=sh("head -c 3000000 /dev/zero"))
    wait_until(lambda: ended(done))

    said = client.cuelet("farm", "status").stdout
    assert "disk       database" in said
    sizes = client.json("farm", "status")["sizes"]
    assert sizes["logs"]["size_bytes"] >= 3_000_000
    assert sizes["database"]["size_bytes"] > 0
    client.cuelet("farm", "stop")
    assert "logs 3 MB" in client.cuelet("farm", "status").stdout


def test_many_jobs_are_forgotten_while_the_farm_answers(client: FarmBox) -> None:
    for number in range(30):
        launch(f"job{number}", range="1-3000", argv=["true"]).kill()
    wait_until(lambda: all(ended(job) for job in opencue.api.getJobs(include_finished=True)))
    before = time.time()

    gone = opencue.farm.call("Prune", before=before)["jobs"]

    assert len(gone) == 30
    assert opencue.api.getJobs(include_finished=True) == []
