"""The edges of a plan: how each depend resolves, in words, in numbers and frame by frame."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from outline.depend import FINISHED, Depend
from outline.frames import EdgeKind, TaskEdges, Tasks, resolve
from outline.planning.model import Place, PlannedEdge, PlannedLayer

_SHAPES = {
    "same": "each frame waits for the same frame of {on}",
    "frames": "each frame waits for its counterparts in {on}",
    "whole": "every frame waits for all of {on}",
    "mixed": "frames wait for their counterparts in {on}, {whole} of {all} for all of it",
    "any": "every frame waits for any frame of {on}",
    "nothing": "no frame waits for anything in {on}",
}
_KINDS = {
    EdgeKind.PREVIOUS_FRAME: "each frame waits for the previous frame of {on}",
    EdgeKind.LAYER_ON_SIM_FRAME: "every frame waits for the first frame of {on}",
}


def planned_edge(
    depend: Depend, er: PlannedLayer, on: PlannedLayer, place: Place | None
) -> PlannedEdge:
    """Return a depend as it resolves between two layers."""
    kind = depend.get_type().kind
    er_tasks = er.tasks
    links = resolve(kind, er_tasks, er_tasks if er is on else on.tasks)
    pairs, whole = _count(links)
    shape = _shape(links, pairs, whole)
    outcome = depend.get_type().outcome
    return PlannedEdge(
        layer=er.name,
        on=on.name,
        type=kind.name,
        outcome=outcome,
        shape=shape,
        text=_text(kind, shape, on.name, whole, links, outcome),
        pairs=pairs,
        whole=whole,
        free=_free(links),
        place=place,
        links=links,
        depend_type=depend.get_type(),
    )


def _count(links: TaskEdges) -> tuple[int, int]:
    return (links.waiting if links.same else len(links.targets)), len(links.whole)


def _free(links: TaskEdges) -> int:
    """Return how many waiting tasks wait for nothing."""
    if links.same:
        return 0
    held = len(links.whole)
    if links.offsets is not None:
        held += sum(map(int.__lt__, links.offsets, links.offsets[1:]))
    return links.waiting - held


def _shape(links: TaskEdges, pairs: int, whole: int) -> str:
    if links.same:
        return "same"
    if links.any_one:
        return "any"
    if whole == links.waiting:
        return "whole"
    if whole:
        return "mixed"
    return "frames" if pairs else "nothing"


def _text(kind: EdgeKind, shape: str, on: str, whole: int, links: TaskEdges, outcome: str) -> str:
    pattern = _SHAPES[shape]
    if shape in {"frames", "mixed"} and kind in _KINDS:
        pattern = _KINDS[kind]
    text = pattern.format(on=on, whole=whole, all=links.waiting)
    if shape == "nothing":
        return text
    return f"{text} to end, whatever the outcome" if outcome == FINISHED else f"{text} to succeed"


@dataclass(frozen=True, slots=True)
class FrameEdge:
    """What one process waits for through one edge."""

    layer: str
    frame: int
    """First frame of the process that waits."""
    on: str
    frames: tuple[int, ...] | None
    """First frames of the processes waited for; None: the whole layer."""
    any_one: bool = False
    """One of them is enough."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        awaited: Any = "any" if self.any_one else "all"
        if self.frames is not None:
            awaited = list(self.frames)
        return {"layer": self.layer, "frame": self.frame, "on": self.on, "frames": awaited}


def frame_edges(
    edge: PlannedEdge, er: Tasks, on: Tasks, *, only: Collection[int] | None = None
) -> Iterator[FrameEdge]:
    """Yield what each process of the waiting layer waits for; one that waits for nothing is left out.

    Args:
        edge: The edge.
        er: The frames of the layer that waits.
        on: The frames of the layer it waits for.
        only: Only processes that execute one of these frames.
    """
    links = edge.links
    whole = links.whole if isinstance(links.whole, range) else frozenset(links.whole)
    for task in range(len(er)):
        if only is not None and not any(number in only for number in er.members(task)):
            continue
        if task in whole:
            yield FrameEdge(edge.layer, er.head(task), edge.on, None, links.any_one)
        elif awaited := links.waits_for(task):
            heads = tuple(on.head(each) for each in awaited)
            yield FrameEdge(edge.layer, er.head(task), edge.on, heads)
