"""An outline and how it is launched, compiled to the one job that every target starts from."""

from __future__ import annotations

import os
import re
import shlex
import time

from outline._layer.outputs import declared
from outline._layer.parts import parts_of
from outline._layer.settings import memory_mb
from outline._targets.interpreter import fitting_environment
from outline._targets.limitation import LEFT_OUT, OUTPUTS, Limitation
from outline.constants import OUTLINE_MODE_INIT
from outline.exception import SpecError
from outline.frames import EdgeKind, Tasks, format_frames, is_plain, parse_range
from outline.jobspec import tokens
from outline.jobspec.model import DeclaredFile, EdgeSpec, JobSpec, LayerSpec, Outcome
from outline.jobspec.names import wire_job_name, wire_name
from outline.jobspec.starttime import start_at
from outline.layer import OutlinePostCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from outline._targets.options import Options
    from outline.depend import DependType
    from outline.io import Path
    from outline.layer import Layer
    from outline.loader import Outline

_WITHOUT_SETSHOT = "opencue_wrap_frame_no_ss"
"""The wrapper of PyOutline for frames whose layer says ``setshot=False``."""
_STRACE = ("strace", "-ttt", "-T", "-e", "open,stat", "-f")
_FRAME_VARIABLES = ("CUE_", "OL_LAYER_", "OL_BASE_", "CUELET_CHECKED_OUTPUTS")
_SHELL_VARIABLES = {"_", "SHLVL", "OLDPWD", "CUE3"}
_NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""A character that no XML holds."""


def find_not_xml(text: str) -> str | None:
    """Return the first character of a text that no XML holds; most texts need no search, whose pattern is slow to compile."""
    if text.isprintable():
        return None
    found = re.search(_NOT_XML, text)
    return None if found is None else found[0]


def compile_job(
    outline: Outline, options: Options, *, with_work: bool = True, raw_posts: bool = False
) -> JobSpec:
    """Return the job of an outline.

    Args:
        outline: An outline; before its setup the session named in the commands is not there yet.
        options: How it is launched.
        with_work: Also say what stands for the work of layers whose frames may be skipped, which reads their files.
        raw_posts: Commands of `OutlinePostCommand` run without pycuerun: a Cuebot runs them as a user of its own, who
            cannot read the session.

    Raises:
        SpecError: Something in it cannot be said at all.
        OutlineException: A layer has no frames or no command, or waits for one that is not there.
    """
    if outline.get_mode() == OUTLINE_MODE_INIT:
        outline.setup_depends()  # what ``require`` and names say is a depend too
    active = outline.get_active_layers()
    shared = _Shared(outline, options, raw_posts=raw_posts)
    layers = tuple(_compile(layer, shared, with_work=with_work) for layer in active)
    title, session = options.name or outline.get_name(), outline.find_session()
    show, shot = options.show or outline.get_show(), options.shot or outline.get_shot()
    user = options.user or outline.get_user()
    priority = options.priority if options.priority is not None else outline.get_priority()
    most = outline.get_maxcores()
    return JobSpec(
        name=full_name(title, show=show, shot=shot, user=user),
        title=title,
        show=show,
        shot=shot,
        user=user,
        facility=options.facility or outline.get_facility() or "",
        email=options.email or "",
        uid=os.getuid(),
        priority=1 if priority is None else priority,
        paused=options.paused,
        autoeat=options.autoeat,
        max_retries=options.maxretries,
        max_cores=-1.0 if most is None else most,
        max_gpus=outline.get_maxgpus(),
        local_booking={k: str(v) for k, v in (outline.get_arg("localbook") or {}).items()},
        os=options.os or "",
        env=_job_env(outline, options, layers),
        base_env=captured_environment(),
        python_fits=fitting_environment(options.pycuerun(exact=True)[0]),
        cwd=working_directory(),
        umask=_umask(),
        session="" if session is None else session.get_path(),
        layers=layers,
        edges=tuple(_edges(active)),
        force=options.force,
        after=tuple(outline.get_job_depends()),
    )


def full_name(title: str, *, show: str, shot: str, user: str) -> str:
    """Return ``show-shot-user_name`` as OpenCue spells it."""
    return f"{show}-{wire_name(shot)}-{user}".lower() + f"_{wire_job_name(title)}"


def left_out(outline: Outline, options: Options) -> tuple[Limitation, ...]:
    """Return what of an outline does not come along wherever it is launched."""
    return (*_idle_layers(outline), *_unasked_outputs(outline, options))


def _unasked_outputs(outline: Outline, options: Options) -> Iterator[Limitation]:
    """Yield the outputs whose own check nobody makes, as no Python runs where the frames do."""
    for layer in () if options.use_pycuerun else outline.get_active_layers():
        checked = layer.get_checked_outputs() if layer.get_arg("command") else {}
        for name in checked.keys() - _seen_from_outside(checked).keys():
            yield Limitation(
                OUTPUTS,
                f"layer {layer.get_name()}: output {name!r} is not checked, for without pycuerun "
                "nobody asks its class whether it is there",
                layer=layer.get_name(),
                remedy="launch with pycuerun",
            )


def _idle_layers(outline: Outline) -> tuple[Limitation, ...]:
    """Return the layers that do not run, as the launch asks for other frames."""
    active, layers = outline.get_active_layers(), outline.get_layers()
    if len(active) == len(layers):
        return ()
    names = {layer.get_name() for layer in active}
    return tuple(
        Limitation(
            LEFT_OUT,
            f"layer {layer.get_name()} is left out: its range {layer.get_arg('range')} has no frame "
            f"in common with {outline.get_frame_range()}",
            layer=layer.get_name(),
        )
        for layer in layers
        if layer.get_name() not in names
    )


def _job_env(outline: Outline, options: Options, layers: tuple[LayerSpec, ...]) -> dict[str, str]:
    """Return the variables of the job; without pycuerun nobody else would set the later ones."""
    raw = any(layer.is_raw for layer in layers)
    stored = {key: value for key, (value, pre) in outline.get_env().items() if pre or raw}
    return {**stored, **options.env}


def captured_environment() -> dict[str, str]:
    """Return the environment a job takes along: ours, without what belongs to this shell or this frame."""
    return {
        key: value
        for key, value in os.environ.items()
        if key not in _SHELL_VARIABLES and not key.startswith(_FRAME_VARIABLES)
    }


def working_directory() -> str:
    """Return the directory a job is launched from; empty when it is gone."""
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was removed under us
        return ""


def _umask() -> int | None:
    """Return this process's mask without changing it, as other threads may just make a file."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as facts:
            found = next((line for line in facts if line.startswith("Umask:")), "")
    except OSError:
        return None
    return int(found.split()[1], 8) if found else None


