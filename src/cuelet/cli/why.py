"""``cuelet why``: every reason why frames do not run, and the command that changes it."""

from __future__ import annotations

import argparse
import json
from typing import Any

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.lookup import find_job
from cuelet.cli.text import count


def why(options: argparse.Namespace) -> int:
    """Explain a job, a layer or a frame."""
    job = find_job(options.job)
    asked = {"layer": options.layer, "frame": options.frame}
    answer = opencue.farm.call_or_none("Why", job_id=job.id(), **asked)
    if answer is None:
        raise CommandError("this server is a stock Cuebot: it cannot say why", Exit.USAGE)
    if options.json:
        print(json.dumps(answer))
        return Exit.OK
    for group in answer["frames"]:
        _print_group(group)
    if not answer["frames"]:
        print(f"{answer['job']}: every frame runs or is done")
    if answer["stuck"]:
        print(f"the job cannot go on by itself: {answer['stuck']}")
    return Exit.OK


def _print_group(group: dict[str, Any]) -> None:
    others = group["count"] - 1
    print(group["frame"] + (f" and {count(others, 'frame')} like it" if others else ""))
    for reason in group["reasons"]:
        print(f"  {reason['text']}")
        if reason["remedy"]:
            print(f"    {reason['remedy']}")
