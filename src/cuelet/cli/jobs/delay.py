"""``cuelet delay``: start no frame of a job, or of some of its layers, before a time."""

from __future__ import annotations

import argparse
import getpass
import time
from datetime import datetime

from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.jobs.naming import act_on_each, parts_of_jobs
from cuelet.client import actions
from cuelet.client.naming.targets import Target
from outline.jobspec.starttime import REMEDY, start_at


def delay(options: argparse.Namespace) -> int:
    """Set or clear the time before which no frame starts."""
    *options.words, when = options.words
    if not options.words:
        raise CommandError(f"name a job, then the time: {REMEDY}, or off", Exit.USAGE)
    at = 0.0 if when == "off" else start_at(when, now=time.time())
    if at is None:
        raise CommandError(f"{when!r} is no time: {REMEDY}, or off", Exit.USAGE)

    def delay_part(target: Target) -> None:
        layers = [target.layer] if target.layer else options.layer
        delayed = actions.delay(target.job, at, layers=layers, user=_user())
        print(f"{', '.join(delayed)} of {target.job.name()} {_when(at)}")

    act_on_each(parts_of_jobs(options, no_frames="whole layers are delayed"), delay_part)
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
