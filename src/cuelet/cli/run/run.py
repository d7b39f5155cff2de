"""``cuelet run``: launch what a script builds, and follow it to its end."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cuelet.cli.exits import Exit
from cuelet.cli.run.script import launch_script, on_farm
from cuelet.cli.run.watch import follow
from cuelet.cli.script_words import take_script
from cuelet.client.jobs import current_view
from cuelet.pasting import pasteable
from opencue.wrappers.job import Job
from outline.cuerun import LaunchContext

_OF_LOCAL_JOBS = (("threads", "--threads"), ("log_dir", "--log-dir"))
_OF_FARM_JOBS = (("timeout", "--timeout"), ("detach", "--detach"))


def run(options: argparse.Namespace) -> int:
    """Launch the outlines of a script and, unless --detach, watch them to their end.

    Jobs that a launch ran in this process have ended by then, and count with how they ended.
    """
    take_script(options)
    _configure_local(options)
    with LaunchContext(overrides=_overrides(options)):
        launched = launch_script(Path(options.script), options.args, pycuerun=options.pycuerun)
    farm_jobs = [job for job in launched if on_farm(job)]
    local_jobs = [job for job in launched if not on_farm(job)]
    _tell_without_effect(options, is_farm=bool(farm_jobs), is_local=bool(local_jobs))
    status, values = _tell_local(local_jobs, options)
    if options.detach:
        _print_detached(farm_jobs, options, values)
        return status
    return max(status, follow(farm_jobs, options, also=values))


def _overrides(options: argparse.Namespace) -> dict[str, Any]:
    """Return the flags of the command that go before what the script's own launches say."""
    flags = {
        "skip_existing": options.skip_existing,
        "force": options.force,
        "backend": "local" if options.local else None,
    }
    return {name: said for name, said in flags.items() if said}


def _configure_local(options: argparse.Namespace) -> None:
    """Make what the command says of local runs the default of this process and of those it starts."""
    if options.local or options.threads is not None or options.log_dir is not None:
        from cuelet.cli.run import local

        local.configure(options)


def _tell_local(
    jobs: Sequence[Any], options: argparse.Namespace
) -> tuple[Exit, list[dict[str, Any]]]:
    """Say how jobs ended that ran here; return their exit status, and their values for ``--json``."""
    if not jobs:
        return Exit.OK, []
    from cuelet.cli.run import local

    return local.tell(jobs, options)


def _tell_without_effect(options: argparse.Namespace, *, is_farm: bool, is_local: bool) -> None:
    """Name flags that meant nothing to any job."""
    for flags, there, elsewhere in (
        (_OF_LOCAL_JOBS, is_local, "the job went to the farm, not into this process"),
        (_OF_FARM_JOBS, is_farm, "the job ran in this process, to its end"),
    ):
        for name, flag in flags:
            if not there and (is_farm or is_local) and getattr(options, name):
                sys.stderr.write(f"note: {flag} has no effect: {elsewhere}\n")


def _print_detached(
    jobs: Sequence[Job], options: argparse.Namespace, local: Sequence[dict[str, Any]]
) -> None:
    if options.json:
        print(json.dumps([*local, *(current_view(job).values() for job in jobs)]))
        return
    for job in jobs:
        watch = pasteable("cuelet", "watch", job.name())
        print(f"launched {job.name()}; watch it with {watch}")
