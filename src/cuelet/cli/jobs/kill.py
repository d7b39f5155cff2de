"""``cuelet kill``: kill a job, or the running frames that are named."""

from __future__ import annotations

import argparse
import getpass
import os

from cuelet.cli.exits import Exit
from cuelet.cli.jobs.which import confirm_layers
from cuelet.client import actions
from cuelet.client.lookup import get_job
from cuelet.quantities import count


def kill(options: argparse.Namespace) -> int:
    """Kill a whole job, or the running frames that --layer and --frames name."""
    job = get_job(options.job)
    confirm_layers("kill", job, options)
    by = actions.Actor(_user(), os.getpid(), os.uname().nodename, "cuelet kill")
    number = actions.kill(job, layers=options.layer, frames=options.frames, by=by)
    if number is None:
        print(f"killed {job.name()}")
    else:
        print(f"killing {count(number, 'frame')} of {job.name()}")
    return Exit.OK


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