def _edges(layers: list[Layer]) -> Iterator[EdgeSpec]:
    by_name = {layer.get_name(): layer for layer in layers}
    wire = {title: wire_name(title) for title in by_name}
    kinds: dict[DependType, tuple[EdgeKind, Outcome]] = {}
    for title, layer in by_name.items():
        for depend in layer.get_depends():
            on, type_ = depend.get_depend_on_name(), depend.get_type()
            if type_ not in kinds:
                kinds[type_] = type_.kind, Outcome(type_.outcome)
            kind, outcome = kinds[type_]
            is_sim = kind is EdgeKind.LAYER_ON_SIM_FRAME
            yield EdgeSpec(
                layer=wire[title],
                on=wire[on],
                kind=kind,
                outcome=outcome,
                on_frame=by_name[on].get_tasks().frames[0] if is_sim else None,
            )


# -- layers ----------------------------------------------------------------------------------


def compile_layer(layer: Layer, options: Options, *, with_work: bool = True) -> LayerSpec:
    """Return one layer of the job; see `compile_job`."""
    return _compile(layer, _Shared(layer.get_outline(), options), with_work=with_work)


class _Shared:
    """What the layers of one launch have in common, found out once.

    Args:
        outline: The outline.
        options: How it is launched.
        raw_posts: See `compile_job`.
    """

    def __init__(self, outline: Outline, options: Options, *, raw_posts: bool = False) -> None:
        self.outline, self.options, self._raw_posts = outline, options, raw_posts
        self.forced_tags = os.environ.get("OL_TAG_OVERRIDE")
        self._plain_classes: dict[type, bool] = {}
        self._plain_ranges: dict[str, bool] = {}
        self._executes: dict[bool, tuple[tuple[str, ...], str]] = {}

        self._env = [value for value, _ in outline.get_env().values()] + [*options.env.values()]

    def envs(self, own: dict[str, str]) -> list[str]:
        """Return the values of all variables that the script sets for a layer."""
        return [*self._env, *own.values()]

    def is_plain(self, layer: Layer) -> bool:
        """Tell whether the class of a layer, and the layer, answer as every layer does: then its parts may be asked."""
        from outline.layer import Layer

        cls = type(layer)
        if cls not in self._plain_classes:
            answers = (getattr(cls, name) is getattr(Layer, name) for name in _ANSWERS)
            self._plain_classes[cls] = all(answers)
        return self._plain_classes[cls] and _ANSWERS.isdisjoint(vars(layer))

    def is_raw(self, layer: Layer) -> bool:
        """Tell whether the command of a layer, where it has one, runs without pycuerun."""
        if not self.options.use_pycuerun:
            return True
        return self._raw_posts and type(layer) is OutlinePostCommand

    def is_plain_range(self, text: str) -> bool:
        """Tell whether every reader orders a range as we do."""
        if text not in self._plain_ranges:
            self._plain_ranges[text] = "," not in text and is_plain(text)
        return self._plain_ranges[text]

    def execute(self, title: str, *, exact: bool = True) -> tuple[tuple[str, ...], str]:
        """Return the arguments that execute a frame of a layer from its session, and the same as text for a shell."""
        if exact not in self._executes:
            if not self.outline.is_serialized():
                reason = "pycuerun could not load it from an outline made with serialize=False"
                raise SpecError(thing=f"layer {title!r}", reason=reason, layer=title)
            session = self.outline.reserve_session_path()
            argv = (*self.options.pycuerun(exact=exact), session, "-e")
            self._executes[exact] = argv, shlex.join(argv)
        argv, command = self._executes[exact]
        frame = f"#IFRAME#-{title}"
        return (*argv, frame), f"{command} {shlex.quote(frame)}"


