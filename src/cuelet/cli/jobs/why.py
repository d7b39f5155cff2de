"""``cuelet why``: every reason why frames do not run, and the command that changes it."""

from __future__ import annotations

import argparse
import json

from cuelet.cli.exits import CommandError, Exit
from cuelet.client.lookup import get_job
from opencue.exception import StockCuebotException
from opencue.why import explain


def why(options: argparse.Namespace) -> int:
    """Explain a job, a layer or a frame."""
    job = get_job(options.job)
    try:
        found = explain(job_id=job.id(), layer=options.layer, frame=options.frame)
    except StockCuebotException as error:
        raise CommandError(str(error), Exit.USAGE) from error
    print(json.dumps(found.values()) if options.json else found)
    return Exit.OK
