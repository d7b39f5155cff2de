"""What a local job executes: an outline as the farm would get it, down to the command and environment of a frame."""

from __future__ import annotations

import json
import os
import shlex
import uuid

from outline import config, pathmap
from outline.constants import LayerType
from outline.depend import FINISHED
from outline.exception import SpecError
from outline.frames import EdgeKind, format_frames
from outline.jobspec import tokens
from outline.jobspec.names import wire_job_name, wire_name
from outline.jobspec.reservation import DEFAULT_MEMORY_MB
from outline.spec import LayerPlan, Options, captured_environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from outline.loader import Outline


class Step:
    """One process of an attempt.

    Args:
        argv: Its arguments.
        env: Its variables, over those of the frame.
    """

    __slots__ = ("argv", "env")

    def __init__(self, argv: list[str], env: Mapping[str, str]) -> None:
        self.argv, self.env = argv, env


class LocalLayer:
    """One layer, as the farm would get it.

    Args:
        plan: The layer as it would be sent.
        retries: Retries of the job, for a layer that has none of its own.
    """

    def __init__(self, plan: LayerPlan, retries: int) -> None:
        layer = plan.layer
        self.wire, self.tasks, self.range = plan.wire, plan.tasks, plan.range
        self.argv = ["/bin/sh", "-c", plan.command] if plan.argv is None else plan.argv
        self.each_frame = plan.each == "frame"
        own = layer.get_retry_count()
        self.retries = retries if own is None else own
        cores = layer.get_min_cores()
        self.cores = 1.0 if cores is None else cores
        self.max_cores = layer.get_max_cores() or 0.0
        memory_mb = layer.get_min_memory()
        self.memory_mb = DEFAULT_MEMORY_MB if memory_mb is None else memory_mb
        self.env = layer.get_envs()
        self.threadable = bool(layer.get_arg("threadable", True))
        self.is_post = layer.get_type() is LayerType.POST
        self.checked = layer.get_checked_outputs()

    def frame_name(self, task: int) -> str:
        """Return ``0012-render``."""
        return f"{self.tasks.head(task):04d}-{self.wire}"


