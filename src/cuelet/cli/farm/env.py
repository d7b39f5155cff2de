"""``cuelet env``: what lets stock clients of this shell find the farm that jobs go to."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys

import opencue
from cuelet.cli.exits import Exit
from cuelet.cli.farm.process import start_detached
from opencue.cuebot import hosts_in_use


def env(options: argparse.Namespace) -> int:
    """Print what lets stock clients of this shell find the farm."""
    configured = ",".join(host.strip() for host in hosts_in_use() if host.strip())
    if configured and configured != _own_address():
        sys.stderr.write(
            f"note: jobs go to {configured}, not to the embedded farm, {_where_said()}\n"
        )
    hosts = configured or _embedded()
    if options.json:
        print(json.dumps({"CUEBOT_HOSTS": hosts}))
    else:
        print(f"export CUEBOT_HOSTS={shlex.quote(hosts)}")
    return Exit.OK


def _own_address() -> str:
    """Return the address of the embedded farm when it runs, else nothing."""
    info = opencue.farm.is_running()
    return str(info["address"]) if info else ""


def _embedded() -> str:
    """Return the address of the embedded farm, which is started when it does not run."""
    info = opencue.farm.is_running() or start_detached(argparse.Namespace())
    return str(info["address"])


def _where_said() -> str:
    named = bool(os.environ.get("CUEBOT_HOSTS", "").strip())
    return "as CUEBOT_HOSTS says" if named else "as opencue.yaml says"
