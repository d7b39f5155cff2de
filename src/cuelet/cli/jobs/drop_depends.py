"""``cuelet drop-depends``: let a job, or a layer of it, start without waiting for other jobs."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import Exit
from cuelet.client.depends import drop_between_jobs
from cuelet.client.lookup import get_job
from cuelet.quantities import count


def drop(options: argparse.Namespace) -> int:
    """Drop the depends of a job on other jobs: all of them, or those that are named."""
    job = get_job(options.job)
    number = drop_between_jobs(job, layers=options.layer or (), on=options.on or "")
    print(f"dropped {count(number, 'depend')} of {job.name()}")
    return Exit.OK
