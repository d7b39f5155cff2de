"""The layers of a plan."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

from outline.jobspec import tokens
from outline.jobspec.model import LayerSpec
from outline.layer import Layer
from outline.planning.model import Place, PlannedLayer

_PLAIN = r"[\w@%+=:,./#{}-]+"
"""Arguments shown without quotes."""

SESSION = "{session}"
"""Stands for the session directory in commands, which every launch makes anew."""


def planned_layer(layer: Layer, sent: LayerSpec, place: Place | None) -> PlannedLayer:
    """Return a layer as it would run.

    Args:
        layer: The layer.
        sent: The layer as its backend takes it.
        place: Where it was made.
    """
    own, tasks = own_command(layer), sent.tasks()
    return PlannedLayer(
        name=sent.title,
        wire_name=sent.name,
        type=sent.kind,
        kind=type(layer).__name__,
        range=sent.range,
        frames=len(tasks.frames),
        chunk=sent.chunk,
        processes=len(tasks),
        each=_each(own),
        command=_work(layer) if own is None else command_text(own),
        argv=None if own is None or isinstance(own, str) else tuple(own),
        wire_command=sent.command.replace(layer.get_outline().reserve_session_path(), SESSION),
        cores=_said(sent, "cores"),
        max_cores=_said(sent, "max_cores"),
        memory_mb=_said(sent, "memory_mb"),
        gpus=sent.gpus,
        retries=sent.retries,
        timeout_min=None if "timeout_s" in sent.unset else sent.timeout_s // 60,
        services=sent.services,
        tags=sent.tags,
        limits=sent.limits,
        env=sent.env,
        outputs=dict(zip(sent.output_names, sent.outputs, strict=True)),
        checked=tuple(file.name for file in sent.output_files if file.checked),
        skip_existing=sent.skip_existing,
        place=place,
        tasks=tasks,
    )


def _said(sent: LayerSpec, field: str) -> Any:
    """Return what the script asks for, or None where it leaves that open."""
    return None if field in sent.unset else getattr(sent, field)


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
