"""The farm's process: its arguments, and starting it apart from this one."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.settings import Settings, default_state_dir, prepare_folders
from opencue.silence import silent_farm

START_TIMEOUT_S = 30.0
_GIVEN_ON = (
    *("port", "cores", "memory_mb", "memory_policy", "memory_factor"),
    *("tags", "services", "gpus"),
)
"""Options that the farm's process gets as they are."""


def server_arguments(options: argparse.Namespace) -> list[str]:
    """Return the arguments of the server that a command's options ask for."""
    arguments = ["--state-dir", str(default_state_dir())]
    for name in _GIVEN_ON:
        value = getattr(options, name, None)
        if value is not None:
            arguments += [f"--{name.replace('_', '-')}", str(value)]
    return arguments


def start_detached(options: argparse.Namespace) -> dict[str, Any]:
    """Start the server in a session of its own and wait until it answers."""
    settings = Settings(state_dir=default_state_dir())
    prepare_folders(settings)
    log = settings.log_file
    log.touch(mode=0o600)
    size = log.stat().st_size
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cuelet.server", *server_arguments(options)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env=_farm_environment(),
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        ended = process.poll()
        info = opencue.farm.is_running()
        if info is not None:
            process.returncode = process.returncode or 0  # it outlives us: nothing to warn about
            return info
        if ended is not None and ended != Exit.UNREACHABLE:
            raise CommandError(f"the farm did not start: {_tail(log, size)}", Exit.ENVIRONMENT)
        time.sleep(0.02)
    if opencue.farm.holder():
        raise silent_farm(
            str(settings.socket),
            method="Farm/Info",
            waited_s=START_TIMEOUT_S,
            may_have_acted=False,
        )
    raise CommandError(
        f"the farm did not answer within {START_TIMEOUT_S:.0f} s; see {log}", Exit.UNREACHABLE
    )


def _farm_environment() -> dict[str, str]:
    """Return this environment, fit for a process that starts in another directory."""
    env = dict(os.environ)
    if env.get("PYTHONPATH"):
        parts = env["PYTHONPATH"].split(os.pathsep)
        env["PYTHONPATH"] = os.pathsep.join(os.path.abspath(part) for part in parts)
    return env


def _tail(log: Path, since: int) -> str:
    """Return the last line written to a log after an offset."""
    with log.open("rb") as lines:
        lines.seek(since)
        text = lines.read().decode("utf-8", "replace").strip()
    if text:
        return text.splitlines()[-1].removeprefix("cuelet: ")
    is_full = not shutil.disk_usage(log.parent).free
    return f"no space is left in {log.parent}" if is_full else f"see {log}"
