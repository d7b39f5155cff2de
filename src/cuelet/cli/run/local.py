"""``cuelet run --local``: run what a script builds here and now, without the farm."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.run.run import overrides
from cuelet.cli.run.script import launch_script
from outline import config
from outline.backend import local
from outline.backend.local import LocalFrame, LocalJob
from outline.cuerun import LaunchContext
from outline.jobspec.log_tail import last_lines


def run(options: argparse.Namespace) -> int:
    """Run the outlines of a script to their ends; exit 7 when frames are dead.

    Raises:
        CommandError: The script launched on another backend by itself.
    """
    _choose_backend(options)
    with LaunchContext(overrides=overrides(options)):
        launched: list[Any] = launch_script(
            Path(options.script), options.args, pycuerun=options.pycuerun
        )
    jobs = [job for job in launched if isinstance(job, LocalJob)]
    if len(jobs) < len(launched):
        raise CommandError("the script names another backend in its launch; --local cannot run it")
    if options.json:
        print(json.dumps([job_values(job) for job in jobs]))
    else:
        for job in jobs:
            print(local.describe(job))
    return Exit(local.exit_status(jobs))


def _choose_backend(options: argparse.Namespace) -> None:
    """Make the local backend the one that every launch of this process uses unless it names another."""
    os.environ["OUTLINE_OUTLINE_BACKEND"] = "local"
    if options.threads is not None:
        os.environ["OUTLINE_OUTLINE_THREADS"] = str(options.threads)
    if options.log_dir is not None:
        os.environ["OUTLINE_OUTLINE_LOG_DIR"] = os.path.abspath(options.log_dir)
    config.reload()


def job_values(job: LocalJob) -> dict[str, Any]:
    """Return a local job as JSON-ready values."""
    return {
        "id": job.id(),
        "name": job.name(),
        "state": "finished" if job.is_success() else "failed",
        "frames": job.totalFrames(),
        "succeeded": job.succeededFrames(),
        "dead": job.deadFrames(),
        "eaten": job.eatenFrames(),
        "depend": job.dependFrames(),
        "log_dir": job.logDir(),
        "dead_frames": [_frame_values(each) for each in job.frames() if each.state == "DEAD"],
    }


def _frame_values(frame: LocalFrame) -> dict[str, Any]:
    return {
        "name": frame.name,
        "exit_status": frame.exit_status,
        "attempts": frame.attempts,
        "reason": frame.reason,
        "log_path": frame.log_path,
        "last_lines": last_lines(frame.log_path, local.LAST_LINES),
    }
