"""``cuelet resume``: start frames of a paused job again."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import Exit
from cuelet.cli.jobs.naming import act_on_each, whole_jobs
from cuelet.cli.jobs.pause import require_whole_job
from cuelet.client import actions
from opencue.wrappers.job import Job


def resume(options: argparse.Namespace) -> int:
    """Start frames of paused jobs again."""
    require_whole_job(options)

    def resume_job(job: Job) -> None:
        actions.resume(job)
        print(f"resumed {job.name()}")

    act_on_each(whole_jobs(options, "resumed"), resume_job)
    return Exit.OK
