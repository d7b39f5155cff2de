"""When layers may start: set by their job, or by somebody later."""

from __future__ import annotations

from collections.abc import Iterable

from cuelet.core.state.decision import Decision
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.errors import InvalidRequestError

LATEST_AT = 253_402_300_799
"""End of the year 9999, in epoch seconds."""


def set_start_after(
    job: Job, layers: Iterable[Layer], at: float, *, by: str, decision: Decision
) -> None:
    """Start no frame of these layers before a time; running frames go on.

    Raises:
        InvalidRequestError: The time is none of years 1970 to 9999.

    Args:
        job: The job.
        layers: Layers of it.
        at: Epoch seconds; 0 for at once.
        by: Who says so.
        decision: Notes the change.
    """
    if not 0 <= at <= LATEST_AT:
        raise InvalidRequestError(request=f"start after {at:g}", reason="use seconds since 1970")
    for layer in layers:
        layer.start_after = at
        layer.start_after_reason = f"set by {by}" if at else ""
    decision.job(job)
