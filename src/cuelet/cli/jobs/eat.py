"""``cuelet eat``: give up on dead frames, or the named ones, so that the rest can go on."""

from __future__ import annotations

import argparse

from cuelet.cli.exits import Exit
from cuelet.cli.jobs.naming import act_on_each, layers_and_frames, parts_of_jobs
from cuelet.cli.jobs.which import confirm_layers
from cuelet.client import actions
from cuelet.client.eating import eat as eat_frames
from cuelet.client.naming.targets import Target
from cuelet.quantities import count


def eat(options: argparse.Namespace) -> int:
    """Give up on them."""

    def eat_part(target: Target) -> None:
        confirm_layers("eat", target, options)
        layers, frames = layers_and_frames(target, options)
        chosen = actions.select_dead(target.job, layers=layers, frames=frames)
        eaten = eat_frames(chosen)
        print(f"ate {count(eaten.frames, 'frame')} of {target.job.name()}")
        if eaten.released:
            print(
                f"released {count(eaten.released, 'frame')} that waited for them, as this Cuebot does not by itself"
            )

    act_on_each(parts_of_jobs(options), eat_part)
    return Exit.OK
