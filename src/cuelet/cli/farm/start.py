"""``cuelet farm start``: start the farm of this user, unless it runs already."""

from __future__ import annotations

import argparse
import json
import sys

import opencue
from cuelet.cli.exits import Exit
from cuelet.cli.farm.process import server_arguments, start_detached
from cuelet.settings import words


def start(options: argparse.Namespace) -> int:
    """Start the farm of this user, or say where it runs already."""
    if options.foreground:
        from cuelet import server

        return server.main(server_arguments(options))
    running = opencue.farm.is_running()
    already = running is not None
    info = running or start_detached(options)
    if already:
        _tell_offer(options)
    if options.json:
        print(json.dumps(info))
    else:
        how = "runs already" if already else "started"
        print(f"farm {how}: {info['address']}, process {info['pid']}, {info['state_dir']}")
    return Exit.OK


def _tell_offer(options: argparse.Namespace) -> None:
    """Tell a farm that runs what the flags say of the machine."""
    offer = {
        key: list(words(text)) for key in ("tags", "services") if (text := getattr(options, key))
    }
    if offer or options.gpus is not None:
        opencue.farm.call_own("SetHost", **offer, gpus=options.gpus)
        print(
            "it offers from now on what the flags say of tags, services and GPUs", file=sys.stderr
        )
