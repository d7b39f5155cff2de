"""``cuelet run``: launch what a script builds, and follow it to its end."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from cuelet.cli.exits import Exit
from cuelet.cli.run.script import launch_script
from cuelet.cli.run.watch import follow
from cuelet.client.jobs import current_view
from opencue.wrappers.job import Job
from outline.cuerun import LaunchContext


def run(options: argparse.Namespace) -> int:
    """Launch the outlines of a script and, unless --detach, watch them to their end."""
    with LaunchContext(overrides=overrides(options)):
        jobs = launch_script(Path(options.script), options.args, pycuerun=options.pycuerun)
    if options.detach:
        _print_jobs(jobs, options)
        return Exit.OK
    return follow(jobs, options)


def overrides(options: argparse.Namespace) -> dict[str, bool]:
    """Return the flags of the command that go before what the script's own launches say."""
    flags = {"skip_existing": options.skip_existing, "force": options.force}
    return {name: True for name, said in flags.items() if said}


def _print_jobs(jobs: list[Job], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps([current_view(job).values() for job in jobs]))
        return
    for job in jobs:
        print(f"launched {job.name()}; watch it with cuelet watch {job.name()}")
