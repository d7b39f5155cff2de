"""``cuelet farm stop``: stop the farm; running frames go on."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

import psutil

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.settings import default_state_dir

STOP_TIMEOUT_S = 30.0


def stop(options: argparse.Namespace) -> int:
    """Stop the farm; jobs keep their state and running frames go on."""
    info = opencue.farm.is_running()
    process = info["pid"] if info else opencue.farm.holder()
    if process is None:
        print("no farm is running", file=sys.stderr)
        return Exit.OK
    if info:
        opencue.farm.stop()
    else:
        print(f"process {process} does not answer: asked by a signal", file=sys.stderr)
        _ask(process)
    _wait_for(process)
    print(f"farm stopped (process {process}); jobs keep their state in {default_state_dir()}")
    return Exit.OK


def _ask(process: int) -> None:
    """Ask the holder of the farm's lock to stop, one that was stopped itself too."""
    for number in (signal.SIGTERM, signal.SIGCONT):
        os.kill(process, number)


def _wait_for(process: int) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while _is_alive(process):
        if time.monotonic() > deadline:
            raise CommandError(
                f"process {process} does not end; see {default_state_dir()}/farm.log, and end it "
                f"with: kill -9 {process} (nothing that was accepted is lost)"
            )
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    """Tell whether a process still does something; one that only waits to be reaped does not."""
    try:
        status: str = psutil.Process(pid).status()
    except psutil.NoSuchProcess:
        return False
    return status != psutil.STATUS_ZOMBIE
