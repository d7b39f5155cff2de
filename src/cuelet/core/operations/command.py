"""What one attempt of a frame executes: tokens replaced, paths mapped, environment complete."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.pace import PATIENCE_S
from cuelet.core.values.runs import RunRequest, Step
from outline.frames import format_frames

_TOKEN = re.compile(
    r"#(ZFRAME|IFRAME|FRAME_START|FRAME_END|FRAME_CHUNK|FRAMESPEC|FRAME|LAYER|JOB)#"
)

MapArgv = Callable[[Sequence[str], Mapping[str, str]], list[str]]
"""Maps path prefixes in an argument list."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the machine adds to every frame."""

    host: str
    log_root: str
    scratch: str
    """Where frames start whose job names no directory."""
    map_argv: MapArgv
    path_map: Mapping[str, str] = field(default_factory=dict)
    base_env: Mapping[str, str] = field(default_factory=dict)
    """Environment of frames whose job brings none."""


def base_environment(job: Job, place: Place) -> Mapping[str, str]:
    """Return what a job's frames start from: the submitter's environment, else the farm's own."""
    return place.base_env if job.spec.base_env is None else job.spec.base_env


def log_dir(job: Job, place: Place) -> str:
    """Return the folder of a job's logs."""
    spec = job.spec
    return f"{place.log_root}/{spec.show}/{spec.shot}/logs/{job.name}--{job.id}"


def log_path(job: Job, index: int, place: Place) -> str:
    """Return the file a frame's current attempt writes to."""
    return f"{log_dir(job, place)}/{job.name}.{job.frame_name(index)}.rqlog"


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
    numbers = layer.tasks.members(index - layer.start)
    each = numbers if layer.spec.each_frame else numbers[:1]
    plain = [_argv(job, layer, index, number) for number in each]
    mapped = [place.map_argv(argv, place.path_map) for argv in plain]
    steps = tuple(
        Step(tuple(argv), {"CUE_IFRAME": str(number)})
        for argv, number in zip(mapped, each, strict=True)
    )
    notes = lowering_notes(layer, *held) + mapping_notes(plain[0], mapped[0])
    look = job.started_with.get(index)
    if look and look.reason:
        notes.append(f"note     not skipped: {look.reason}")
    cwd = job.spec.cwd or place.scratch
    return RunRequest(
        run_id=job.run_id(index),
        steps=steps,
        env_key=job.id,
        env=_environment(job, layer, index, place, held),
        cwd=cwd,
        log_path=log_path(job, index, place),
        header=_header(job, index, place, [*_what_runs(steps[0], cwd, held), *notes]),
        lane=lane,
        patience_s=PATIENCE_S,
    )


def _argv(job: Job, layer: Layer, index: int, number: int) -> list[str]:
    """Return the command of one frame number with its tokens replaced."""
    argv = layer.spec.argv
    plain = ("/bin/sh", "-c", layer.spec.command) if argv is None else argv
    if not any("#" in arg for arg in plain):
        return list(plain)
    tokens = token_values(job, layer, index, number)
    return [replace_tokens(arg, tokens) for arg in plain]


def replace_tokens(text: str, tokens: Mapping[str, str]) -> str:
    """Return a text with every token replaced by what `token_values` says."""
    return _TOKEN.sub(lambda match: tokens[match[1]], text)


def token_values(job: Job, layer: Layer, index: int, number: int) -> dict[str, str]:
    """Return what each token stands for in one frame number of a frame."""
    members = layer.tasks.members(index - layer.start)
    return {
        "ZFRAME": f"{number:04d}",
        "IFRAME": str(number),
        "FRAME_START": str(members[0]),
        "FRAME_END": str(members[-1]),
        "FRAME_CHUNK": str(layer.tasks.chunk),
        "FRAMESPEC": format_frames(members),
        "FRAME": f"{number:04d}-{layer.name}",
        "LAYER": layer.name,
        "JOB": job.name,
    }


def _environment(
    job: Job, layer: Layer, index: int, place: Place, held: tuple[float, int]
) -> dict[str, str]:
    """Return the variables OpenCue promises to a frame, over those of job and layer."""
    cores, memory_mb = held
    spec = job.spec
    frame_name = job.frame_name(index)
    own = {
        "CUE3": "1",
        "CUE_THREADS": str(max(1, int(cores + 0.01))),
        "CUE_MEMORY": str(memory_mb * 1024),
        "CUE_GPUS": str(job.gpus_held.get(index, layer.gpus)),
        "CUE_GPU_MEMORY": "0",
        "CUE_LOG_PATH": log_dir(job, place),
        "CUE_RANGE": layer.spec.range,
        "CUE_CHUNK": str(layer.tasks.chunk),
        "CUE_LAYER": layer.name,
        "CUE_JOB": job.name,
        "CUE_FRAME": frame_name,
        "CUE_SHOW": spec.show,
        "CUE_SHOT": spec.shot,
        "CUE_USER": spec.user,
        "CUE_JOB_ID": job.id,
        "CUE_LAYER_ID": job.frame_id(layer.start),
        "CUE_FRAME_ID": job.frame_id(index),
        "CUE_THREADABLE": "1" if layer.threadable else "0",
        "CUE_HOST": place.host,
    }
    mapped = {"CUELET_PATH_MAP": json.dumps(dict(place.path_map))} if place.path_map else {}
    return {**spec.env, **layer.spec.env, **own, **mapped}


def _what_runs(step: Step, cwd: str, held: tuple[float, int]) -> list[str]:
    return [
        f"command  {shlex.join(step.argv)}",
        f"cwd      {cwd}",
        f"reserved {held[0]:g} cores, {held[1]} MB",
    ]


def _header(job: Job, index: int, place: Place, lines: Sequence[str]) -> str:
    layer = job.layer_at(index)
    members = layer.tasks.members(index - layer.start)
    attempt = f"attempt {job.attempt[index]} on {place.host}"
    head = [f"frame    {job.frame_name(index)} of {job.name}, {attempt}"]
    if len(members) > 1:
        head.append(f"frames   {format_frames(members)}")
    rule = "=" * 60
    return "\n".join([rule, *head, *lines, rule, ""])


def mapping_notes(plain: Sequence[str], mapped: Sequence[str]) -> list[str]:
    """Return one line per argument that path mapping changed."""
    return [
        f"path map {old} -> {new}" for old, new in zip(plain, mapped, strict=True) if old != new
    ]


def lowering_notes(layer: Layer, cores: float, memory_mb: int) -> list[str]:
    """Return what of a layer's reservation this machine cannot give, in words."""
    notes = []
    if layer.cores > 1 and not layer.threadable:
        notes.append(f"note     {layer.cores:g} cores asked, one given: it is not threadable")
    elif layer.max_cores and layer.cores > layer.max_cores:
        notes.append(f"note     {layer.cores:g} cores asked, its most are {layer.max_cores:g}")
    elif layer.cores > cores + 1e-6:
        notes.append(f"note     {layer.cores:g} cores asked, lowered to this machine's {cores:g}")
    if layer.memory_mb > memory_mb:
        notes.append(
            f"note     {layer.memory_mb} MB asked, lowered to this machine's {memory_mb} MB"
        )
    return notes
