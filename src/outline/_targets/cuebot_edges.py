"""Depends as a Cuebot can express them, without ever letting a frame start too early."""

from __future__ import annotations

import re

from outline.depend import FINISHED
from outline.frames import EdgeKind, Links, Tasks, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outline.depend import DependType
    from outline.spec import LayerPlan

MAX_FRAME_EDGES = 200_000
"""Frame-to-frame depends written for one edge; above that whole layers wait for each other."""

_FRAME_NAME = re.compile(r"\d{4,6}-\w+\Z", re.ASCII)


class LoweredEdge:
    """One ``<depend>`` element.

    Args:
        type: OpenCue's depend type.
        layer: The layer that waits, when a whole layer does.
        frame: The frame that waits, when one frame does.
        on_layer: The layer waited for, when it is a whole one.
        on_frame: The frame waited for, when it is one.
        any_frame: One succeeded frame is enough.
    """

    __slots__ = ("any_frame", "frame", "layer", "on_frame", "on_layer", "type")

    def __init__(
        self,
        type: str,
        *,
        layer: str | None = None,
        frame: str | None = None,
        on_layer: str | None = None,
        on_frame: str | None = None,
        any_frame: bool = False,
    ) -> None:
        self.type, self.layer, self.frame = type, layer, frame
        self.on_layer, self.on_frame, self.any_frame = on_layer, on_frame, any_frame


def lower(
    er: LayerPlan, on: LayerPlan, depend_type: DependType, lowered: list[str]
) -> list[LoweredEdge]:
    """Return the elements of one depend.

    Args:
        er: The layer that waits, with the tasks it is sent with.
        on: The layer it waits for.
        depend_type: How it waits.
        lowered: Takes a sentence when the elements say more or less than the depend.
    """
    kind = depend_type.kind
    whole = LoweredEdge("LAYER_ON_LAYER", layer=er.wire, on_layer=on.wire)
    if depend_type.outcome == FINISHED:
        lowered.append(
            f"layer {er.title} waits until {on.title} has succeeded: OpenCue cannot wait for its end alone"
        )
        return [whole]
    if kind is EdgeKind.LAYER_ON_LAYER:
        return [whole]
    if kind is EdgeKind.LAYER_ON_ANY:
        return [LoweredEdge("LAYER_ON_LAYER", layer=er.wire, on_layer=on.wire, any_frame=True)]
    er_tasks, on_tasks = er.tasks, er.tasks if er is on else on.tasks
    if kind is EdgeKind.LAYER_ON_SIM_FRAME and er is not on and _can_name(on):
        head = frame_name(on_tasks.frames[0], on.wire)
        return [LoweredEdge("LAYER_ON_SIM_FRAME", layer=er.wire, on_frame=head)]
    links = resolve(kind, er_tasks, on_tasks)
    simple = _one_element(kind, er, on, links)
    if simple is not None:
        return [simple]
    reason = _why_not_by_frame(er, on, links)
    if reason is None:
        return _by_frame(er, on, links)
    if er is on:
        lowered.append(
            f"layer {er.title}: its depend on its own previous frame is left out, {reason}"
        )
        return []
    lowered.append(f"layer {er.title} waits for all of {on.title}: {reason}")
    return [whole]


def _one_element(kind: EdgeKind, er: LayerPlan, on: LayerPlan, links: Links) -> LoweredEdge | None:
    """Return the one element that says exactly this, or None."""
    if links.same:
        return LoweredEdge("FRAME_BY_FRAME", layer=er.wire, on_layer=on.wire)
    if len(links.whole) == links.waiting:
        return LoweredEdge("LAYER_ON_LAYER", layer=er.wire, on_layer=on.wire)
    if kind is EdgeKind.PREVIOUS_FRAME and er is not on and _alike(er.tasks, on.tasks):
        return LoweredEdge("PREVIOUS_FRAME", layer=er.wire, on_layer=on.wire)
    return None


def _alike(er: Tasks, on: Tasks) -> bool:
    return er.chunk == 1 and er == on


def _can_name(plan: LayerPlan) -> bool:
    return _unusable_name(plan) is None


def _unusable_name(plan: LayerPlan) -> str | None:
    """Return a frame name of the layer that a Cuebot takes in no depend, or None."""
    ends = (min(plan.tasks.frames), max(plan.tasks.frames))
    names = (frame_name(number, plan.wire) for number in ends)
    return next((name for name in names if not _FRAME_NAME.match(name)), None)


def _why_not_by_frame(er: LayerPlan, on: LayerPlan, links: Links) -> str | None:
    """Return why single frames cannot be named, or None."""
    for plan in (er, on):
        name = _unusable_name(plan)
        if name is not None:
            return f"OpenCue cannot take the frame name {name} in a depend"
    count = len(links.targets) + len(links.whole)
    if count > MAX_FRAME_EDGES:
        return f"{count:,} depends between single frames are too many for OpenCue"
    return None


def _by_frame(er: LayerPlan, on: LayerPlan, links: Links) -> list[LoweredEdge]:
    edges = [
        LoweredEdge(
            "FRAME_ON_FRAME",
            frame=frame_name(er.tasks.head(task), er.wire),
            on_frame=frame_name(on.tasks.head(awaited), on.wire),
        )
        for task, awaited in links.pairs()
    ]
    edges += [
        LoweredEdge(
            "FRAME_ON_LAYER", frame=frame_name(er.tasks.head(task), er.wire), on_layer=on.wire
        )
        for task in links.whole
    ]
    return edges


def frame_name(number: int, layer: str) -> str:
    """Return the name OpenCue gives a frame: ``0012-render``."""
    return f"{number:04d}-{layer}"
