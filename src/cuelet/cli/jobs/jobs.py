"""``cuelet jobs``: the jobs of the farm."""

from __future__ import annotations

import argparse
import json
import sys
import time

from cuelet.cli import tables
from cuelet.cli.ages import moment_of
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.jobs.leftovers import state_text
from cuelet.client.job_list import JobFilter, JobList, list_jobs
from cuelet.quantities import count, duration
from opencue.naming.spelling import short_ids

RECENT_S = 24 * 3600


def jobs(options: argparse.Namespace) -> int:
    """List the jobs that are asked for: by default pending ones and those that finished lately, newest last."""
    found = list_jobs(_wanted(options))
    if options.json:
        print(json.dumps([job.values() for job in found.jobs]))
    elif found.jobs:
        _print_jobs(found)
    else:
        print(
            "no such jobs" if _is_narrowed(options) else "no jobs; run one with cuelet run SCRIPT"
        )
    _say_left_out(found)
    return Exit.OK


def _wanted(options: argparse.Namespace) -> JobFilter:
    """Return what is asked for; raises CommandError."""
    if options.limit is not None and options.limit < 1:
        raise CommandError(f"--limit {options.limit}: give 1 or more", Exit.USAGE)
    now = time.time()
    since = moment_of(options.since, "--since", now=now) if options.since else 0.0
    return JobFilter(
        name=[*options.words, *(options.name or ())],
        show=options.show or (),
        shot=options.shot or (),
        user=options.user or (),
        state=options.state or (),
        since=since,
        ended_since=0.0 if options.all or options.since else now - RECENT_S,
        sort=options.sort,
        limit=options.limit or 0,
    )


def _is_narrowed(options: argparse.Namespace) -> bool:
    given = (options.words, options.name, options.show, options.shot, options.user, options.state)
    return any((*given, options.since))


def _say_left_out(found: JobList) -> None:
    """Say on stderr how many jobs match and are not shown."""
    if found.older:
        ended = count(found.older, "more job")
        sys.stderr.write(f"{ended} ended over a day ago: cuelet jobs --all\n")
    if found.cut:
        sys.stderr.write(f"{count(found.cut, 'more job')} beyond --limit\n")


def _print_jobs(found: JobList) -> None:
    """Print a table; jobs whose names others have too come with the beginnings of their ids."""
    ids = short_ids([job.id for job in found.jobs])
    table = tables.table(
        ("job", "left"),
        *([("id", "left")] if found.clashing else ()),
        ("state", "left"),
        ("done", "right"),
        ("running", "right"),
        ("dead", "right"),
        ("age", "right"),
        spare=("age", "running"),
        cut="state",
    )
    for job in found.jobs:
        table.add_row(
            job.name,
            *([ids[job.id] if job.id in found.clashing else ""] if found.clashing else ()),
            state_text(job),
            f"{job.done}/{job.frames}",
            str(job.running or ""),
            str(job.dead or ""),
            duration(time.time() - job.submitted_at) if job.submitted_at else "",
        )
    tables.show(table)
