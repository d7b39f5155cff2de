"""``cuelet farm prune``: forget jobs that ended long ago, and on request their logs."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import opencue
from cuelet.cli.ages import seconds_of
from cuelet.cli.exits import CommandError, Exit
from cuelet.client import disk_usage
from cuelet.quantities import count, memory
from cuelet.settings import Settings, default_state_dir


@dataclass(slots=True)
class _Pruning:
    """What is to go, or went."""

    jobs: list[dict[str, Any]]
    logs: list[Path] = field(default_factory=list)
    """Folders of logs: of these jobs, and of jobs that nobody knows any more."""
    logs_bytes: int = 0


def prune(options: argparse.Namespace) -> int:
    """Say what would go, ask, and forget it.

    Raises:
        CommandError: The age is not understood, nobody can be asked, or a folder stays.
    """
    before = time.time() - seconds_of(options.older_than)
    sizes = disk_usage.measure()
    plan = _look(before, logs=options.logs, dry_run=True)
    sys.stderr.write(f"now: {sizes.line()}\n")
    _say("would forget" if options.dry_run else "to forget", plan, options)
    done = _Pruning([])
    if not options.dry_run and (plan.jobs or plan.logs) and _is_wanted(options):
        done = _look(before, logs=options.logs, dry_run=False)
        _remove(done)
        _say("forgot", done, options)
    if options.json:
        print(json.dumps(_values(plan, done, sizes)))
    return Exit.OK


def _look(before: float, *, logs: bool, dry_run: bool) -> _Pruning:
    answer = opencue.farm.call_or_none("Prune", before=before, dry_run=dry_run)
    if answer is None:
        raise CommandError("this server is a stock Cuebot: its history is kept there", Exit.USAGE)
    found = _Pruning(answer["jobs"])
    if logs:
        gone = {job["id"] for job in found.jobs}
        found.logs = list(_find_logs(gone, set(answer["known"]), before))
        found.logs_bytes = sum(disk_usage.size_of_folder(path).size_bytes for path in found.logs)
    return found


def _find_logs(gone: Collection[str], known: Collection[str], before: float) -> Iterator[Path]:
    """Yield the log folders of jobs that go, and old ones of jobs that nobody knows.

    They are looked for below the state directory only, and no link is followed.
    """
    root = Settings(state_dir=default_state_dir()).frame_logs
    for folder in sorted(root.glob("*/*/logs/*--*")):
        job_id = folder.name.rpartition("--")[2]
        if any(part.is_symlink() for part in (folder, *folder.parents[:3])) or job_id in known:
            continue
        if job_id in gone or folder.stat().st_mtime < before:
            yield folder


def _say(verb: str, pruning: _Pruning, options: argparse.Namespace) -> None:
    if options.json:
        return
    frames = sum(job["frames"] for job in pruning.jobs)
    print(f"{verb}: {count(len(pruning.jobs), 'job')} of {count(frames, 'frame')}", end="")
    if options.logs:
        folders = count(len(pruning.logs), "folder")
        print(f", and {folders} of logs, {memory(pruning.logs_bytes / 1024)}", end="")
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


def _remove(pruning: _Pruning) -> None:
    failed = []
    for folder in pruning.logs:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            failed.append(f"{folder}: {error.strerror or error}")
    if failed:
        raise CommandError(f"forgot the jobs, but logs stay: {'; '.join(failed)}")


def _values(plan: _Pruning, done: _Pruning, sizes: disk_usage.Sizes) -> dict[str, Any]:
    return {
        "jobs": [job["name"] for job in plan.jobs],
        "logs": [str(path) for path in plan.logs],
        "logs_bytes": plan.logs_bytes,
        "forgotten": [job["name"] for job in done.jobs],
        "sizes": sizes.values(),
    }
