"""Whose a session is, by what an open file or directory says of itself."""

from __future__ import annotations

import grp
import os
import pwd
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outline import config
from outline._session.ownership import require_ours
from outline.exception import ForeignSessionError

ME = os.geteuid()
STRANGER = 65000


def facts(mode: int, uid: int = ME, gid: int = 0, kind: int = stat.S_IFDIR) -> os.stat_result:
    return os.stat_result((kind | mode, 1, 1, 1, uid, gid, 0, 0, 0, 0))


def is_ours(found: os.stat_result) -> bool:
    try:
        require_ours(found, "/session")
    except ForeignSessionError:
        return False
    return True


@pytest.fixture(autouse=True)
def plain_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTLINE_OUTLINE_SESSION_GROUP", raising=False)
    monkeypatch.delenv("OUTLINE_OUTLINE_SESSION_USERS", raising=False)
    config.reload()


@given(st.integers(0, 0o7777), st.sampled_from([ME, 0, STRANGER]))
def test_what_others_own_or_can_write_to_is_not_ours(mode: int, uid: int) -> None:
    expected = uid in {ME, 0} and not mode & 0o022
    assert is_ours(facts(mode, uid, gid=STRANGER)) == expected


def test_a_group_of_our_own_is_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many systems give each user such a group and a umask of 002."""
    me = pwd.struct_passwd(("me", "x", ME, 4711, "", "/", "/bin/sh"))
    members: list[str] = []
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: me)
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group(("me", "x", gid, members)))

    assert is_ours(facts(0o775, gid=4711))
    assert not is_ours(facts(0o777, gid=4711))
    assert not is_ours(facts(0o775, gid=4712))
    members.append("other")
    assert not is_ours(facts(0o775, gid=4711))


class TestSharing:
    @pytest.fixture(autouse=True)
    def shared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_GROUP", "true")
        them = pwd.struct_passwd(("them", "x", STRANGER, 5000, "", "/", "/bin/sh"))
        monkeypatch.setattr(pwd, "getpwuid", lambda _uid: them)
        monkeypatch.setattr(os, "getgroups", lambda: [4711])
        monkeypatch.setattr(os, "getgrouplist", lambda _name, gid: [gid, *self.groups])
        self.groups: list[int] = [4711]

    def test_lets_in_who_is_in_our_group(self) -> None:
        assert is_ours(facts(0o2770, STRANGER, 4711))
        assert is_ours(facts(0o660, STRANGER, 4711, stat.S_IFREG))

    def test_lets_in_nobody_who_only_made_a_folder_of_that_group(self) -> None:
        self.groups.clear()
        assert not is_ours(facts(0o2770, STRANGER, 4711))

    @pytest.mark.parametrize(("mode", "gid"), [(0o2770, 4712), (0o700, 4711), (0o2777, 4711)])
    def test_is_of_one_group_and_asked_for(self, mode: int, gid: int) -> None:
        assert not is_ours(facts(mode, STRANGER, gid))


@pytest.mark.parametrize("users", [f"{STRANGER}", f"root, {STRANGER}", "any"])
def test_users_that_are_named_are_trusted(monkeypatch: pytest.MonkeyPatch, users: str) -> None:
    monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_USERS", users)
    assert is_ours(facts(0o755, STRANGER))
    assert is_ours(facts(0o777, STRANGER)) == (users == "any")
