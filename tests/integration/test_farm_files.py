"""The farm's own files taken away while it runs: mended, or the farm ends and says so."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec, sh


def ended(pid: int) -> None:
    wait_until(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid))


def _is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.parametrize("damage", [None, "{", "[]", '{"socket": 5}', '{"socket": "/nowhere"}'])
def test_a_farm_is_found_without_its_announcement(farm: FarmBox, damage: str | None) -> None:
    announcement = farm.state_dir / "farm.json"
    before = farm.info
    os.kill(before["pid"], 0)
    if damage is None:
        announcement.unlink()
    else:
        announcement.write_text(damage)

    status = farm.json("farm", "status")

    assert (status["running"], status["pid"]) == (True, before["pid"])
    wait_until(
        lambda: announcement.exists() and announcement.read_text() == json.dumps(before, indent=1)
    )


def test_a_farm_without_announcement_can_be_stopped(farm: FarmBox) -> None:
    pid = farm.info["pid"]
    (farm.state_dir / "farm.json").unlink()

    done = farm.cuelet("farm", "stop")

    assert done.returncode == 0
    assert f"process {pid}" in done.stdout
    ended(pid)


def test_a_farm_without_socket_is_named_and_can_be_stopped(farm: FarmBox) -> None:
    pid = farm.info["pid"]
    Path(farm.info["socket"]).unlink()

    status = farm.cuelet("farm", "status")
    assert f"process {pid} runs the farm and does not answer" in status.stdout
    assert status.returncode == 3

    done = farm.cuelet("farm", "stop")
    assert (done.returncode, f"process {pid}" in done.stdout) == (0, True)
    ended(pid)
    assert farm.cuelet("farm", "status").stdout.startswith("no farm is running")


def test_a_lock_that_names_another_process_gets_nobody_else_a_signal(farm: FarmBox) -> None:
    pid, lock = farm.info["pid"], farm.state_dir / "farm.lock"
    os.kill(pid, signal.SIGSTOP)
    with subprocess.Popen(["sleep", "600"]) as other:
        lock.write_text(lock.read_text().replace(str(pid), str(other.pid)))

        done = farm.cuelet("farm", "stop")

        assert (done.returncode, f"process {pid}" in done.stdout) == (0, True)
        assert other.poll() is None
        other.kill()
    ended(pid)


def test_a_suspended_farm_is_named_and_can_be_stopped(farm: FarmBox) -> None:
    pid = farm.info["pid"]
    os.kill(pid, signal.SIGSTOP)

    status = farm.cuelet("farm", "status")
    assert f"kill -CONT {pid}" in status.stdout

    assert farm.cuelet("farm", "stop").returncode == 0
    ended(pid)


def test_a_farm_ends_when_its_folder_is_removed_and_a_new_one_is_left_alone(
    client: FarmBox, tmp_path: Path
) -> None:
    pid, mark = client.info["pid"], tmp_path / "done"
    opencue.api.launchSpecAndWait(
        job_spec({"render": {"argv": sh(f"echo begun > {mark}; sleep 4; echo end > {mark}")}})
    )
    wait_until(mark.exists)

    client.cuelet("farm", "status")
    shutil.rmtree(client.state_dir)
    client.start()  # at once, while the old one has not noticed
    assert client.info["pid"] != pid
    ended(pid)

    assert client.json("farm", "status")["pid"] == client.info["pid"]
    wait_until(lambda: mark.read_text() == "end\n")


def test_a_farm_whose_database_is_removed_saves_it_and_says_where(client: FarmBox) -> None:
    (job,) = opencue.api.launchSpecAndWait(job_spec({"render": {"argv": sh("exit 0")}}))
    pid, database = client.info["pid"], client.state_dir / "farm.db"
    wait_until(lambda: opencue.api.getJob(job.id()).succeededFrames() == 1)

    database.unlink()
    ended(pid)

    (saved,) = client.state_dir.glob("farm-saved-*.db")
    log = (client.state_dir / "farm.log").read_text()
    assert f"{database} was removed or replaced" in log
    assert str(saved) in log
    saved.rename(database)
    client.start()
    assert [each["name"] for each in client.json("jobs", "--all")] == [job.name()]


def test_a_farm_whose_log_is_removed_keeps_all_in_its_database(client: FarmBox) -> None:
    (job,) = opencue.api.launchSpecAndWait(job_spec({"render": {"argv": sh("exit 0")}}))
    pid, log = client.info["pid"], client.state_dir / "farm.db-wal"
    wait_until(lambda: opencue.api.getJob(job.id()).succeededFrames() == 1)

    log.unlink()
    ended(pid)

    said = (client.state_dir / "farm.log").read_text()
    assert f"{log} was removed or replaced" in said
    assert "the next command goes on with them" in said
    client.start()
    assert [each["state"] for each in client.json("jobs", "--all")] == ["finished"]
