"""``cuelet farm status``: whether the farm runs, where, and what it may use."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from typing import Any

import psutil

import opencue
from cuelet.cli.exits import Exit
from cuelet.client import disk_usage
from cuelet.quantities import count, duration, memory
from cuelet.settings import default_state_dir


def status(options: argparse.Namespace) -> int:
    """Say whether the farm runs, where, and what it may use."""
    info, sizes = opencue.farm.is_running(), disk_usage.measure()
    silent = None if info else opencue.farm.holder()
    if options.json:
        known = info or {**_not_running(), "pid": silent}
        print(json.dumps({"running": info is not None, **known, "sizes": sizes.values()}))
    elif silent:
        print(f"no answer  process {silent} runs the farm and does not answer")
        print(f"           {silence_words(silent)}")
        print(f"disk       {sizes.line()}")
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
        for line in _damage_lines(info):
            print(f"DAMAGED    {line}")
    return Exit.OK if info else Exit.UNREACHABLE


def silence_words(process: int) -> str:
    """Say what is done about a farm that does not answer."""
    if psutil.pid_exists(process) and psutil.Process(process).status() == psutil.STATUS_STOPPED:
        return f"it was suspended; let it go on: kill -CONT {process}"
    return "cuelet farm stop, then cuelet farm start: frames that run go on"


def _damage_lines(info: dict[str, Any]) -> Iterator[str]:
    """Yield what of the database is damaged, a line each; an older farm does not say."""
    for job in info.get("damaged", ()):
        yield f"{job['name']} is set aside: {job['reason']}"
    yield from info.get("damage_notes", ())
    if info.get("damaged"):
        yield "cuelet farm check says more, and what to do"


def _offer_words(info: dict[str, Any]) -> str:
    """Say which frames the machine takes, apart from its size."""
    services = (
        "any service" if info["services"] is None else f"services {', '.join(info['services'])}"
    )
    held = ["locked"] if info["locked"] else []
    held += [] if info.get("state", "UP") == "UP" else [f"set to {info['state']}"]
    lock = f"; {' and '.join(held)}, nothing starts" if held else ""
    return f"tags {', '.join(info['tags'])}; {services}; {count(info['gpus'], 'GPU')}{lock}"


def _memory_words(info: dict[str, Any]) -> str:
    """Say what is done about frames that use more memory than they reserved."""
    words = {
        "off": "frames that use more than they reserved are let be",
        "warn": "frames that use more than they reserved are reported",
        "kill": f"frames that use more than {info['memory_factor']:g} times what they reserved are "
        "killed and tried again with more",
    }
    return words[info["memory_policy"]]


def _not_running() -> dict[str, Any]:
    return {"pid": None, "address": None, "state_dir": str(default_state_dir()), "version": None}
