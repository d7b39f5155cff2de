"""Methods of cuelet.Farm that look after the farm's own things: backups, and what is history."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cuelet.core.operations.command import log_dir
from cuelet.core.operations.history import forget, list_history
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.errors import InvalidRequestError
from cuelet.engine.engine import Engine

Values = Mapping[str, Any]
BackUp = Callable[[Path, bool], int]
"""Copies the database to a path, replacing what is there when told to; returns the size."""

FRAMES_AT_ONCE = 20_000
"""Frames forgotten in one transaction, or one job: the farm answers others in between."""


class Upkeep:
    """Answer ``Backup`` and ``Prune``.

    Args:
        engine: The farm.
        back_up: Copies the database; it runs in a thread of its own, so the farm goes on.
        shrink: Gives a part of the room of what was deleted back; tells whether more is left.
    """

    def __init__(self, engine: Engine, *, back_up: BackUp, shrink: Callable[[], bool]) -> None:
        self._engine, self._back_up, self._shrink = engine, back_up, shrink
        self._turn = asyncio.Lock()
        self.methods = {"Backup": self.on_backup, "Prune": self.on_prune}

    async def on_backup(self, request: Values) -> Values:
        """Copy the database to ``path``; ``force`` replaces a file that is there."""
        path = str(request.get("path", ""))
        if not path.startswith("/") or "\0" in path:
            raise InvalidRequestError(request=f"backup to {path!r}", reason="give an absolute path")
        async with self._turn:
            size = await asyncio.to_thread(self._back_up, Path(path), request.get("force") is True)
        return {"path": path, "size_bytes": size}

    async def on_prune(self, request: Values) -> Values:
        """Forget the jobs that ended before ``before``; with ``dry_run`` only tell which.

        Returns:
            ``jobs``: those, each ``id``, ``name``, ``stopped_at``, ``frames``, ``log_dir``;
            ``known``: ids of the jobs that stay.
        """
        before = _time_of(request.get("before"))
        async with self._turn:
            chosen = list_history(self._engine.farm, before=before)
            if request.get("dry_run") is not True:
                chosen = await self._forget(chosen, before)
        gone = {job.id for job in chosen}
        known = [job_id for job_id in self._engine.farm.jobs if job_id not in gone]
        return {"jobs": [self._job_values(job) for job in chosen], "known": known}

    async def _forget(self, jobs: Sequence[Job], before: float) -> list[Job]:
        gone: list[Job] = []
        for some in _in_parts(jobs):
            gone += await self._engine.submit(_forget_some([job.id for job in some], before))
        while self._shrink():
            await asyncio.sleep(0)
        return gone

    def _job_values(self, job: Job) -> Values:
        return {
            "id": job.id,
            "name": job.name,
            "stopped_at": job.stopped_at,
            "frames": job.size,
            "log_dir": log_dir(job, self._engine.place()),
        }


def _forget_some(
    job_ids: Sequence[str], before: float
) -> Callable[[Farm, Decision, float], list[Job]]:
    return lambda farm, decision, now: forget(farm, job_ids, decision, before=min(before, now))


def _in_parts(jobs: Iterable[Job]) -> Iterable[list[Job]]:
    """Yield jobs in parts of not too many frames each."""
    part: list[Job] = []
    for job in jobs:
        if part and sum(other.size for other in part) + job.size > FRAMES_AT_ONCE:
            yield part
            part = []
        part.append(job)
    if part:
        yield part


def _time_of(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(float(str(value))):
        raise InvalidRequestError(request=f"prune before {value!r}", reason="give seconds of time")
    return float(str(value))
