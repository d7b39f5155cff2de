"""Why frames do not run: what the farm answers, or what can be found out of a stock Cuebot's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from opencue import farm
from opencue.stock.explanation import Explanation, HeldFrames, Reason

__all__ = ["Explanation", "HeldFrames", "Reason", "explain"]


def explain(**asked: Any) -> Explanation:
    """Ask the farm why frames do not run; of a stock Cuebot's jobs it is found out here.

    Args:
        asked: ``frame_id``, or ``layer_id``, or ``job_id`` with ``layer`` (a name) and ``frame`` (a number).

    Raises:
        CueException: There is no such thing.
    """
    answer = farm.call_or_none("Why", **asked)
    if answer is None:
        from opencue.stock import (
            reasons,  # it asks by what wrappers are made of, and those ask here
        )

        return reasons.explain(**asked)
    frames = tuple(_held(values) for values in answer["frames"])
    return Explanation(job=answer["job"], frames=frames, stuck=answer["stuck"])


def _held(values: Mapping[str, Any]) -> HeldFrames:
    known = [field.name for field in fields(Reason)]
    reasons = tuple(
        Reason(**{name: reason[name] for name in known if name in reason})
        for reason in values["reasons"]
    )
    log = tuple(values.get("log", ()))
    return HeldFrames(values["frame"], values["count"], reasons, log)
