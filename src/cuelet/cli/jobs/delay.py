"""``cuelet delay``: start no frame of a job, or of some of its layers, before a time."""

from __future__ import annotations

import argparse
import getpass
import math
import time
from datetime import datetime

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.client.lookup import find_job
from opencue.wrappers.layer import Layer
from outline.jobspec.starttime import ADVICE, start_at


def delay(options: argparse.Namespace) -> int:
    """Set or clear the time before which no frame starts."""
    at = 0.0 if options.when == "off" else start_at(options.when, now=time.time())
    if at is None:
        raise CommandError(f"{options.when!r} is no time: {ADVICE}, or off", Exit.USAGE)
    job = find_job(options.job)
    if job.state() == opencue.api.job_pb2.FINISHED:
        raise CommandError(f"{job.name()} has ended: there is nothing to delay")
    layers = [job.getLayer(name) for name in options.layer or ()] or job.getLayers()
    for layer in layers:
        layer.setStartAfter(math.ceil(at), username=_user())
    print(f"{_names(layers)} of {job.name()} {_when(at)}")
    return Exit.OK


def _names(layers: list[Layer]) -> str:
    return ", ".join(layer.name() for layer in layers)


def _when(at: float) -> str:
    if not at:
        return "starts as soon as it can"
    return f"starts after {datetime.fromtimestamp(at).astimezone().isoformat(' ', 'seconds')}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
