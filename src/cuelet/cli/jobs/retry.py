"""``cuelet retry``: run dead frames, or the named ones, again."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.jobs.naming import act_on_each, layers_and_frames, parts_of_jobs
from cuelet.cli.jobs.which import confirm_layers
from cuelet.client import actions
from cuelet.client.naming.targets import Target
from cuelet.quantities import count


def retry(options: argparse.Namespace) -> int:
    """Run them again, on request with more memory."""
    memory_mb = options.memory_mb
    if memory_mb is not None and memory_mb < 1:
        raise CommandError(f"--memory-mb {memory_mb}: give MB, 1 or more", Exit.USAGE)

    def retry_part(target: Target) -> None:
        confirm_layers("retry", target, options)
        layers, frames = layers_and_frames(target, options)
        chosen = actions.select_dead(target.job, layers=layers, frames=frames)
        if memory_mb is not None:
            actions.reserve_memory(chosen, memory_mb)
        actions.retry(chosen)
        print(f"retried {count(chosen.count, 'frame')} of {target.job.name()}")

    act_on_each(parts_of_jobs(options), retry_part)
    return Exit.OK
