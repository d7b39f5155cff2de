"""A second user of the machine, who is up to no good: code that really runs as another uid."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

UID = 65534

_PRELUDE = (
    "import os, sys; sys.dont_write_bytecode = True; at = sys.argv.index('--')\n"
    "sys.path[:0] = sys.argv[at + 1:]; sys.argv[at:] = []\n"
    "import pickle, socket, struct, time; 'x'.encode('idna')\n"
    "{imports}"
    "os.chdir('/'); os.setgroups([]); os.setgid({uid}); os.setuid({uid}); os.umask(0)\n"
)


def need_a_second_user() -> None:
    """Skip a test that needs another uid where nobody can become one."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user to try")


def as_stranger(
    source: str, *args: object, imports: str = "", uid: int = UID
) -> subprocess.CompletedProcess[str]:
    """Run Python as another user, with the arguments in ``sys.argv``; what it imports is read before."""
    need_a_second_user()
    prelude = _PRELUDE.format(uid=uid, imports=imports and f"import {imports}\n")
    return subprocess.run(
        [sys.executable, "-c", prelude + source, *map(str, args), "--", *sys.path],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def said_by_stranger(source: str, *args: object, imports: str = "", uid: int = UID) -> str:
    """Run Python as another user and return what it prints; it has to end well."""
    done = as_stranger(source, *args, imports=imports, uid=uid)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
