"""Findings about who waits for whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from outline.constants import LayerType
from outline.depend import SUCCEEDED
from outline.frames import format_frames
from outline.planning.model import Finding, PlannedEdge, PlannedLayer, Severity


class Subject(Protocol):
    """What these rules look at."""

    @property
    def layers(self) -> tuple[PlannedLayer, ...]:
        """The layers of the plan."""

    @property
    def edges(self) -> tuple[PlannedEdge, ...]:
        """Its edges."""


def run(subject: Subject) -> Iterator[Finding]:
    """Yield what is odd about edges."""
    layers = {layer.name: layer for layer in subject.layers}
    strict = {
        (each.layer, each.on): each
        for each in subject.edges
        if each.shape == "whole" and each.outcome == SUCCEEDED
    }
    for edge in subject.edges:
        er, on = layers[edge.layer], layers[edge.on]
        reason = _why_nothing(edge, er, on, strict.get((edge.layer, edge.on)))
        if reason is not None:
            yield _guards_nothing(edge, reason)
        elif edge.type == "FRAME_BY_FRAME":
            yield from _counterparts(edge, er, on)


def _why_nothing(
    edge: PlannedEdge, er: PlannedLayer, on: PlannedLayer, stricter: PlannedEdge | None
) -> str | None:
    if LayerType.POST in {er.type, on.type}:
        return "a Post layer runs after the job in any case"
    if edge.shape == "nothing":
        return "none of its frames has anything to wait for"
    if stricter is not None and stricter is not edge:
        return f"the depend on all of {edge.on} holds its frames anyway"
    return None


def _guards_nothing(edge: PlannedEdge, reason: str) -> Finding:
    return Finding(
        code="P102",
        severity=Severity.WARNING,
        message=f"layer {edge.layer}: its {edge.type} depend on {edge.on} guards nothing, {reason}",
        remedy="remove it, or say how the layer should wait",
        layer=edge.layer,
        place=edge.place,
    )


def _counterparts(edge: PlannedEdge, er: PlannedLayer, on: PlannedLayer) -> Iterator[Finding]:
    """Yield what to know about frames without a counterpart; lone frames have none by nature."""
    if edge.shape not in {"whole", "mixed"} or er.frames == 1 or on.processes == 1:
        return
    without = [number for number in er.tasks.frames if on.tasks.position(number) is None]
    if len(without) == er.frames:
        yield Finding(
            code="P103",
            severity=Severity.WARNING,
            message=f"layer {edge.layer}: none of its frames {er.range} is in the range {on.range} "
            f"of {edge.on}, so every frame waits for all of it",
            remedy="make the ranges meet, or call depend_all if that is meant",
            layer=edge.layer,
            place=edge.place,
        )
    else:
        yield Finding(
            code="P104",
            severity=Severity.INFO,
            message=f"layer {edge.layer}: {edge.on} has no frames {_short(without)}, "
            f"so {edge.whole:,} of its {er.processes:,} processes wait for all of it",
            remedy="nothing has to change if the ranges are meant to differ",
            layer=edge.layer,
            place=edge.place,
        )


def _short(frames: list[int]) -> str:
    text = format_frames(frames)
    return text if len(text) <= 40 else text[:37] + "..."
