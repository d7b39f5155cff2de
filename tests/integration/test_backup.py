"""A backup taken while the farm works brings the same jobs back."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec, sh


def launch(name: str, **layer: Any) -> str:
    layer.setdefault("argv", ["true"])
    (job,) = opencue.api.launchSpecAndWait(job_spec({"main": layer}, name=name))
    return job.id()


def finished(job_id: str) -> bool:
    return opencue.api.getJob(job_id).state() == opencue.api.job_pb2.FINISHED


def jobs_of(farm: FarmBox) -> list[dict[str, Any]]:
    listed = farm.json("jobs", "--all")
    for job in listed:
        job.pop("age_s", None)
    return sorted(listed, key=lambda job: job["id"])


def restore(farm: FarmBox, copy: Path) -> None:
    """Do what the how-to page says."""
    farm.cuelet("farm", "stop")
    script = f"cd {farm.state_dir} && rm -f farm.db farm.db-wal farm.db-shm && install -m 600 {copy} farm.db"
    assert os.system(script) == 0


def test_what_was_backed_up_comes_back_after_the_state_was_wiped(
    client: FarmBox, tmp_path: Path
) -> None:
    done = launch("done", argv=sh("exit 0"), range="1-3")
    dead = launch("dead", argv=sh("exit 3"), retries=0)
    wait_until(lambda: finished(done))
    wait_until(lambda: opencue.api.getJob(dead).deadFrames())
    busy = launch("busy", argv=sh("sleep 600"), range="1-2")
    wait_until(lambda: opencue.api.getJob(busy).runningFrames() == 2)
    opencue.api.getJob(busy).pause()
    before = jobs_of(client)
    copy = tmp_path / "copies" / "farm.backup"
    copy.parent.mkdir()

    done_backup = client.cuelet("farm", "backup", str(copy))
    launch("later")
    client.cuelet("kill", busy)
    wait_until(lambda: finished(busy))

    assert done_backup.returncode == 0, done_backup.stderr
    assert copy.stat().st_mode & 0o777 == 0o600
    assert list(copy.parent.iterdir()) == [copy]
    restore(client, copy)
    client.start()
    opencue.Cuebot.closeChannel()
    after = jobs_of(client)
    assert [job["name"] for job in after] == [job["name"] for job in before]
    assert [job["dead"] for job in after] == [job["dead"] for job in before]
    # What ran at the time of the backup does not any more: it waits, as its job is paused.
    assert [job["running"] for job in before] != [job["running"] for job in after] == [0, 0, 0]
    client.cuelet("kill", busy)


def test_no_farm_is_needed_and_none_is_started(client: FarmBox, tmp_path: Path) -> None:
    job = launch("done")
    wait_until(lambda: finished(job))
    client.kill()
    copy = tmp_path / "copy"

    done = client.cuelet("farm", "backup", str(copy), "--json")

    assert json.loads(done.stdout)["size_bytes"] == copy.stat().st_size
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT id FROM job").fetchall() == [(job,)]
    assert client.cuelet("farm", "status").returncode == 3


@pytest.mark.parametrize("running", [True, False])
def test_a_file_that_is_there_is_replaced_only_when_told_to(
    box: FarmBox, tmp_path: Path, running: bool
) -> None:
    box.start()
    if not running:
        box.cuelet("farm", "stop")
    copy = tmp_path / "precious"
    copy.write_text("mine")

    refused = box.cuelet("farm", "backup", str(copy))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert copy.read_text() == "mine"
    assert box.cuelet("farm", "backup", str(copy), "--force").returncode == 0

    assert copy.read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize("running", [True, False])
def test_what_is_no_file_is_not_replaced(box: FarmBox, tmp_path: Path, running: bool) -> None:
    box.start()
    if not running:
        box.cuelet("farm", "stop")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    refused = box.cuelet("farm", "backup", str(pipe), "--force")

    assert refused.returncode == 1
    assert refused.stderr.endswith("it is no file; choose another place\n")
    assert pipe.is_fifo()
    assert list(tmp_path.glob(".*pipe*")) == []


def test_a_place_that_cannot_be_written_is_named(client: FarmBox, tmp_path: Path) -> None:
    done = client.cuelet("farm", "backup", str(tmp_path / "nowhere" / "copy"))

    assert done.returncode == 1
    assert "nowhere" in done.stderr
    with pytest.raises(opencue.CueException, match="absolute"):
        opencue.farm.call("Backup", path="relative")


def test_a_backup_under_load_is_whole_and_the_farm_goes_on(client: FarmBox, tmp_path: Path) -> None:
    stream = launch("stream", range="1-300", cores=0.1)
    copies = []
    while not finished(stream):
        copy = tmp_path / f"copy{len(copies)}"
        assert opencue.farm.call("Backup", path=str(copy))["size_bytes"] > 0
        copies.append(copy)

    assert len(copies) > 1
    seen = []
    for copy in copies:
        with closing(sqlite3.connect(copy)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            seen += database.execute("SELECT count(*) FROM frame WHERE state = 3").fetchone()
    assert seen == sorted(seen)
