"""Names that nobody typed become names a job can have; typed ones are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outline import Outline, util
from outline.exception import InvalidNameError, NoSessionError
from outline.jobspec.names import is_name, login_name, plain_name
from outline.session import session_root


@pytest.mark.parametrize(
    ("login", "used"),
    [
        ("ada", "ada"),
        ("STUDIO\\ada", "ada"),
        ("ada@studio.example", "ada"),
        ("ada lovelace", "ada_lovelace"),
        ("josé", "jose"),
        ("a/b", "a_b"),
        ("ada \n", "ada"),
        ("@ada", "_ada"),
        ("-rf", "rf"),
        ("王", f"uid{os.getuid()}"),
        ("..", f"uid{os.getuid()}"),
        ("caf\udce9", "caf_"),
    ],
)
def test_logins_become_names(monkeypatch: pytest.MonkeyPatch, login: str, used: str) -> None:
    monkeypatch.setenv("USER", login)

    assert Outline("a-job").get_user() == used
    assert util.changed_names().get("user", (login, login)) == (login, used)


def test_an_empty_user_is_asked_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "")
    monkeypatch.setenv("LOGNAME", "")
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 7)

    assert util.get_user() == "uid2147483641"


def test_shows_and_shots_of_the_shell_become_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOW", "My Show")
    monkeypatch.setenv("SHOT", "***")

    ol = Outline("a-job")

    assert (ol.get_show(), ol.get_shot()) == ("My_Show", "default")
    assert util.changed_names() | {"user": ()} == {
        "user": (),
        "show": ("My Show", "My_Show"),
        "shot": ("***", "default"),
    }


@pytest.mark.parametrize("name", ["STUDIO\\ada", "ada@studio", "ada lovelace", "josé"])
def test_names_that_somebody_typed_are_refused(name: str) -> None:
    with pytest.raises(InvalidNameError):
        Outline("a-job", user=name)
    with pytest.raises(InvalidNameError):
        Outline("a-job", show=name)


@given(st.text(st.characters(codec=None), max_size=300))
def test_whatever_is_left_of_a_text_is_a_name(text: str) -> None:
    for name in (plain_name(text), login_name(text)):
        assert not name or is_name(name)


def test_without_a_home_sessions_are_not_put_anywhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NoSessionError, match="no home directory; set HOME"):
        session_root("demo", "sh010")
