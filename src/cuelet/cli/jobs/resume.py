"""``cuelet resume``: start frames of a paused job again."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import Exit
from cuelet.cli.jobs.pause import require_whole_job
from cuelet.client import actions
from cuelet.client.lookup import get_job


def resume(options: argparse.Namespace) -> int:
    """Start frames of a paused job again."""
    require_whole_job(options)
    job = get_job(options.job)
    actions.resume(job)
    print(f"resumed {job.name()}")
    return Exit.OK
