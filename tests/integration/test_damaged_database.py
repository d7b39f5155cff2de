"""A farm on a damaged database runs what is whole, and says what is not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec

HURT, WHOLE = "show-shot-user_hurt", "show-shot-user_whole"


def launch(name: str, **more: Any) -> str:
    layer = {"argv": ["true"], "range": "1-3"}
    (job,) = opencue.api.launchSpecAndWait(job_spec({"main": layer}, name=name, **more))
    return str(job.id())


@pytest.fixture
def hurt(client: FarmBox) -> FarmBox:
    """Return a stopped farm with two paused jobs, a row of one of which has been changed."""
    for name in ("hurt", "whole"):
        launch(name, paused=True)
    client.cuelet("farm", "stop")
    change(client, "UPDATE job SET paused = 0, priority = 7 WHERE pk = 1")
    opencue.Cuebot.closeChannel()
    return client


def change(farm: FarmBox, statement: str) -> None:
    with closing(sqlite3.connect(farm.state_dir / "farm.db")) as database, database:
        database.execute(statement)


def states(farm: FarmBox) -> dict[str, str]:
    return {job["name"]: job["state"] for job in farm.json("jobs", "--all")}


def test_the_rest_runs_and_the_damaged_job_is_named_everywhere(hurt: FarmBox) -> None:
    checked = hurt.cuelet("farm", "check")
    hurt.start()

    assert checked.returncode == 1
    assert f"damaged    {HURT} (" in checked.stdout
    assert "restore a backup" in checked.stdout
    assert states(hurt) == {HURT: "damaged", WHOLE: "paused"}
    assert hurt.cuelet("resume", "whole").returncode == 0
    wait_until(lambda: states(hurt)[WHOLE] == "finished")
    assert f"DAMAGED    {HURT} is set aside: " in hurt.cuelet("farm", "status").stdout
    assert HURT in (hurt.state_dir / "farm.log").read_text()
    asked = hurt.cuelet("show", "hurt")
    assert (asked.returncode, "see cuelet farm check" in asked.stderr) == (5, True)
    assert not list((hurt.state_dir / "logs").rglob("*hurt*"))  # nothing of it was started
    assert hurt.cuelet("farm", "check").returncode == 1


def test_json_tells_the_same_beside_a_running_farm(hurt: FarmBox) -> None:
    hurt.start()

    found = hurt.json("farm", "check")

    assert (found["jobs"], found["structure"], found["notes"]) == (1, "ok", [])
    assert [job["name"] for job in found["damaged"]] == [HURT]
    assert found["damaged"][0]["reason"].startswith("damaged in the database: its own row")
    assert hurt.json("farm", "status")["damaged"] == found["damaged"]


def test_it_can_be_launched_again_and_what_is_left_removed(hurt: FarmBox) -> None:
    hurt.start()
    again = launch("hurt")
    refused = hurt.cuelet("farm", "check", "--remove", "hurt")
    hurt.cuelet("farm", "stop")

    removed = hurt.cuelet("farm", "check", "--remove", "hurt")

    assert (refused.returncode, removed.returncode) == (1, 0), removed.stderr
    assert "cuelet farm stop" in refused.stderr
    assert HURT in removed.stdout
    assert hurt.cuelet("farm", "check", "--remove", "hurt").returncode == 5
    assert hurt.cuelet("farm", "check").returncode == 0
    assert again in {job["id"] for job in hurt.json("jobs", "--all")}


def test_a_file_that_does_not_open_is_replaced_when_the_farm_starts(hurt: FarmBox) -> None:
    change(hurt, "UPDATE job SET paused = 1, priority = 1 WHERE pk = 1")
    path = hurt.state_dir / "farm.db"
    path.write_bytes(bytes(16) + path.read_bytes()[16:])

    checked = hurt.cuelet("farm", "check")
    hurt.start()

    assert checked.returncode == 1
    assert "structure  " in checked.stdout
    assert states(hurt) == {HURT: "paused", WHOLE: "paused"}
    assert list(hurt.state_dir.glob("farm.db.damaged-*"))
    assert "the damaged file is" in (hurt.state_dir / "farm.log").read_text()
    assert hurt.cuelet("farm", "check").returncode == 0


def test_a_backup_can_be_checked_and_another_file_is_told(hurt: FarmBox, tmp_path: Path) -> None:
    hurt.start()
    copy, text = tmp_path / "copy.db", tmp_path / "text"
    hurt.cuelet("farm", "backup", str(copy))
    text.write_text("no database\n" * 900)

    assert hurt.cuelet("farm", "check", str(copy)).returncode == 1
    said = hurt.cuelet("farm", "check", str(text))
    assert (said.returncode, str(text) in said.stderr) == (4, True)
    assert hurt.cuelet("farm", "check", str(tmp_path / "nowhere")).returncode == 5
    assert hurt.cuelet("farm", "check", str(copy), "--remove", "hurt").returncode == 2
