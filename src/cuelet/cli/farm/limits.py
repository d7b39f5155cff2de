"""``cuelet limits list|set|delete``: how many frames may use one thing at a time."""

from __future__ import annotations

import argparse
import json

import opencue
from cuelet.cli.exits import Exit
from cuelet.quantities import count
from opencue.wrappers.limit import Limit


def list_limits(options: argparse.Namespace) -> int:
    """Print every limit with its maximum and how many frames take it."""
    found = opencue.api.getLimits()
    if options.json:
        print(json.dumps([_values(limit) for limit in found]))
        return Exit.OK
    for limit in found:
        print(f"{limit.name():<24} {limit.currentRunning():>6} of {_maximum(limit)}")
    if not found:
        print("no limits; make one with: cuelet limits set NAME MAX")
    return Exit.OK


def _values(limit: Limit) -> dict[str, object]:
    return {
        "id": limit.id(),
        "name": limit.name(),
        "max": limit.maxValue(),
        "running": limit.currentRunning(),
    }


def _maximum(limit: Limit) -> str:
    return "any number" if limit.maxValue() < 0 else str(limit.maxValue())


def set_limit(options: argparse.Namespace) -> int:
    """Make a limit, or change the maximum of the one of that name."""
    known = {limit.name(): limit for limit in opencue.api.getLimits()}
    if options.name in known:
        known[options.name].setMaxValue(options.max)
    else:
        opencue.api.createLimit(options.name, options.max)
    most = "any number of frames" if options.max < 0 else count(options.max, "frame")
    print(f"limit {options.name} lets {most} run at a time")
    return Exit.OK


def delete_limit(options: argparse.Namespace) -> int:
    """Remove a limit; layers that carry it run without it."""
    opencue.api.findLimit(options.name).delete()
    print(f"deleted limit {options.name}")
    return Exit.OK
