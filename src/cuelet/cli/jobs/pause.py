"""``cuelet pause``: start no more frames of a job."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import CommandError, Exit
from cuelet.client import actions
from cuelet.client.lookup import get_job


def pause(options: argparse.Namespace) -> int:
    """Start no more frames of a job; running ones go on."""
    require_whole_job(options)
    job = get_job(options.job)
    actions.pause(job)
    print(f"paused {job.name()}")
    return Exit.OK


def require_whole_job(options: argparse.Namespace) -> None:
    """Refuse a part of a job; raises CommandError."""
    if options.layer or options.frames:
        raise CommandError(
            "a whole job is paused or resumed: leave --layer, --frames out", Exit.USAGE
        )
