"""What changed of a plan since a file of plans, or since a job of the farm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cuelet.cli.exits import CommandError, Exit
from cuelet.client.farm_facts import FarmFacts
from outline.planning.diff import Change, compare, plans_in
from outline.planning.model import Plan


def changes_since(since: str, plan: Plan, farm: FarmFacts | None) -> list[Change]:
    """Return what changed of a plan since a file of plans, or a job of the farm.

    Raises:
        CommandError: There is no such plan, or nobody to ask for the job.
    """
    path = Path(since)
    if path.is_file():
        return compare(_plan_in_file(path, plan), plan.to_dict())
    if farm is None:
        raise CommandError(
            f"{since!r} is no file, and no farm answers that could know it", Exit.UNREACHABLE
        )
    return compare(farm.job_as_plan(since, plan), plan.to_dict())


def _plan_in_file(path: Path, plan: Plan) -> dict[str, Any]:
    """Return the plan of the same name in a file, or the only one."""
    try:
        found = plans_in(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise CommandError(f"{path} is no JSON: {error}") from error
    named = [each for each in found if each.get("name") == plan.name]
    if not named and len(found) != 1:
        raise CommandError(f"{path} has no plan of {plan.name!r}", Exit.NOT_FOUND)
    return (named or found)[0]
