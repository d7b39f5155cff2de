"""``cuelet drop-depends``: let a job, or a layer of it, start without waiting for other jobs."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import Exit
from cuelet.cli.jobs.naming import act_on_each, parts_of_jobs
from cuelet.client.depends import drop_between_jobs
from cuelet.client.naming.targets import Target
from cuelet.quantities import count


def drop(options: argparse.Namespace) -> int:
    """Drop the depends of jobs on other jobs: all of them, or those that are named."""

    def drop_of(target: Target) -> None:
        layers = [target.layer] if target.layer else options.layer or ()
        number = drop_between_jobs(target.job, layers=layers, on=options.on or "")
        print(f"dropped {count(number, 'depend')} of {target.job.name()}")

    act_on_each(parts_of_jobs(options, no_frames="depends go by layer"), drop_of)
    return Exit.OK
