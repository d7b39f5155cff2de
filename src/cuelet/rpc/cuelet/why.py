"""What ``Why`` answers: reasons per group of alike frames, with the end of a dead one's log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cuelet.core.explain.depends import held_in_vain
from cuelet.core.explain.frames import explain_frame, explain_layer
from cuelet.core.explain.holds import lack_reasons
from cuelet.core.operations.command import Place, log_path
from cuelet.core.operations.launching import is_stuck
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.errors import InvalidRequestError
from cuelet.core.values.reason import Reason
from cuelet.core.values.states import DEAD, DEPEND, WAITING, JobState
from cuelet.pasting import pasteable
from cuelet.rpc import search
from outline.jobspec.log_tail import last_lines

LOG_LINES = 5
MAX_LOGS = 100
"""Logs looked at in one call; dead frames are in groups by then, so this is a guard."""

Values = Mapping[str, Any]
Group = tuple[int, int, list[Reason]]
"""Index of the first frame, number of frames, why they do not run."""


async def explained(farm: Farm, place: Place, request: Values) -> Values:
    """Return why the frames of a job, a layer or a frame do not run.

    Args:
        farm: The farm.
        place: Where the logs are.
        request: ``frame_id``, or ``layer_id``, or ``job_id`` (also a name) with ``layer`` (a name)
            and ``frame`` (a number) as far as given.

    Raises:
        NotFoundError: The farm has no such thing.
        InvalidRequestError: The frame is no number.
    """
    job, groups = _groups(farm, request)
    stuck = stuck_reason(farm, job)
    logs = dict(_logs_of_the_dead(job, groups, place))  # the frames may move on while logs are read
    names = [job.frame_name(index) for index, _, _ in groups]
    tails = await asyncio.to_thread(_tails, logs)
    found = [
        {
            "frame": name,
            "count": count,
            "reasons": [asdict(reason) for reason in reasons],
            "log": tails.get(index, []),
        }
        for name, (index, count, reasons) in zip(names, groups, strict=True)
    ]
    return {"job": job.name, "stuck": stuck, "frames": found}


def _groups(farm: Farm, request: Values) -> tuple[Job, list[Group]]:
    if frame_id := request.get("frame_id"):
        job, index = search.frame_of(farm, str(frame_id))
        return job, [_alone(farm, job, index)]
    if layer_id := request.get("layer_id"):
        job, layer = search.layer_of(farm, str(layer_id))
        return job, explain_layer(farm, job, layer)
    job = search.any_job(farm, str(request.get("job_id", "")))
    name = request.get("layer")
    layers = [farm.get_layer(job, str(name))] if name else job.layers
    if request.get("frame") is not None:
        return job, [_alone(farm, job, farm.get_frame(job, layers[0], _whole(request["frame"])))]
    return job, [group for layer in layers for group in explain_layer(farm, job, layer)]


def _alone(farm: Farm, job: Job, index: int) -> Group:
    return index, 1, explain_frame(farm, job, index)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidRequestError(request=f"frame {value!r}", reason="give a frame number")
    return value


def _logs_of_the_dead(job: Job, groups: list[Group], place: Place) -> Iterator[tuple[int, Path]]:
    dead = [index for index, _, _ in groups if job.state_of[index] == DEAD]
    for index in dead[:MAX_LOGS]:
        yield index, Path(log_path(job, index, place))


def _tails(logs: Mapping[int, Path]) -> dict[int, list[str]]:
    return {index: last_lines(path, LOG_LINES) for index, path in logs.items()}


def stuck_reason(farm: Farm, job: Job) -> str:
    """Say why a job cannot go on by itself, or return an empty text."""
    if job.state is not JobState.PENDING:
        return ""
    if job.paused:
        return f"the job is paused; {pasteable('cuelet', 'resume', job.name)}"
    if not is_stuck(farm, job):
        return ""
    reasons = _dead_reason(job), held_in_vain(farm, job), _unfit_reason(farm, job)
    return "; ".join(filter(None, reasons))


def _unfit_reason(farm: Farm, job: Job) -> str:
    """Say what waits for a machine other than this one."""
    unfit = next((layer for layer in job.layers if layer.counts[WAITING]), None)
    if unfit is None:
        return ""
    reason = lack_reasons(farm, job, unfit)[0]
    return f"layer {unfit.name} cannot start here: {reason.text}; {reason.remedy}"


def _dead_reason(job: Job) -> str:
    dead, waiting = job.count(DEAD), job.count(DEPEND)
    if not dead:
        return ""
    are = "1 frame is dead" if dead == 1 else f"{dead} frames are dead"
    vain = f", {waiting} wait in vain" if waiting else ""
    retry, eat = pasteable("cuelet", "retry", job.name), pasteable("cuelet", "eat", job.name)
    return f"{are}{vain}; {retry}, or {eat} to go on without"
