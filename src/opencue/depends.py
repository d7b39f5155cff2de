"""What the layers of a job wait for, and how much of it is left: as a farm tells it, or found out of a stock Cuebot's."""

from __future__ import annotations

from typing import Any

from opencue import farm
from opencue.stock import depends as stock

__all__ = ["list_records"]


def list_records(job_id: str) -> list[dict[str, Any]]:
    """Return the depends of a job, each with ``layer``, ``on``, ``type``, ``active``, ``left``, ``on_left``, ``text`` and more."""
    answer = farm.call_or_none("GetDepends", job_id=job_id)
    if answer is None:
        return stock.list_records(job_id)
    records: list[dict[str, Any]] = answer["depends"]
    return records
