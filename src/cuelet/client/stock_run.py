"""What a frame of a stock Cuebot executes: as RQD wrote it into the frame's log, else as Cuebot would hand it out."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from cuelet.client.logs import log_path
from cuelet.client.repro import FrameRun, RunStep
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer
from outline.frames import FrameRangeError, parse_range
from outline.jobspec import tokens
from outline.jobspec.rqd_log import head_facts

_OF_THIS_USER = ("HOME", "SHELL", "TERM", "LANG")
"""Variables that a login gives, and RQD does not write down."""
_FROM_LOG = (
    "this Cuebot keeps no environment; command and variables are those that RQD wrote into the log"
)
_FROM_SHELL = (
    "this Cuebot keeps no environment, and RQD has written none into a log that can be read here: "
    "the command gets this shell's, and through pycuerun what its session has"
)


def run_at_cuebot(job: Job, frame: Frame) -> FrameRun:
    """Return what an attempt of a frame would execute, as far as that can be known here.

    Args:
        job: The frame's job.
        frame: The frame.
    """
    return _from_log(job, frame) or _from_layer(job, frame)


def _from_log(job: Job, frame: Frame) -> FrameRun | None:
    """Return what the latest attempt executed; None when RQD wrote no log that can be read."""
    facts: dict[str, str] = {}
    variables: dict[str, str] = {}
    with contextlib.suppress(OSError), log_path(job, frame).open("rb") as log:
        facts, variables = head_facts(log)
    if "command" not in facts:
        return None
    env = {name: os.environ[name] for name in _OF_THIS_USER if name in os.environ} | variables
    return _run(job, frame, facts["command"], env, facts.get("cwd", ""), _FROM_LOG)


def _from_layer(job: Job, frame: Frame) -> FrameRun:
    layer = job.getLayer(frame.layer())
    variables = {
        "CUE_JOB": job.name(), "CUE_SHOW": job.show(), "CUE_SHOT": job.shot(), "CUE_USER": job.user(),
        "CUE_LAYER": layer.name(), "CUE_FRAME": frame.name(), "CUE_IFRAME": str(frame.number()),
        "CUE_RANGE": layer.range(), "CUE_CHUNK": str(layer.chunkSize()),
    }  # fmt: skip
    command = tokens.replace(layer.command(), _tokens(job, layer, frame))
    return _run(job, frame, command, {**os.environ, **variables}, "", _FROM_SHELL)


def _tokens(job: Job, layer: Layer, frame: Frame) -> dict[str, str]:
    chunk = layer.chunkSize()
    return tokens.opencue_values(
        frame=frame.number(),
        frames=_chunk(layer.range(), frame.number(), chunk),
        chunk=chunk,
        layer=layer.name(),
        job=job.name(),
    )


def _chunk(text: str, first: int, size: int) -> tuple[int, ...]:
    """Return the frames of the chunk that begins with one."""
    try:
        numbers = tuple(parse_range(text))
        at = numbers.index(first)
    except (FrameRangeError, ValueError):
        return (first,)
    return numbers[at : at + max(size, 1)]


def _run(
    job: Job, frame: Frame, command: str, env: dict[str, str], cwd: str, note: str
) -> FrameRun:
    """Return a run of a command by the shell, as RQD has it run."""
    there = cwd if cwd and Path(cwd).is_dir() else tempfile.gettempdir()
    step = RunStep(("/bin/sh", "-c", command), {})
    return FrameRun(
        frame=frame.name(), job=job.name(), cwd=there, env=env, steps=(step,), note=note
    )
