"""``cuelet limits list|set|delete``: how many frames may use one thing at a time."""

from __future__ import annotations

import argparse
import json

from cuelet.cli.exits import Exit
from cuelet.client import limits
from cuelet.quantities import count


def list_limits(options: argparse.Namespace) -> int:
    """Print every limit with its maximum and how many frames take it."""
    found = limits.list_limits()
    if options.json:
        print(json.dumps([limit.values() for limit in found]))
        return Exit.OK
    for limit in found:
        print(f"{limit.name:<24} {limit.running:>6} of {_maximum(limit)}")
    if not found:
        print("no limits; make one with: cuelet limits set NAME MAX")
    return Exit.OK


def _maximum(limit: limits.LimitView) -> str:
    return "any number" if limit.max < 0 else str(limit.max)


def set_limit(options: argparse.Namespace) -> int:
    """Make a limit, or change the maximum of the one of that name."""
    limits.set_limit(options.name, options.max)
    most = "any number of frames" if options.max < 0 else count(options.max, "frame")
    print(f"limit {options.name} lets {most} run at a time")
    return Exit.OK


def delete_limit(options: argparse.Namespace) -> int:
    """Remove a limit; layers that carry it run without it."""
    limits.delete_limit(options.name)
    print(f"deleted limit {options.name}")
    return Exit.OK
