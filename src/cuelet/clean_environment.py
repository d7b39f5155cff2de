"""What the frames of a job start from that brought no environment: the account's, not a shell's."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TAKEN_OVER = ("LANG", "LANGUAGE", "TZ")
"""Of the shell that started the farm: its user's language and time zone, as all of ``LC_``."""


def clean_environment(shell: Mapping[str, str], state_dir: str) -> dict[str, str]:
    """Return the environment of frames whose job has none.

    Args:
        shell: Variables of the farm's process.
        state_dir: The farm's folder, by which a frame finds the farm again.
    """
    account = _account(shell)
    taken = {
        name: text for name, text in shell.items() if name in _TAKEN_OVER or name.startswith("LC_")
    }
    return {**taken, **account, "PATH": SYSTEM_PATH, "CUELET_STATE_DIR": state_dir}


def _account(shell: Mapping[str, str]) -> dict[str, str]:
    """Return who the user is; a container may have no account for it, and then the shell says it."""
    try:
        found = pwd.getpwuid(os.getuid())
    except KeyError:
        name = shell.get("USER") or shell.get("LOGNAME") or str(os.getuid())
        return {"USER": name, "LOGNAME": name, "HOME": shell.get("HOME") or "/", "SHELL": "/bin/sh"}
    return {
        "USER": found.pw_name,
        "LOGNAME": found.pw_name,
        "HOME": found.pw_dir,
        "SHELL": found.pw_shell or "/bin/sh",
    }
