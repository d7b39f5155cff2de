"""``cuelet farm stop``: stop the farm; running frames go on."""

from __future__ import annotations

import argparse
import sys
import time

import psutil

import opencue
from cuelet.cli.exits import CommandError, Exit

STOP_TIMEOUT_S = 30.0


def stop(options: argparse.Namespace) -> int:
    """Stop the farm; jobs keep their state and running frames go on."""
    info = opencue.farm.is_running()
    if info is None:
        print("no farm is running", file=sys.stderr)
        return Exit.OK
    opencue.farm.stop()
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while _is_alive(info["pid"]):
        if time.monotonic() > deadline:
            raise CommandError(f"process {info['pid']} does not end; see {info['state_dir']}")
        time.sleep(0.02)
    print(f"farm stopped (process {info['pid']}); jobs keep their state in {info['state_dir']}")
    return Exit.OK


def _is_alive(pid: int) -> bool:
    """Tell whether a process still does something; one that only waits to be reaped does not."""
    try:
        status: str = psutil.Process(pid).status()
    except psutil.NoSuchProcess:
        return False
    return status != psutil.STATUS_ZOMBIE
