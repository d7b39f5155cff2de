"""Jobs of ``cuelet run`` that run in this process, without the farm: what they may use, and how they ended."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from cuelet.cli.exits import Exit
from outline import config
from outline.backend import local
from outline.backend.local import LocalFrame, LocalJob
from outline.jobspec.log_tail import last_lines


def configure(options: argparse.Namespace) -> None:
    """Let the flags of the command count for every launch of this process, and of those it starts."""
    if options.local:
        os.environ["OUTLINE_OUTLINE_BACKEND"] = "local"
    if options.threads is not None:
        os.environ["OUTLINE_OUTLINE_THREADS"] = str(options.threads)
    if options.log_dir is not None:
        os.environ["OUTLINE_OUTLINE_LOG_DIR"] = os.path.abspath(options.log_dir)
    config.reload()


def tell(
    jobs: Sequence[LocalJob], options: argparse.Namespace
) -> tuple[Exit, list[dict[str, Any]]]:
    """Say how jobs ended; return 7 when frames are dead, and the values of the jobs for ``--json``."""
    if not options.json:
        for job in jobs:
            print(local.describe(job))
    values = [_job_values(job) for job in jobs] if options.json else []
    return Exit(local.exit_status(jobs)), values


def _job_values(job: LocalJob) -> dict[str, Any]:
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
