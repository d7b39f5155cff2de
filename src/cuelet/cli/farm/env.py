"""``cuelet env``: what lets stock clients of this shell find the farm."""

from __future__ import annotations

import argparse
import json

import opencue
from cuelet.cli.exits import Exit
from cuelet.cli.farm.process import start_detached


def env(options: argparse.Namespace) -> int:
    """Print what lets stock clients of this shell find the farm."""
    info = opencue.farm.is_running() or start_detached(argparse.Namespace())
    if options.json:
        print(json.dumps({"CUEBOT_HOSTS": info["address"]}))
    else:
        print(f"export CUEBOT_HOSTS={info['address']}")
    return Exit.OK
