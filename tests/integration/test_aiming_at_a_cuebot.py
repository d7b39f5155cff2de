"""Plans and launches that are meant for a Cuebot: what they ask, what they say, and that they do not depend on answers."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opencue.cuebot import Cuebot
from outline.backend.survey import Survey
from outline.jobspec.model import JobSpec
from tests.conftest import FarmBox
from tests.fake_cuebot import FakeCuebot, host

ALL = ("local.general", 10_000)
JOB = JobSpec(name="a", title="a", show="demo", shot="s", user="ada", layers=())


@pytest.fixture
def cuebot(box: FarmBox) -> Iterator[FakeCuebot]:
    """Return a Cuebot with a show of everything, which the commands of the box reach."""
    made = FakeCuebot()
    made.add_show("demo", ALL)
    box.env |= {"CUEBOT_HOSTS": made.host, "USER": "ada"}
    yield made
    made.close()


def write(home: Path, text: str, *, show: str = "demo") -> str:
    """Write a script of one job and return its path."""
    head = f"""
        import outline
        from outline import Layer, LayerPreProcess
        from outline.modules.shell import Shell

        job = outline.Outline("aimed", show="{show}", shot="sh010", user="ada")
        """
    path = home / "job.py"
    path.write_text(textwrap.dedent(head) + textwrap.dedent(text), encoding="utf-8")
    return str(path)


RENDER = """
    job.add_layer(Shell("render", command=["/bin/echo", "#IFRAME#"], range="1-3"))
    """


def plan(box: FarmBox, script: str, *more: str) -> dict[str, dict[str, Any]]:
    """Return the findings of a plan for the Cuebot by code."""
    done = box.cuelet("plan", "--json", *more, script)
    assert done.stdout, done.stderr
    (planned,) = json.loads(done.stdout)["plans"]
    assert planned["backend"] == "cue"
    return {each["code"]: each for each in planned["findings"]}


def test_a_plan_of_a_job_that_runs_asks_each_thing_once(box: FarmBox, cuebot: FakeCuebot) -> None:
    found = plan(box, write(box.home, RENDER), "--raw")

    assert {code for code, each in found.items() if each["severity"] != "info"} <= {"P808"}
    asked = [name for name in cuebot.asked if name not in {"GetSystemStats", "GetJobs"}]
    assert sorted(asked) == [
        "GetDefaultServices",
        "GetHosts",
        "GetServiceOverrides",
        "GetShows",
        "GetSubscriptions",
        "IsJobPending",
    ]


def test_a_plan_names_the_command_for_each_thing_that_is_missing(
    box: FarmBox, cuebot: FakeCuebot
) -> None:
    script = write(
        box.home,
        """
        main = Layer("main", range="1-2")
        main.add_child(LayerPreProcess("prepare"))
        job.add_layer(main)
        job.add_layer(Shell("licensed", command=["true"], range="1", limits=["nuke"]))
        """,
        show="Film-A",
    )
    cuebot.add_show("film_a", ALL)
    cuebot.pending = {"film_a-sh010-ada_aimed"}

    found = plan(box, script)

    assert "findHost" in found["P401"]["way_out"]
    assert found["P401"]["layer"] == "main_prepare"
    assert found["P805"]["way_out"] == "cuelet limits set nuke 10"
    assert found["P806"]["severity"] == "error"
    assert "film_a" in found["P807"]["message"]


def test_a_show_without_a_subscription_is_a_finding_and_a_sentence_at_launch(
    box: FarmBox, cuebot: FakeCuebot
) -> None:
    cuebot.shares["demo"] = []
    script = write(box.home, RENDER)
    cure = "cueadmin -create-sub demo local.general 100 100"

    assert plan(box, script)["P803"]["way_out"] == cure
    done = box.cuelet("run", "--raw", "--detach", script)

    assert done.returncode == 0, done.stderr
    assert f"note: show demo has no subscription: no frame will start; {cure}\n" in done.stderr


def test_a_launch_that_starts_says_nothing(box: FarmBox, cuebot: FakeCuebot) -> None:
    done = box.cuelet("run", "--raw", "--detach", write(box.home, RENDER))

    assert done.returncode == 0, done.stderr
    about_ada = ("note: nobody here is called ada", "note: the job runs as ada")
    assert [line for line in done.stderr.splitlines() if not line.startswith(about_ada)] == []


def test_a_refused_launch_says_why_and_what_to_do(box: FarmBox, cuebot: FakeCuebot) -> None:
    done = box.cuelet("run", "--raw", "--detach", write(box.home, RENDER, show="nosuch"))

    assert done.returncode != 0
    assert "the farm has no show nosuch" in done.stderr
    assert "cueadmin -create-show nosuch && cueadmin -create-sub nosuch" in done.stderr


def test_a_launch_sends_the_show_as_the_cuebot_spells_it(box: FarmBox, cuebot: FakeCuebot) -> None:
    cuebot.add_show("film_a", ALL)

    done = box.cuelet("run", "--raw", "--detach", write(box.home, RENDER, show="Film-A"))

    assert done.returncode == 0, done.stderr
    assert "<show>film_a</show>" in cuebot.specs[0]


def test_the_own_number_goes_with_a_user_whom_nobody_here_knows(
    box: FarmBox, cuebot: FakeCuebot
) -> None:
    script = write(box.home, 'job.set_user("artist01")\n' + textwrap.dedent(RENDER))

    done = box.cuelet("run", "--raw", "--detach", script)

    assert "<user>artist01</user>" in cuebot.specs[0]
    own = f"<uid>{os.getuid()}</uid>" if os.getuid() else "</user>"
    assert own in cuebot.specs[0]
    assert "note: nobody here is called artist01" in done.stderr


def test_a_known_user_gets_the_own_number(box: FarmBox, cuebot: FakeCuebot) -> None:
    script = write(box.home, 'job.set_user("daemon")\n' + textwrap.dedent(RENDER))

    done = box.cuelet("run", "--raw", "--detach", script)

    assert "<uid>1</uid>" in cuebot.specs[0]
    assert "note: the job runs as daemon, uid 1, not as you" in done.stderr


def test_a_plan_without_the_cuebot_is_a_plan_and_a_sentence(box: FarmBox) -> None:
    box.env["CUEBOT_HOSTS"] = "127.0.0.1:1"

    found = plan(box, write(box.home, RENDER))

    assert found["P813"]["severity"] == "info"
    assert "no server reached: tried 127.0.0.1:1" in found["P813"]["message"]
    assert "P813" not in plan(box, write(box.home, RENDER), "--offline")


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCuebot]:
    """Return a Cuebot that answers nobody in time, and that this process talks to."""
    made = FakeCuebot(delay_s=2.0)
    made.add_show("demo", ALL)
    monkeypatch.setenv("CUEBOT_HOSTS", made.host)
    Cuebot.closeChannel()
    yield made
    Cuebot.closeChannel()
    made.close()


def test_a_late_cuebot_is_asked_no_longer_than_agreed(late: FakeCuebot) -> None:
    found = Survey(patience_s=0.2).farm_for(JOB)

    assert "no answer in time" in found.silence
    assert (found.shows, found.hosts) == (None, None)
    assert [name for name in late.asked if name != "GetSystemStats"] == ["GetShows"]


def test_what_was_answered_before_counts(late: FakeCuebot) -> None:
    late.delay_s = 0.0
    survey = Survey(patience_s=5)
    survey.shows()
    late.shows.clear()
    late.hosts = [host("blade9")]

    found = survey.farm_for(JOB)

    assert found.shows is not None
    assert [each.name for each in found.shows] == ["demo"]
    assert [each.name for each in found.hosts or ()] == ["blade9"]


def test_names_of_a_server_cannot_drive_a_terminal(late: FakeCuebot) -> None:
    late.delay_s = 0.0
    late.hosts = [host("blade\x1b[2J" + "x" * 1_000_000)]

    (found,) = Survey(patience_s=5).farm_for(JOB).hosts or ()

    assert found.name.startswith("blade?[2Jxxx")
    assert len(found.name) == 255
