"""The doctor looks at a farm: at a Cuebot from outside, and at every host from inside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FarmBox
from tests.fake_cuebot import FakeCuebot, host


@pytest.fixture
def cuebot(box: FarmBox) -> Iterator[FakeCuebot]:
    """Return a Cuebot with a show, which the commands of the box reach."""
    made = FakeCuebot(hosts=[host("blade1"), host("blade2", state=1), host("blade3", lock_state=1)])
    made.add_show("demo", ("local.general", 10_000))
    box.env |= {"CUEBOT_HOSTS": made.host, "SHOW": "demo"}
    yield made
    made.close()


Findings = list[tuple[str, str, str]]


def doctor(box: FarmBox, *more: str) -> tuple[int, Findings]:
    """Return the exit status, and the findings on server and hosts: level, what, detail."""
    done = box.cuelet("doctor", "--json", *more)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    begin = [each["what"] for each in found].index("server")
    lines = [(each["level"], each["what"], each["detail"]) for each in found[begin:]]
    return done.returncode, lines


def details(found: Findings, what: str) -> list[tuple[str, str]]:
    return [(level, detail) for level, named, detail in found if named == what]


def test_a_cuebot_is_looked_at_and_nothing_launched(box: FarmBox, cuebot: FakeCuebot) -> None:
    _, found = doctor(box)

    ((level, said),) = details(found, "server")
    assert level == "ok"
    assert said.startswith(f"{cuebot.host} (CUEBOT_HOSTS) answers in ")
    assert details(found, "hosts") == [
        ("ok", "3 hosts, 1 up and unlocked; down or locked: blade2, blade3")
    ]
    assert details(found, "shows") == [("ok", "1 active show: demo")]
    assert details(found, "subscriptions") == [("ok", "demo may use 100 cores of local.general")]
    assert any("no host has one of the tags util" in said for _, said in details(found, "jobs"))
    assert not cuebot.specs


def test_a_show_that_would_never_run_is_said(box: FarmBox, cuebot: FakeCuebot) -> None:
    cuebot.shares["demo"] = []

    _, found = doctor(box)

    assert ("warning", "cueadmin -create-sub demo local.general 100 100") in [
        (level, said.rpartition("; ")[2]) for level, said in details(found, "jobs")
    ]


def test_a_server_that_is_not_there_is_an_error(box: FarmBox) -> None:
    box.env["CUEBOT_HOSTS"] = "127.0.0.1:1"

    status, found = doctor(box)

    assert status == 4
    ((level, said),) = details(found, "server")
    assert level == "error"
    assert "no server reached" in said


def test_hosts_that_do_not_answer_are_named_and_the_job_is_removed(
    box: FarmBox, cuebot: FakeCuebot
) -> None:
    _, found = doctor(box, "--farm", "--wait", "0.1")

    assert details(found, "host blade1") == [("warning", "no answer within 0.1 s")]
    assert details(found, "host blade2") == [("warning", "not asked: it is down")]
    assert details(found, "host blade3") == [("warning", "not asked: it is locked")]
    assert "<tags>blade1</tags>" in cuebot.specs[0]
    assert len(cuebot.killed) == 1
    assert not list((box.home / ".opencue" / "sessions").glob("*/*"))


def test_the_machine_of_the_embedded_farm_answers(farm: FarmBox) -> None:
    _, found = doctor(farm, "--farm")

    ((level, said),) = [each for what in _hosts(found) for each in details(found, what)][:1]
    assert level == "ok"
    assert "session read and written as" in said
    assert "clock +0.0 s" in said or "clock -0.0 s" in said
    (job,) = farm.json("jobs", "--all")
    assert job["state"] == "finished"
    assert not Path(job["log_dir"]).exists()
    assert not list((farm.home / ".opencue" / "sessions").glob("*/*"))


def _hosts(found: Findings) -> list[str]:
    return [what for _, what, _ in found if what.startswith("host ")]


def test_a_host_without_the_python_of_frames_is_an_error(farm: FarmBox) -> None:
    farm.env["CUELET_PYTHON"] = "/nosuch/python"

    status, found = doctor(farm, "--farm")

    assert status == 4
    assert "its frame failed" in found[-1][2]
    assert "/nosuch/python" in found[-1][2]
    assert not list((farm.home / ".opencue" / "sessions").glob("*/*"))
