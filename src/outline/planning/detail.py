"""Single processes of a plan: frames, exact commands, environment, what they wait for."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from outline.jobspec import tokens
from outline.planning.edges import FrameEdge, frame_edges
from outline.planning.model import Plan, PlannedLayer


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedProcess:
    """One process as it would run."""

    layer: str
    name: str
    """As OpenCue names its frame: ``0012-render``."""
    frames: tuple[int, ...]
    """What it executes, in order."""
    commands: tuple[str, ...]
    """What it runs, one after another, tokens replaced."""
    env: Mapping[str, str]
    """What outline and layer set on it."""
    waits_for: tuple[FrameEdge, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "layer": self.layer,
            "name": self.name,
            "frames": list(self.frames),
            "commands": list(self.commands),
            "env": dict(self.env),
            "waits_for": [each.to_dict() for each in self.waits_for],
        }


def processes(
    plan: Plan, *, layer: str | None = None, only: Collection[int] | None = None
) -> Iterator[PlannedProcess]:
    """Yield processes of a plan, in the order of layers and frames.

    Args:
        plan: The plan.
        layer: Only those of this layer, by either spelling of its name.
        only: Only those that execute one of these frames.
    """
    for each in plan.layers:
        if layer is None or layer in {each.name, each.wire_name}:
            yield from _of_layer(plan, each, only)


def all_frame_edges(
    plan: Plan, *, layer: str | None = None, only: Collection[int] | None = None
) -> Iterator[FrameEdge]:
    """Yield every frame-to-frame edge of a plan, edge by edge.

    Args:
        plan: The plan.
        layer: Only those of this waiting layer, by either spelling of its name.
        only: Only those of processes that execute one of these frames.
    """
    tasks = {each.name: each.tasks for each in plan.layers}
    chosen = None if layer is None else plan.find_layer(layer)
    for edge in plan.edges:
        if layer is None or (chosen is not None and edge.layer == chosen.name):
            yield from frame_edges(edge, tasks[edge.layer], tasks[edge.on], only=only)


def _of_layer(
    plan: Plan, layer: PlannedLayer, only: Collection[int] | None
) -> Iterator[PlannedProcess]:
    waits: dict[int, list[FrameEdge]] = {}
    for each in all_frame_edges(plan, layer=layer.name, only=only):
        waits.setdefault(each.frame, []).append(each)
    for task in range(len(layer.tasks)):
        frames = tuple(layer.tasks.members(task))
        if only is None or any(number in only for number in frames):
            yield PlannedProcess(
                layer=layer.name,
                name=f"{frames[0]:04d}-{layer.wire_name}",
                frames=frames,
                commands=tuple(_commands(plan, layer, frames)),
                env=_env(plan, layer, frames),
                waits_for=tuple(waits.get(frames[0], ())),
            )


def _env(plan: Plan, layer: PlannedLayer, frames: tuple[int, ...]) -> dict[str, str]:
    """Return the variables of a process; what differs from command to command stays as written."""
    env = {**plan.env, **layer.env}
    is_split = layer.each == "frame" and len(frames) > 1
    stay = {k for k, v in env.items() if is_split and tokens.has_any(v, tokens.PER_FRAME)}
    known = _known(plan, layer, frames, frames[0])
    return {k: v if k in stay else tokens.replace(v, known) for k, v in env.items()}


def _known(plan: Plan, layer: PlannedLayer, frames: tuple[int, ...], number: int) -> dict[str, str]:
    return tokens.values(
        frame=number,
        frames=frames,
        chunk=layer.chunk,
        layer=layer.wire_name,
        job=plan.full_name,
    )


def _commands(plan: Plan, layer: PlannedLayer, frames: tuple[int, ...]) -> Iterator[str]:
    for number in frames if layer.each == "frame" else frames[:1]:
        known = _known(plan, layer, frames, number)
        if layer.argv is None:
            yield tokens.replace(layer.command, known)
        else:
            yield shlex.join(tokens.replace(each, known) for each in layer.argv)
