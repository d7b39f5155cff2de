"""Which frames of a job did not have to run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import opencue
from cuelet.quantities import count
from opencue.wrappers.job import Job


def skipped(job: Job) -> Mapping[str, Any]:
    """Return what a Cuelet farm says of a job's skipped frames, by layer; nothing from a stock Cuebot."""
    answer = opencue.farm.call_or_none("GetSkipped", job_id=job.id())
    return answer or {"layers": {}, "reason": ""}


def skipped_lines(job: Job) -> Iterator[str]:
    """Yield one line per layer with skipped frames."""
    answer = skipped(job)
    for layer, found in answer["layers"].items():
        yield f"{layer}: {count(found['count'], 'frame')} ({found['frames']}) {answer['reason']}"
