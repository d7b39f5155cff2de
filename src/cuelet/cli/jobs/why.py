"""``cuelet why``: every reason why frames do not run, and the command that changes it."""

from __future__ import annotations

import argparse
import json

from cuelet.cli.exits import CommandError, Exit
from cuelet.client.naming.targets import Target, find_target, frame_of
from opencue.exception import StockCuebotException
from opencue.why import explain


def why(options: argparse.Namespace) -> int:
    """Explain a job, a layer or a frame."""
    try:
        found = explain(**_asked(find_target(options.words)))
    except StockCuebotException as error:
        raise CommandError(str(error), Exit.USAGE) from error
    print(json.dumps(found.values()) if options.json else found)
    return Exit.OK


def _asked(target: Target) -> dict[str, str]:
    """Return the id of what is asked about, as the farm takes it."""
    if target.frames:
        return {"frame_id": frame_of(target).id()}
    layers = [layer for layer in target.job.getLayers() if layer.name() == target.layer]
    return {"layer_id": layers[0].id()} if layers else {"job_id": target.job.id()}
