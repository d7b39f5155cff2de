"""``cuelet retry``: run dead frames, or the named ones, again."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.jobs.which import confirm_layers
from cuelet.client import actions
from cuelet.client.lookup import get_job
from cuelet.quantities import count


def retry(options: argparse.Namespace) -> int:
    """Run them again, on request with more memory."""
    job = get_job(options.job)
    confirm_layers("retry", job, options)
    chosen = actions.select_dead(job, layers=options.layer, frames=options.frames)
    memory_mb = options.memory_mb
    if memory_mb is not None:
        if memory_mb < 1:
            raise CommandError(f"--memory-mb {memory_mb}: give MB, 1 or more", Exit.USAGE)
        actions.reserve_memory(chosen, memory_mb)
    actions.retry(chosen)
    print(f"retried {count(chosen.count, 'frame')} of {job.name()}")
    return Exit.OK
