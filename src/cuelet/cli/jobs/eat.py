"""``cuelet eat``: give up on dead frames, or the named ones, so that the rest can go on."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import Exit
from cuelet.cli.jobs.which import confirm_layers
from cuelet.client import actions
from cuelet.client.lookup import get_job
from cuelet.quantities import count


def eat(options: argparse.Namespace) -> int:
    """Give up on them."""
    job = get_job(options.job)
    confirm_layers("eat", job, options)
    chosen = actions.select_dead(job, layers=options.layer, frames=options.frames)
    actions.eat(chosen)
    print(f"ate {count(chosen.count, 'frame')} of {job.name()}")
    return Exit.OK
