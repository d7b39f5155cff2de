"""What one attempt of a frame executes, on the farm and here alike: arguments, environment, head and name of its log.

It follows from the job and from plain numbers; who runs the frame says what it gets of the machine.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from outline.frames import format_frames
from outline.jobspec import environment, stock_pycuerun, tokens
from outline.jobspec.model import JobSpec, LayerSpec
from outline.jobspec.reservation import core_count
from outline.jobspec.shell import shell_argv
from outline.pathmap import map_argv

_RULE = "=" * 60


class Step(NamedTuple):
    """One process of an attempt: a chunk that runs its command per frame has one per frame."""

    argv: list[str]
    """Paths mapped."""
    plain: list[str]
    """Paths as the job has them."""
    env: Mapping[str, str]
    """Variables of this process only, over those of the attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """What a frame has of a machine."""

    cores: float
    memory_mb: int
    gpus: int = 0
    threadable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """What names the job, its parts and its logs, once it is launched."""

    job: str
    layer: str
    frame: str
    log_dir: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of one frame."""

    job: JobSpec
    layer: LayerSpec
    members: Sequence[int]
    """The frame numbers of its chunk, in order."""
    number: int
    """1 for the first attempt."""
    reserved: Reserved
    ids: Ids
    host: str
    cwd: str
    path_map: Mapping[str, str]

    @property
    def frame_name(self) -> str:
        """``0012-render``."""
        return frame_name(self.layer.name, self.members[0])

    def steps(self) -> list[Step]:
        """Return the processes, one after the other."""
        return [
            self._step(n) for n in (self.members if self.layer.each_frame else self.members[:1])
        ]

    def _step(self, number: int) -> Step:
        plain = self._argv(number)
        env = {"CUE_IFRAME": str(number), **self._env_of_frame(number)}
        return Step(map_argv(plain, self.path_map), plain, env)

    def _env_of_frame(self, number: int) -> dict[str, str]:
        """Return the variables with tokens, for the processes after the first."""
        if number == self.members[0]:
            return {}
        said = {**self.job.env, **self.layer.env}
        return self._replaced({k: v for k, v in said.items() if tokens.is_in(v)}, number)

    def _replaced(self, env: Mapping[str, str], number: int) -> dict[str, str]:
        """Return variables that the script sets with their tokens replaced."""
        if not any(map(tokens.is_in, env.values())):
            return dict(env)
        known = known_tokens(self.job, self.layer, self.members, number)
        known |= tokens.pyoutline_values(frame=number, frames=self.members)
        return {key: tokens.replace(value, known) for key, value in env.items()}

    def _argv(self, number: int) -> list[str]:
        argv = self.layer.argv
        plain = (self.layer.command,) if argv is None else argv
        if self.layer.pycuerun:  # the rest are our own paths
            return [*plain[:-1], plain[-1].replace("#IFRAME#", str(number), 1)]
        if any(map(tokens.is_in, plain)):
            known = known_tokens(self.job, self.layer, self.members, number)
            plain = tuple(tokens.replace(each, known) for each in plain)
        return shell_argv(self._fitted(plain[0]).text) if argv is None else list(plain)

    def _fitted(self, command: str) -> stock_pycuerun.Fitted:
        """Return a command line fit for this machine; a job that brings its environment has what it needs."""
        is_at_home = self.job.base_env is not None
        return stock_pycuerun.Fitted(command) if is_at_home else stock_pycuerun.fit(command)

    def environment(self) -> dict[str, str]:
        """Return the variables over those of the machine: of job and layer, and over them what OpenCue promises."""
        reserved, ids = self.reserved, self.ids
        own = {
            "CUE3": "1",
            "CUE_THREADS": str(max(1, int(reserved.cores + 0.01))),
            "CUE_MEMORY": str(reserved.memory_mb * 1024),
            "CUE_GPUS": str(reserved.gpus),
            "CUE_GPU_MEMORY": "0",
            "CUE_LOG_PATH": ids.log_dir,
            "CUE_RANGE": self.layer.range,
            "CUE_CHUNK": str(self.layer.chunk),
            "CUE_LAYER": self.layer.name,
            "CUE_JOB": self.job.name,
            "CUE_FRAME": self.frame_name,
            "CUE_SHOW": self.job.show,
            "CUE_SHOT": self.job.shot,
            "CUE_USER": self.job.user,
            "CUE_JOB_ID": ids.job,
            "CUE_LAYER_ID": ids.layer,
            "CUE_FRAME_ID": ids.frame,
            "CUE_THREADABLE": "1" if reserved.threadable else "0",
            "CUE_HOST": self.host,
        }
        mapped = {"CUELET_PATH_MAP": json.dumps(dict(self.path_map))} if self.path_map else {}
        said = self._replaced({**self.job.env, **self.layer.env}, self.members[0])
        if self.layer.pycuerun:
            said = environment.fit_script(said, self.job.python_fits)
        return {**said, **own, **mapped}

    def header(self, first: Step, notes: Sequence[str] = ()) -> str:
        """Return what the log begins with.

        Args:
            first: The first process.
            notes: Lines for its end: what comes out differently from what was asked.
        """
        head = [
            f"frame    {self.frame_name} of {self.job.name}, attempt {self.number} on {self.host}"
        ]
        if len(self.members) > 1:
            head.append(f"frames   {format_frames(self.members)}")
        note = self._fitted(self.layer.command).note
        head += [
            f"command  {shlex.join(first.argv)}",
            f"cwd      {self.cwd}",
            f"reserved {core_count(self.reserved.cores)}, {self.reserved.memory_mb} MB",
            *([note] if note else ()),
        ]
        return "\n".join([_RULE, *head, *notes, _RULE, ""])


def starts_as_launched(base: Mapping[str, str], job: JobSpec, layer: LayerSpec) -> bool:
    """Tell whether a layer's frames have all of the environment of a launch."""
    return not layer.pycuerun or environment.is_fit(base, job.python_fits)


