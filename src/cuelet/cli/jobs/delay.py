"""``cuelet delay``: start no frame of a job, or of some of its layers, before a time."""

from __future__ import annotations

import argparse
import getpass
import time
from datetime import datetime

from cuelet.cli.exits import CommandError, Exit
from cuelet.client import actions
from cuelet.client.lookup import get_job
from outline.jobspec.starttime import REMEDY, start_at


def delay(options: argparse.Namespace) -> int:
    """Set or clear the time before which no frame starts."""
    at = 0.0 if options.when == "off" else start_at(options.when, now=time.time())
    if at is None:
        raise CommandError(f"{options.when!r} is no time: {REMEDY}, or off", Exit.USAGE)
    job = get_job(options.job)
    layers = actions.delay(job, at, layers=options.layer, user=_user())
    print(f"{', '.join(layers)} of {job.name()} {_when(at)}")
    return Exit.OK


def _when(at: float) -> str:
    if not at:
        return "starts as soon as it can"
    return f"starts after {datetime.fromtimestamp(at).astimezone().isoformat(' ', 'seconds')}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