_ANSWERS = frozenset(
    f"get_{each}"
    for each in (
        *(
            "arg",
            "args",
            "tasks",
            "chunk_size",
            "type",
            "services",
            "service",
            "limits",
            "envs",
            "tags",
        ),
        *("retry_count", "min_cores", "max_cores", "min_memory", "start_after"),
    )
)
"""Methods that are asked of a layer, and on which its arguments decide unless its class does."""


def _compile(layer: Layer, shared: _Shared, *, with_work: bool) -> LayerSpec:
    is_plain_layer, title, options = shared.is_plain(layer), layer.get_name(), shared.options
    asked = parts_of(layer).arguments if is_plain_layer else layer
    args, outputs = asked.get_args(), layer.get_outputs()
    text, tasks = _frames(layer, args if is_plain_layer else None, shared)
    raw = args.get("command") if shared.is_raw(layer) else None
    argv, command = _raw_command(raw) if raw else shared.execute(title)
    env = asked.get_envs()
    says_nothing = is_plain_layer and _ASKED.isdisjoint(args) and not shared.forced_tags
    return LayerSpec(
        name=wire_name(title),
        title=title,
        kind=asked.get_type().value,
        command=command,
        argv=argv,
        site_argv=None if raw else _site_argv(layer, args, shared),
        pycuerun=not raw,
        is_raw=bool(raw),
        each_frame=bool(raw) and not _is_for_chunk(raw, tasks, shared.envs(env)),
        range=text,
        chunk=tasks.chunk,
        services=tuple(asked.get_services()),
        limits=tuple(asked.get_limits() or ()),
        env=env,
        outputs=tuple(str(path) for path in outputs.values()),
        output_names=tuple(outputs),
        **_NOTHING_SAID if says_nothing else _wishes(layer, args, shared.forced_tags),
        **(_files(layer, options, with_work=with_work) if outputs else {}),
    )


def _frames(layer: Layer, args: dict[str, Any] | None, shared: _Shared) -> tuple[str, Tasks]:
    """Return the frames of a layer, and their text in a form every reader orders as we do.

    Args:
        layer: The layer.
        args: Its arguments; None when its class may have another answer.
        shared: What it shares with other layers.
    """
    text = layer.get_frame_range()
    if args is None or text is None:
        tasks, text = layer.get_tasks(), text or ""
    else:
        tasks = Tasks(parse_range(text), int(args["chunk"]))
    return text if shared.is_plain_range(text) else format_frames(tasks.frames), tasks


def _wishes(layer: Layer, args: dict[str, Any], forced_tags: str | None) -> dict[str, Any]:
    """Return what the script asks for its frames, and what of it is left open."""
    tags = map(str.strip, forced_tags.split("|")) if forced_tags else layer.get_tags()
    return {"retries": layer.get_retry_count(), "tags": tuple(tags), **_resources(layer, args)}


def _resources(layer: Layer, args: dict[str, Any]) -> dict[str, Any]:
    """Return what a frame reserves, and what of it the script leaves open."""
    cores, start = layer.get_min_cores(), layer.get_start_after()
    threadable = args.get("threadable")
    if threadable is None and cores is not None and cores > 1:
        threadable = True
    timeout, timeout_llu = args.get("timeout"), args.get("timeout_llu")
    said: dict[str, Any] = {
        "cores": cores,
        "max_cores": layer.get_max_cores(),
        "memory_mb": layer.get_min_memory(),
        "threadable": None if threadable is None else bool(threadable),
        "gpus": args.get("gpus"),
        "gpu_memory_mb": _mb(args.get("gpu_memory")),
        "timeout_s": None if timeout is None else 60 * timeout,
        "timeout_llu_s": None if timeout_llu is None else 60 * timeout_llu,
        "start_after": None if start is None else start_at(start, now=time.time()),
    }
    unset = tuple(key for key, value in said.items() if value is None)
    for key in unset:
        del said[key]
    return {**said, "unset": unset}


