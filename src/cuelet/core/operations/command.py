"""What one attempt of a frame executes on this machine, asked of `outline.jobspec.execute`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.pace import PATIENCE_S
from cuelet.core.values.runs import RunRequest, Step
from outline.jobspec.execute import (
    Attempt,
    Ids,
    Reserved,
    for_layer,
    log_name,
    path_notes,
    reservation_notes,
    starts_as_launched,
)


@dataclass(frozen=True, slots=True)
class Place:
    """What the machine adds to every frame."""

    host: str
    log_root: str
    scratch: str
    """Where frames start whose job names no directory."""
    path_map: Mapping[str, str] = field(default_factory=dict)
    base_env: Mapping[str, str] = field(default_factory=dict)
    """Environment of frames whose job brings none."""


def base_environment(job: Job, layer: Layer, place: Place) -> Mapping[str, str]:
    """Return what a layer's frames start from: the submitter's environment, else that of the account."""
    return for_layer(_launched(job, place), job.spec, layer.spec)


def _launched(job: Job, place: Place) -> Mapping[str, str]:
    return place.base_env if job.spec.base_env is None else job.spec.base_env


def env_keys(job: Job) -> tuple[str, str]:
    """Return the names under which a runner may have environments of a job: for commands, and for its Python."""
    return job.id, f"{job.id}.python"


def _env_key(job: Job, layer: Layer, place: Place) -> str:
    as_it_is, fitted = env_keys(job)
    is_same = starts_as_launched(_launched(job, place), job.spec, layer.spec)
    return as_it_is if is_same else fitted


def log_dir(job: Job, place: Place) -> str:
    """Return the folder of a job's logs."""
    spec = job.spec
    return f"{place.log_root}/{spec.show}/{spec.shot}/logs/{job.name}--{job.id}"


def log_path(job: Job, index: int, place: Place) -> str:
    """Return the file a frame's current attempt writes to."""
    return f"{log_dir(job, place)}/{log_name(job.name, job.frame_name(index))}"


def build_run(
    job: Job,
    index: int,
    place: Place,
    *,
    reserved: tuple[float, int] | None = None,
    lane: str = "",
) -> RunRequest:
    """Return the run of a frame's current attempt.

    Args:
        job: The job.
        index: Job-wide index of the frame.
        place: The machine.
        reserved: Cores and memory (MB) of a frame that holds no reservation now.
        lane: The lane in which it waits for its turn; none for one that starts at once.
    """
    held = reserved or job.reserved[index]
    layer = job.layer_at(index)
    attempt = _attempt(job, layer, index, place, held)
    steps = attempt.steps()
    notes = [
        *reservation_notes(
            attempt.reserved,
            cores=layer.cores,
            max_cores=layer.max_cores,
            memory_mb=layer.memory_mb,
        ),
        *path_notes(steps[0]),
    ]
    check = job.started_with.get(index)
    if check and check.reason:
        notes.append(f"note     not skipped: {check.reason}")
    return RunRequest(
        run_id=job.run_id(index),
        steps=tuple(Step(tuple(step.argv), step.env) for step in steps),
        env_key=_env_key(job, layer, place),
        env=attempt.environment(),
        cwd=attempt.cwd,
        log_path=log_path(job, index, place),
        umask=job.spec.umask,
        header=attempt.header(steps[0], notes),
        lane=lane,
        patience_s=PATIENCE_S,
    )


def _attempt(job: Job, layer: Layer, index: int, place: Place, held: tuple[float, int]) -> Attempt:
    cores, memory_mb = held
    return Attempt(
        job=job.spec,
        layer=layer.spec,
        members=layer.tasks.members(index - layer.start),
        number=job.attempt[index],
        reserved=Reserved(
            cores=cores,
            memory_mb=memory_mb,
            gpus=job.gpus_held.get(index, layer.gpus),
            threadable=layer.threadable,
        ),
        ids=Ids(
            job=job.id,
            layer=job.frame_id(layer.start),
            frame=job.frame_id(index),
            log_dir=log_dir(job, place),
        ),
        host=place.host,
        cwd=job.spec.cwd or place.scratch,
        path_map=place.path_map,
    )
