"""The layers of a plan."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from outline import spec
from outline.jobspec import tokens
from outline.layer import Layer
from outline.planning.model import Place, PlannedLayer

_PLAIN = r"[\w@%+=:,./#{}-]+"
"""Arguments shown without quotes."""

SESSION = "{session}"
"""Stands for the session directory in commands, which every launch makes anew."""


def planned_layer(
    layer: Layer, sent: spec.LayerPlan, options: spec.Options, place: Place | None
) -> PlannedLayer:
    """Return a layer as it would run.

    Args:
        layer: The layer.
        sent: The layer as it would be sent.
        options: How it would be launched.
        place: Where it was made.
    """
    own = own_command(layer)
    return PlannedLayer(
        name=layer.get_name(),
        wire_name=sent.wire,
        type=layer.get_type().value,
        kind=type(layer).__name__,
        range=sent.range,
        frames=len(sent.tasks.frames),
        chunk=sent.tasks.chunk,
        processes=len(sent.tasks),
        each=_each(own),
        command=_work(layer) if own is None else command_text(own),
        argv=None if own is None or isinstance(own, str) else tuple(own),
        wire_command=sent.command.replace(layer.get_outline().reserve_session_path(), SESSION),
        cores=layer.get_min_cores(),
        max_cores=layer.get_max_cores(),
        memory_mb=layer.get_min_memory(),
        gpus=int(layer.get_arg("gpus", 0)),
        retries=layer.get_retry_count(),
        timeout_min=layer.get_timeout(),
        services=tuple(layer.get_services()),
        tags=tuple(layer.get_tags()),
        limits=tuple(layer.get_limits() or ()),
        env=layer.get_envs(),
        outputs={name: path.get_path() for name, path in layer.get_outputs().items()},
        checked=tuple(layer.get_checked_outputs()),
        skip_existing=spec.may_skip(layer, options),
        place=place,
        tasks=sent.tasks,
    )


def own_command(layer: Layer) -> str | Sequence[str] | None:
    """Return the command a layer was given: text or arguments; None when its work is Python."""
    command = layer.get_arg("command")
    if not command:
        return None
    return command if isinstance(command, str) else [str(each) for each in command]


def _work(layer: Layer) -> str:
    """Return what a layer without a command does."""
    script = layer.get_arg("script")
    return str(script) if script else f"{type(layer).__name__}._execute"


def command_text(command: str | Sequence[str]) -> str:
    """Return a command as one would type it, its tokens left readable."""
    if isinstance(command, str):
        return command
    return " ".join(each if re.fullmatch(_PLAIN, each) else shlex.quote(each) for each in command)


def _each(command: str | Sequence[str] | None) -> str:
    """Return whether a command runs per frame or per chunk; Python gets the frames of a chunk at once."""
    if command is None or tokens.has_any(command, tokens.PER_CHUNK):
        return "chunk"
    return "frame"
