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


LISTEN = (
    "where = sys.argv[1]\n"
    "if where.startswith('/'):\n"
    "    server = socket.socket(socket.AF_UNIX); server.bind(where); os.chmod(where, 0o777)\n"
    "else:\n"
    "    host, _, port = where.rpartition(':')\n"
    "    server = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)\n"
    "    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
    "    server.bind((host, int(port)))\n"
    "server.listen(); print(server.getsockname()[1], flush=True)\n"
    "ends, heard = [server], b''\n"
    "while sys.stdin not in (ready := select.select([sys.stdin, *ends], [], [])[0]):\n"
    "    for end in ready:\n"
    "        if end is server: ends.append(server.accept()[0])\n"
    "        else:\n"
    "            more = end.recv(65536); heard += more\n"
    "            if not more: ends.remove(end)\n"
    "print(len(ends), heard.hex(), flush=True)\n"
)


class StrangersServer:
    """A server of another user, who keeps what is sent to it.

    Args:
        where: ``host:port`` or the path of a Unix socket.
    """

    def __init__(self, where: str) -> None:
        need_a_second_user()
        prelude = _PRELUDE.format(uid=UID, imports="import select\n")
        self._process = subprocess.Popen(
            [sys.executable, "-c", prelude + LISTEN, where, "--", *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.port = self._process.stdout.readline().strip()

    def heard(self) -> bytes:
        """End it and return all that was sent to it."""
        said, _ = self._process.communicate("\n", timeout=60)
        assert self._process.returncode == 0
        return bytes.fromhex(said.split(" ")[1])


def said_by_stranger(source: str, *args: object, imports: str = "", uid: int = UID) -> str:
    """Run Python as another user and return what it prints; it has to end well."""
    done = as_stranger(source, *args, imports=imports, uid=uid)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