def for_layer(base: Mapping[str, str], job: JobSpec, layer: LayerSpec) -> Mapping[str, str]:
    """Return what a layer's frames have of the environment of a launch; the same mapping where that is all."""
    if starts_as_launched(base, job, layer):
        return base
    return environment.fit(base, job.python_fits, into=environment.FROM_LAUNCH)


def path_notes(step: Step) -> list[str]:
    """Return one line per argument that path mapping changed."""
    pairs = zip(step.plain, step.argv, strict=True)
    return [f"path map {old} -> {new}" for old, new in pairs if old != new]


def known_tokens(
    job: JobSpec, layer: LayerSpec, members: Sequence[int], number: int
) -> dict[str, str]:
    """Return what each token of OpenCue stands for in one frame number; PyOutline's own stay as they are."""
    return tokens.opencue_values(
        frame=number, frames=members, chunk=layer.chunk, layer=layer.name, job=job.name
    )


def frame_name(layer: str, head: int) -> str:
    """Return what OpenCue calls a frame: ``0012-render``."""
    return f"{head:04d}-{layer}"


def log_name(job: str, frame: str) -> str:
    """Return the name of the file an attempt writes to."""
    return f"{job}.{frame}.rqlog"


def reservation_notes(
    reserved: Reserved, *, cores: float, max_cores: float, memory_mb: int
) -> list[str]:
    """Return what of a layer's wishes a frame does not get, a line for each.

    Args:
        reserved: What it gets.
        cores: What its layer asks for.
        max_cores: Its layer's cap; 0 is none.
        memory_mb: What its layer asks for.
    """
    notes = []
    if cores > 1 and not reserved.threadable:
        notes.append(f"note     {core_count(cores)} asked, one given: it is not threadable")
    elif max_cores and cores > max_cores:
        notes.append(f"note     {core_count(cores)} asked, its most are {max_cores:g}")
    elif cores > reserved.cores + 1e-6:
        notes.append(
            f"note     {core_count(cores)} asked, lowered to this machine's {reserved.cores:g}"
        )
    if memory_mb > reserved.memory_mb:
        given = reserved.memory_mb
        notes.append(f"note     {memory_mb} MB asked, lowered to this machine's {given} MB")
    return notes
