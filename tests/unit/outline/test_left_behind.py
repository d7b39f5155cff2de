"""What of a launch does not come along to a Cuebot's hosts."""

from __future__ import annotations

import os
import pwd
from typing import Any

import pytest

from outline import config
from outline._targets import left_behind
from outline._targets.logins import is_login, uid_of
from outline._targets.obstacles import TOLD, WAITS, Obstacle
from outline.jobspec.model import JobSpec, LayerSpec


@pytest.fixture(autouse=True)
def ada(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be ada, uid 2001, on a machine that knows kim as well."""
    users = {
        name: pwd.struct_passwd((name, "x", uid, uid, "", f"/home/{name}", "/bin/sh"))
        for name, uid in (("ada", 2001), ("kim", 2002))
    }
    monkeypatch.setattr(os, "getuid", lambda: 2001)
    monkeypatch.setattr(pwd, "getpwnam", users.__getitem__)
    monkeypatch.setattr(pwd, "getpwuid", {2001: users["ada"]}.__getitem__)


def job(user: str = "ada", **layer: Any) -> JobSpec:
    made = LayerSpec(**({"name": "render", "title": "render", "pycuerun": True} | layer))
    return JobSpec(name="x", title="x", show="demo", shot="sh", user=user, layers=(made,))


def only(found: Any) -> Obstacle:
    (one,) = found
    return one  # type: ignore[no-any-return]


@pytest.mark.parametrize(("user", "uid"), [("ada", 2001), ("kim", 2002), ("stranger", 2001)])
def test_which_number_goes_with_a_name(user: str, uid: int) -> None:
    assert uid_of(user) == uid


def test_a_login_that_no_job_can_have_is_still_the_own(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = pwd.struct_passwd(("STUDIO\\ada", "x", 2001, 2001, "", "/", "/"))
    monkeypatch.setattr(pwd, "getpwuid", {2001: odd}.__getitem__)

    assert is_login("ada")


def test_a_container_without_users_has_the_one_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    monkeypatch.setenv("USER", "render")

    assert is_login("render")
    assert not is_login("ada")


def test_nothing_is_said_of_the_own_job() -> None:
    assert list(left_behind.users(job())) == []


def test_a_stranger_is_a_warning() -> None:
    found = only(left_behind.users(job("stranger")))

    assert (found.code, found.weight) == ("P808", WAITS)
    assert "your own number 2001 goes with the name" in found.text


def test_somebody_else_cannot_read_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    found = only(left_behind.users(job("kim")))
    assert (found.code, found.weight) == ("P809", WAITS)
    assert "session_group" in found.remedy
    monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_GROUP", "true")
    config.reload()

    assert only(left_behind.users(job("kim"))).weight == TOLD


def test_somebody_else_runs_commands_without_a_session() -> None:
    found = only(left_behind.users(job("kim", pycuerun=False, is_raw=True)))

    assert found.weight == TOLD
    assert found.text == "the job runs as kim, uid 2002, not as you"


@pytest.mark.parametrize(("show", "sent"), [("demo", ""), ("Demo-A", "demo_a"), ("demo.a", "")])
def test_a_show_that_is_spelled_otherwise_is_told(show: str, sent: str) -> None:
    found = list(left_behind.spelled_show(show))

    assert [sent in each.text for each in found] == [True] * bool(sent)


def test_a_post_layer_is_somebody_elses() -> None:
    assert only(left_behind.post_jobs(job(kind="Post"))).code == "P812"


def test_commands_without_pycuerun_lose_path_and_map() -> None:
    raw = job(pycuerun=False, is_raw=True, argv=("nuke", "-x"))

    lost, mapped = left_behind.surroundings(raw, path_map=True)

    assert (lost.code, mapped.code) == ("P810", "P811")
    assert "there nuke has to be found" in lost.text
    assert list(left_behind.surroundings(job(), path_map=True)) == []


@pytest.mark.parametrize("command", [("/opt/nuke", "-x"), ("./run.sh",)])
def test_a_program_with_its_path_is_not_sought(command: tuple[str, ...]) -> None:
    raw = job(pycuerun=False, is_raw=True, argv=command)

    assert "has to be found" not in only(left_behind.surroundings(raw, path_map=False)).text


TEXT = {"render": ["$TOOLS/render ${SCENE} $HOME $CUE_IFRAME $NOT_SET_HERE $(date)"]}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLS", "/tools")
    monkeypatch.setenv("SCENE", "/a.ma")
    monkeypatch.setenv("CUE_IFRAME", "1")
    monkeypatch.delenv("NOT_SET_HERE", raising=False)


@pytest.mark.usefixtures("shell")
def test_variables_of_this_shell_that_a_command_reads_stay_here() -> None:
    found = only(left_behind.variables(job(), TEXT, keep=""))

    assert (found.code, found.weight, found.layer) == ("P810", WAITS, "render")
    assert "reads $SCENE, $TOOLS of this shell" in found.text
    assert "keep_env" in found.remedy


@pytest.mark.usefixtures("shell")
def test_variables_that_travel_or_are_set_are_no_news() -> None:
    assert "$TOOLS of" in only(left_behind.variables(job(), TEXT, keep="SC*, OTHER")).text
    assert list(left_behind.variables(job(env={"SCENE": "x"}), TEXT, keep="TOO?S")) == []
    raw = job(pycuerun=False, is_raw=True)
    assert "$SCENE, $TOOLS" in only(left_behind.variables(raw, TEXT, keep="*")).text
