"""``cuelet kill``: kill a job, or the running frames that are named."""

from __future__ import annotations

import argparse
import getpass
import os

from cuelet.cli.exits import Exit
from cuelet.cli.jobs.naming import act_on_each, layers_and_frames, parts_of_jobs
from cuelet.cli.jobs.which import confirm_layers
from cuelet.client import actions
from cuelet.client.naming.targets import Target
from cuelet.quantities import count


def kill(options: argparse.Namespace) -> int:
    """Kill whole jobs, or the running frames of those parts that are named."""
    by = actions.Actor(_user(), os.getpid(), os.uname().nodename, "cuelet kill")

    def kill_part(target: Target) -> None:
        confirm_layers("kill", target, options)
        layers, frames = layers_and_frames(target, options)
        number = actions.kill(target.job, layers=layers, frames=frames, by=by)
        if number is None:
            print(f"killed {target.job.name()}")
        else:
            print(f"killing {count(number, 'frame')} of {target.job.name()}")

    act_on_each(parts_of_jobs(options), kill_part)
    return Exit.OK


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
