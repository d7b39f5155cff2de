"""What frames start from whose job brought no environment."""

from __future__ import annotations

import os
import pwd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.clean_environment import SYSTEM_PATH, clean_environment

NAMES = {"USER", "LOGNAME", "HOME", "SHELL", "PATH", "CUELET_STATE_DIR"}


def test_it_is_the_accounts_whatever_the_shell_says() -> None:
    found = pwd.getpwuid(os.getuid())

    clean = clean_environment(
        {"HOME": "/elsewhere", "PATH": "/evil", "USER": "x", "LD_PRELOAD": "/evil.so"}, "/s"
    )

    assert clean == {
        "USER": found.pw_name,
        "LOGNAME": found.pw_name,
        "HOME": found.pw_dir,
        "SHELL": found.pw_shell or "/bin/sh",
        "PATH": SYSTEM_PATH,
        "CUELET_STATE_DIR": "/s",
    }


@given(st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=12), max_size=9))
def test_of_the_shell_it_takes_language_and_time_zone_only(shell: dict[str, str]) -> None:
    spoken = {"LANG": "de_DE.UTF-8", "LC_TIME": "C", "TZ": "Europe/Berlin"}

    clean = clean_environment(shell | spoken | {"LCD": "1", "TMPDIR": "/gone"}, "/s")

    more = {name for name in shell if name.startswith("LC_") or name == "LANGUAGE"}
    assert set(clean) == NAMES | set(spoken) | more
    assert spoken.items() <= clean.items()


def test_a_user_without_an_account_is_whom_the_shell_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_uid: int) -> pwd.struct_passwd:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)

    clean = clean_environment({"HOME": "/me", "USER": "me"}, "/s")
    bare = clean_environment({}, "/s")

    assert (clean["HOME"], clean["USER"], clean["SHELL"]) == ("/me", "me", "/bin/sh")
    assert (bare["HOME"], bare["USER"]) == ("/", str(os.getuid()))