class Plan:
    """A whole job.

    Args:
        outline: An outline that is set up.
        options: How it is launched.

    Raises:
        SpecError: It waits for another job, or shall begin paused: here nobody could let it go on.
        OutlineException: A layer has no frames or no command.
    """

    def __init__(self, outline: Outline, options: Options) -> None:
        self.title = options.name or outline.get_name()
        _refuse_waiting(self.title, outline, options)
        self.show = options.show or outline.get_show()
        self.shot = wire_name(options.shot or outline.get_shot())
        self.user = options.user or outline.get_user()
        prefix = f"{self.show}-{self.shot}-{self.user}".lower()
        self.name = f"{prefix}_{wire_job_name(self.title)}"
        self.id = str(uuid.uuid4())
        plans = [LayerPlan(each, options, [], exact=True) for each in outline.get_layers()]
        self.layers = [LocalLayer(plan, options.maxretries) for plan in plans]
        self.edges = [*_edges(plans), *_post_edges(self.layers)]
        self.autoeat, self.max_cores = options.autoeat, outline.get_maxcores()
        raw = any(plan.is_raw for plan in plans)
        stored = {key: value for key, (value, pre) in outline.get_env().items() if pre or raw}
        self.env = {**captured_environment(), **stored, **options.env}
        self.cwd, self.path_map = os.getcwd(), config.path_map()
        self.host = os.uname().nodename.partition(".")[0]

    def steps(self, layer: LocalLayer, task: int) -> list[Step]:
        """Return the processes that execute a task, one after the other."""
        numbers = layer.tasks.members(task)
        each = numbers if layer.each_frame else numbers[:1]
        return [
            Step(
                pathmap.map_argv(self._argv(layer, task, number), self.path_map),
                {"CUE_IFRAME": str(number)},
            )
            for number in each
        ]

    def _argv(self, layer: LocalLayer, task: int, number: int) -> list[str]:
        known = self._known(layer, task, number)
        return [tokens.replace(each, known) for each in layer.argv]

    def _known(self, layer: LocalLayer, task: int, number: int) -> dict[str, str]:
        return tokens.values(
            frame=number,
            frames=layer.tasks.members(task),
            chunk=layer.tasks.chunk,
            layer=layer.wire,
            job=self.name,
        )

    def outputs(self, layer: LocalLayer, task: int) -> list[tuple[list[str], int]]:
        """Return where each file that a task has to make may be, and the bytes it has at least."""
        if not layer.checked:
            return []
        from outline._layer.outputs import files_of, min_bytes_of

        frames = layer.tasks.members(task)
        return [
            ([self._here(place) for place in places], min_bytes_of(path))
            for path in layer.checked.values()
            for places in files_of(path, frames, lambda frame: self._known(layer, task, frame))
        ]

    def _here(self, path: str) -> str:
        whole = os.path.join(self.cwd, os.path.expanduser(path))
        return pathmap.map_text(whole, self.path_map)

    def environment(
        self, layer: LocalLayer, task: int, *, cores: float, memory_mb: int, log_dir: str
    ) -> dict[str, str]:
        """Return every variable of a frame: the launcher's, those of job and layer, and what OpenCue promises."""
        frame = layer.frame_name(task)
        own = {
            "CUE3": "1",
            "CUE_THREADS": str(max(1, int(cores + 0.01))),
            "CUE_MEMORY": str(memory_mb * 1024),
            "CUE_GPUS": "0",
            "CUE_GPU_MEMORY": "0",
            "CUE_LOG_PATH": log_dir,
            "CUE_RANGE": layer.range,
            "CUE_CHUNK": str(layer.tasks.chunk),
            "CUE_LAYER": layer.wire,
            "CUE_JOB": self.name,
            "CUE_FRAME": frame,
            "CUE_SHOW": self.show,
            "CUE_SHOT": self.shot,
            "CUE_USER": self.user,
            "CUE_JOB_ID": self.id,
            "CUE_LAYER_ID": self._part_id(layer.wire),
            "CUE_FRAME_ID": self._part_id(frame),
            "CUE_THREADABLE": "1" if layer.threadable else "0",
            "CUE_HOST": self.host,
        }
        if layer.checked:
            names = [f"{layer.wire}/{name}" for name in layer.checked]
            own["CUELET_CHECKED_OUTPUTS"] = json.dumps(names)
        return {**self.env, **layer.env, **own}

    def _part_id(self, name: str) -> str:
        return str(uuid.uuid5(uuid.UUID(self.id), name))

    def header(self, layer: LocalLayer, task: int, attempt: int, step: Step) -> str:
        """Return what a log begins with."""
        rule = "=" * 60
        members = layer.tasks.members(task)
        lines = [
            f"frame    {layer.frame_name(task)} of {self.name}, attempt {attempt} on {self.host}",
            *([f"frames   {format_frames(members)}"] if len(members) > 1 else []),
            f"command  {shlex.join(step.argv)}",
            f"cwd      {self.cwd}",
        ]
        return "\n".join([rule, *lines, rule, ""])


def _refuse_waiting(title: str, outline: Outline, options: Options) -> None:
    thing = f"local launch of {title!r}"
    if options.paused:
        raise SpecError(thing=thing, reason="it cannot begin paused, as nobody could resume it")
    if outline.get_job_depends():
        names = ", ".join(outline.get_job_depends())
        raise SpecError(
            thing=thing, reason=f"it cannot wait for another job ({names}); launch it afterwards"
        )


def _edges(plans: list[LayerPlan]) -> Iterator[tuple[int, int, EdgeKind, bool]]:
    place = {plan.title: at for at, plan in enumerate(plans)}
    for er, plan in enumerate(plans):
        for depend in plan.layer.get_depends():
            kind = depend.get_type()
            yield er, place[depend.get_depend_on_name()], kind.kind, kind.outcome == FINISHED


def _post_edges(layers: list[LocalLayer]) -> Iterator[tuple[int, int, EdgeKind, bool]]:
    """Let Post layers wait for the end of everything else, whatever its outcome."""
    others = [at for at, layer in enumerate(layers) if not layer.is_post]
    for er, layer in enumerate(layers):
        if layer.is_post:
            yield from ((er, on, EdgeKind.LAYER_ON_LAYER, True) for on in others)
