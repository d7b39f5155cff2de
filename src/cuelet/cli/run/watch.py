"""``cuelet watch``: follow jobs to their ends, and say how they ended."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.jobs.leftovers import print_dead, skipped_lines
from cuelet.cli.jobs.naming import whole_jobs
from cuelet.cli.run.progress import exit_status, show, summary
from cuelet.client.frames import list_dead, list_skipped
from cuelet.client.jobs import JobView, list_outputs
from cuelet.client.lookup import word_for
from cuelet.pasting import pasteable
from opencue.ending import Ending, patiently
from opencue.wrappers.job import Job


def watch(options: argparse.Namespace) -> int:
    """Follow jobs to their ends."""
    return follow(whole_jobs(options, "watched"), options)


def follow(
    jobs: Sequence[Job], options: argparse.Namespace, *, also: Sequence[dict[str, Any]] = ()
) -> int:
    """Watch jobs one after the other; return the worst of their statuses.

    Args:
        jobs: The jobs.
        options: Those of the command.
        also: Values of jobs that have ended already, which ``--json`` prints in front.
    """
    endings = [_follow_one(job, options) for job in jobs]
    if options.json:
        print(json.dumps([*also, *(view.values() for view, _ in endings)]))
    return max((exit_status(ending) for _, ending in endings), default=Exit.OK)


def _follow_one(job: Job, options: argparse.Namespace) -> tuple[JobView, Ending]:
    try:
        view, ending = show(job.id(), quiet=options.quiet, timeout_s=options.timeout)
    except KeyboardInterrupt:
        raise CommandError(
            f"{job.name()} runs on; come back with {pasteable('cuelet', 'watch', job.name())}",
            Exit.INTERRUPTED,
        ) from None
    if not options.json:
        _print_ending(job, view, ending)
    return view, ending


def _print_ending(job: Job, view: JobView, ending: Ending) -> None:
    """Say how a job ended, what it skipped and wrote, and what died."""
    print(summary(view, ending))
    for line in skipped_lines(patiently(lambda: list_skipped(job.id()))):
        print(f"  {line}")
    for layer, path in patiently(lambda: list_outputs(job)):
        print(f"  {layer}: {path}")
    if ending.dead:
        print_dead(*patiently(lambda: (word_for(job), list_dead(job))))
    if ending.stuck:
        print(f"it cannot go on: {ending.stuck}", file=sys.stderr)
