"""What an attempt of a frame executes, and the same as a shell script."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import opencue

_SECRET = re.compile(
    r"SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|AUTH", re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z_]\w*\Z")


@dataclass(frozen=True, slots=True)
class RunStep:
    """One command of an attempt."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    """What it gets beside the environment of the whole attempt."""


@dataclass(frozen=True, slots=True)
class FrameRun:
    """What an attempt of a frame would execute, and where."""

    frame: str
    job: str
    cwd: str
    env: Mapping[str, str]
    steps: tuple[RunStep, ...]
    umask: int | None = None
    """None: whatever the farm has."""
    note: str = ""
    """What is to be known of where this comes from, or empty."""

    def step_env(self, step: RunStep) -> dict[str, str]:
        """Return the whole environment of a step."""
        return {**self.env, **step.env}


def find_run(frame_id: str) -> FrameRun | None:
    """Ask the farm what an attempt of a frame would execute; a stock Cuebot cannot say."""
    answer = opencue.farm.call_or_none("GetRun", frame_id=frame_id)
    return None if answer is None else _run(answer)


def _run(answer: Mapping[str, Any]) -> FrameRun:
    steps = tuple(RunStep(tuple(step["argv"]), step["env"]) for step in answer["steps"])
    return FrameRun(
        frame=answer["frame"],
        job=answer["job"],
        cwd=str(answer["cwd"]),
        umask=answer.get("umask"),
        env=answer["env"],
        steps=steps,
    )


def script_lines(run: FrameRun) -> Iterator[str]:
    """Yield a shell script that does what the frame does; secrets are left to be filled in."""
    yield "#!/bin/sh"
    yield f"# {run.frame} of {run.job}"
    if run.note:
        yield f"# {run.note}"
    yield "set -e"
    yield f"cd {shlex.quote(run.cwd)}"
    if run.umask is not None:
        yield f"umask {run.umask:04o}"
    for name, value in sorted(run.env.items()):
        if _NAME.match(name):
            yield _export(name, value)
    for step in run.steps:
        yield from (_export(name, value) for name, value in sorted(step.env.items()))
        yield shlex.join(step.argv)


def _export(name: str, value: str) -> str:
    if _SECRET.search(name):
        return f"# export {name}=...   a secret by its name: not written here"
    return f"export {name}={shlex.quote(value)}"
