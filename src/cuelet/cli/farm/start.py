"""``cuelet farm start|stop|status`` and ``cuelet env``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.client import disk_usage
from cuelet.quantities import count, duration, memory
from cuelet.settings import Settings, default_state_dir, prepare_folders, words

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0


_GIVEN_ON = (
    *("port", "cores", "memory_mb", "memory_policy", "memory_factor"),
    *("tags", "services", "gpus"),
)
"""Options that the farm's process gets as they are."""


def start(options: argparse.Namespace) -> int:
    """Start the farm of this user, or say where it runs already."""
    if options.foreground:
        from cuelet import server

        return server.main(_server_arguments(options))
    running = opencue.farm.is_running()
    already = running is not None
    info = running or _start_detached(options)
    if already:
        _tell_offer(options)
    if options.json:
        print(json.dumps(info))
    else:
        how = "runs already" if already else "started"
        print(f"farm {how}: {info['address']}, process {info['pid']}, {info['state_dir']}")
    return Exit.OK


def _server_arguments(options: argparse.Namespace) -> list[str]:
    arguments = ["--state-dir", str(default_state_dir())]
    for name in _GIVEN_ON:
        value = getattr(options, name, None)
        if value is not None:
            arguments += [f"--{name.replace('_', '-')}", str(value)]
    return arguments


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


def _start_detached(options: argparse.Namespace) -> dict[str, Any]:
    """Start the server in a session of its own and wait until it answers."""
    settings = Settings(state_dir=default_state_dir())
    prepare_folders(settings)
    log = settings.log_file
    log.touch(mode=0o600)
    size = log.stat().st_size
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cuelet.server", *_server_arguments(options)],
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
    return text.splitlines()[-1].removeprefix("cuelet: ") if text else f"see {log}"


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


def status(options: argparse.Namespace) -> int:
    """Say whether the farm runs, where, and what it may use."""
    info, sizes = opencue.farm.is_running(), disk_usage.measure()
    if options.json:
        known = info or _not_running()
        print(json.dumps({"running": info is not None, **known, "sizes": sizes.values()}))
    elif info is None:
        print(f"no farm is running; state is kept in {default_state_dir()}")
        print(f"disk       {sizes.line()}")
    else:
        print(f"running    process {info['pid']}, Cuelet {info['version']}")
        print(f"since      {duration(time.time() - info['started_at'])}")
        print(f"address    {info['address']}, unix:{info['socket']}")
        print(f"machine    {info['cores']:g} cores, {memory(info['memory_mb'] * 1024)}")
        if "memory_policy" in info:  # a farm that was started by an older Cuelet has none
            print(f"memory     {_memory_words(info)}")
        if "tags" in info:
            print(f"offers     {_offer_words(info)}")
        print(f"state      {info['state_dir']}")
        print(f"disk       {sizes.line()}")
        for disk in info.get("out_of_disk", ()):
            print(f"ALARM      {disk['text']}; nothing starts there\n           {disk['remedy']}")
    return Exit.OK if info else Exit.UNREACHABLE


def _offer_words(info: dict[str, Any]) -> str:
    """Say which frames the machine takes, apart from its size."""
    services = (
        "any service" if info["services"] is None else f"services {', '.join(info['services'])}"
    )
    lock = "; locked, nothing starts" if info["locked"] else ""
    return f"tags {', '.join(info['tags'])}; {services}; {count(info['gpus'], 'GPU')}{lock}"


def _memory_words(info: dict[str, Any]) -> str:
    """Say what is done about frames that use more memory than they reserved."""
    words = {
        "off": "frames that use more than they reserved are let be",
        "warn": "frames that use more than they reserved are told of",
        "kill": f"frames that use more than {info['memory_factor']:g} times what they reserved are "
        "killed and tried again with more",
    }
    return words[info["memory_policy"]]


def _not_running() -> dict[str, Any]:
    return {"pid": None, "address": None, "state_dir": str(default_state_dir()), "version": None}


def env(options: argparse.Namespace) -> int:
    """Print what lets stock clients of this shell find the farm."""
    info = opencue.farm.is_running() or _start_detached(argparse.Namespace())
    if options.json:
        print(json.dumps({"CUEBOT_HOSTS": info["address"]}))
    else:
        print(f"export CUEBOT_HOSTS={info['address']}")
    return Exit.OK