_ASKED = frozenset(
    (
        *("cores", "threads", "max_cores", "memory", "threadable", "gpus", "gpu_memory"),
        *("timeout", "timeout_llu", "start_after", "retries", "tags"),
    )
)
"""Arguments that `_wishes` reads."""
_NOTHING_SAID: dict[str, Any] = {
    "unset": (
        *("cores", "max_cores", "memory_mb", "threadable", "gpus", "gpu_memory_mb"),
        *("timeout_s", "timeout_llu_s", "start_after"),
    )
}
"""What `_wishes` returns where none of them is set."""


def _mb(text: str | None) -> int | None:
    return None if text is None else memory_mb(text)


def _files(layer: Layer, options: Options, *, with_work: bool) -> dict[str, Any]:
    """Return what is looked at before a frame starts and when it has ended."""
    if not may_skip(layer, options):
        return {"output_files": _declared(_seen_from_outside(layer.get_checked_outputs()))}
    from outline._targets.work import work_of

    work, unknown_work = work_of(layer) if with_work else ("", "")
    files = {**layer.get_outputs(), **layer.get_inputs()}
    if own := files.keys() - _seen_from_outside(files).keys():
        unknown_work = f"the class of {min(own)!r} says itself whether it is there"
    return {
        "skip_existing": True,
        "work": work,
        "unknown_work": unknown_work,
        "output_files": _declared(_seen_from_outside(layer.get_outputs())),
        "input_files": _declared(_seen_from_outside(layer.get_inputs())),
    }


def _seen_from_outside(paths: dict[str, Path]) -> dict[str, Path]:
    """Return the files that a farm can look at; the class of the others says itself whether they are there."""
    from outline.io import decides_itself

    return {name: path for name, path in paths.items() if not decides_itself(path)}


def _declared(paths: dict[str, Path]) -> tuple[DeclaredFile, ...]:
    files = [declared(name, path) for name, path in paths.items()]
    return tuple(DeclaredFile(**{**file, "paths": tuple(file["paths"])}) for file in files)


def may_skip(layer: Layer, options: Options) -> bool:
    """Tell whether frames of a layer may be skipped, as launch and layer say."""
    wanted = options.skip_existing
    asked = layer.get_arg("skip_existing", False) if wanted is None else wanted
    return bool(asked) and bool(layer.get_outputs())


# -- commands --------------------------------------------------------------------------------


def _is_for_chunk(raw: Any, tasks: Tasks, env: list[str]) -> bool:
    """Tell whether a command runs once per chunk: it says so, or names no frame in a layer that is one chunk.

    Args:
        raw: The command.
        tasks: The frames of its layer.
        env: The variables of its process, which may name a frame too.
    """
    if tokens.has_any(raw, tokens.PER_FRAME):
        return tokens.is_for_chunk(raw)
    if tokens.has_any(raw, tokens.PER_CHUNK):
        return True
    return len(tasks) == 1 and not tokens.has_any(env, tokens.PER_FRAME)


def _raw_command(raw: Any) -> tuple[tuple[str, ...] | None, str]:
    """Return the script's own command: exact arguments, or None when it is shell text, and text for a shell."""
    if isinstance(raw, str):
        return None, tokens.for_wire(raw)
    argv = tuple(tokens.for_wire(str(each)) for each in raw)
    return argv, shlex.join(argv)


def _site_argv(layer: Layer, args: dict[str, Any], shared: _Shared) -> tuple[str, ...] | None:
    """Return the arguments on the hosts of a site, where they are others than here."""
    options = shared.options
    wrapper = args.get("wrapper") or options.wrapper_dir()
    is_same = options.pycuerun(exact=False) == options.pycuerun(exact=True)
    if not wrapper and not args.get("strace") and is_same:
        return None
    argv, _ = shared.execute(layer.get_name(), exact=False)
    return tuple(_wrapped(layer, options, list(argv)))


def _wrapped(layer: Layer, options: Options, argv: list[str]) -> list[str]:
    """Return a command inside the wrapper of its layer or site, if there is one."""
    from outline import config

    wrapper = layer.get_arg("wrapper")
    if not wrapper and options.wrapper_dir():
        name = "opencue_wrap_frame" if layer.get_arg("setshot", True) else _WITHOUT_SETSHOT
        wrapper = os.path.join(options.wrapper_dir(), name)
    if wrapper:
        argv = [wrapper, config.get_option("user_dir"), *argv]
    if layer.get_arg("strace"):
        argv = [*_STRACE, "-o", os.path.join(layer.get_path(), "strace.log"), *argv]
    return argv
