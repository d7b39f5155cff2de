"""``cuelet jobs``: the jobs of the farm."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

from cuelet.cli import tables
from cuelet.cli.exits import Exit
from cuelet.cli.jobs.leftovers import state_text
from cuelet.client.jobs import JobView, list_jobs
from cuelet.quantities import duration

RECENT_S = 24 * 3600


def jobs(options: argparse.Namespace) -> int:
    """List pending jobs and those that finished lately, newest last."""
    chosen = list_jobs(ended_since=0 if options.all else time.time() - RECENT_S)
    if options.json:
        print(json.dumps([job.values() for job in chosen]))
    elif chosen:
        _print_jobs(chosen)
    else:
        print("no jobs; run one with cuelet run SCRIPT")
    return Exit.OK


def _print_jobs(found: Sequence[JobView]) -> None:
    table = tables.table(
        ("job", "left"),
        ("state", "left"),
        ("done", "right"),
        ("running", "right"),
        ("dead", "right"),
        ("age", "right"),
    )
    for job in found:
        table.add_row(
            job.name,
            state_text(job),
            f"{job.done}/{job.frames}",
            str(job.running or ""),
            str(job.dead or ""),
            duration(time.time() - job.submitted_at) if job.submitted_at else "",
        )
    tables.show(table)
