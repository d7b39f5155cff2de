"""``cuelet pause``: start no more frames of a job."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.jobs.naming import act_on_each, whole_jobs
from cuelet.client import actions
from opencue.wrappers.job import Job


def pause(options: argparse.Namespace) -> int:
    """Start no more frames of jobs; running ones go on."""
    require_whole_job(options)

    def pause_job(job: Job) -> None:
        actions.pause(job)
        print(f"paused {job.name()}")

    act_on_each(whole_jobs(options, "paused"), pause_job)
    return Exit.OK


def require_whole_job(options: argparse.Namespace) -> None:
    """Refuse a part of a job; raises CommandError."""
    if options.layer or options.frames:
        raise CommandError(
            "a whole job is paused or resumed: leave --layer, --frames out", Exit.USAGE
        )
