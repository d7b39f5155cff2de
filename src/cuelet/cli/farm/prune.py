"""``cuelet farm prune``: forget jobs that ended long ago, and on request their logs."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from cuelet.cli.ages import seconds_of
from cuelet.cli.exits import CommandError, Exit
from cuelet.client import disk_usage, pruning
from cuelet.client.pruning import Pruning
from cuelet.quantities import count, memory


def prune(options: argparse.Namespace) -> int:
    """Say what would go, ask, and forget it.

    Raises:
        CommandError: The age is not understood, or nobody can be asked.
    """
    before = time.time() - seconds_of(options.older_than)
    sizes = disk_usage.measure()
    plan = pruning.prune(before, logs=options.logs, dry_run=True)
    sys.stderr.write(f"now: {sizes.line()}\n")
    _say("would forget" if options.dry_run else "to forget", plan, options)
    done = Pruning()
    if not options.dry_run and (plan.jobs or plan.logs) and _is_wanted(options):
        done = pruning.prune(before, logs=options.logs, dry_run=False)
        pruning.remove_logs(done.logs)
        _say("forgot", done, options)
    if options.json:
        print(json.dumps(_values(plan, done, sizes)))
    return Exit.OK


def _say(verb: str, pruned: Pruning, options: argparse.Namespace) -> None:
    if options.json:
        return
    jobs = f"{count(len(pruned.jobs), 'job')} of {count(pruned.frames, 'frame')}"
    print(f"{verb}: {jobs}", end="")
    if options.logs:
        folders = count(len(pruned.logs), "folder")
        print(f", and {folders} of logs, {memory(pruned.logs_bytes / 1024)}", end="")
    print()


def _is_wanted(options: argparse.Namespace) -> bool:
    """Ask; raises CommandError when there is nobody to ask."""
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to confirm; repeat with --yes", Exit.USAGE)
    sys.stderr.write("forget them? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _values(plan: Pruning, done: Pruning, sizes: disk_usage.Sizes) -> dict[str, Any]:
    return {
        "jobs": list(plan.jobs),
        "logs": [str(path) for path in plan.logs],
        "logs_bytes": plan.logs_bytes,
        "forgotten": list(done.jobs),
        "sizes": sizes.values(),
    }
