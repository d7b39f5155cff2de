"""Depends as a Cuebot can express them, without ever letting a frame start too early."""

from __future__ import annotations

import re

from outline._targets import limits
from outline._targets.limitation import DEPEND, Limitation
from outline.frames import EdgeKind, TaskEdges, Tasks, resolve
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FRAME_NAME = re.compile(r"\d{4,6}-\w+\Z", re.ASCII)


class CuebotDepend:
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


class Side:
    """One end of a depend.

    Args:
        layer: The layer.
        tasks: Its frames.
    """

    __slots__ = ("tasks", "title", "type", "wire")

    def __init__(self, layer: LayerSpec, tasks: Tasks) -> None:
        self.title, self.wire, self.type = layer.title, layer.name, layer.kind
        self.tasks = tasks


class Depends:
    """The ``<depend>`` elements of a job, and what of its depends they do not say.

    Args:
        job: The job, as a Cuebot takes it.
        tasks: The frames of each layer.
        layers: Names of the layers whose waiting is written; all of them by default.
    """

    def __init__(
        self, job: JobSpec, tasks: Sequence[Tasks], layers: Iterable[str] | None = None
    ) -> None:
        self.written: list[CuebotDepend] = []
        self.limitations: list[Limitation] = []
        sides = {
            layer.name: Side(layer, each) for layer, each in zip(job.layers, tasks, strict=True)
        }
        wanted = sides if layers is None else frozenset(layers)
        for edge in job.edges:
            if edge.layer in wanted:
                self._add(edge, sides[edge.layer], sides[edge.on])

    def _limit(self, er: Side, text: str) -> None:
        self.limitations.append(Limitation(DEPEND, f"layer {er.title}{text}", layer=er.title))

    def _add(self, edge: EdgeSpec, er: Side, on: Side) -> None:
        if "Post" in {er.type, on.type}:
            after = "a Post layer runs after the job in any case"
            self._limit(er, f": the depend on {on.title} is left out, {after}")
        elif edge.outcome is Outcome.FINISHED:
            only = "OpenCue cannot wait for its end alone"
            self._limit(er, f" waits until {on.title} has succeeded: {only}")
            self.written.append(_whole(er, on))
        else:
            simple = _without_frames(edge.kind, er, on)
            self.written += [simple] if simple is not None else self._by_frame(edge.kind, er, on)

    def _by_frame(self, kind: EdgeKind, er: Side, on: Side) -> list[CuebotDepend]:
        links = resolve(kind, er.tasks, on.tasks)
        simple = _one_element(kind, er, on, links)
        if simple is not None:
            return [simple]
        reason = _why_not_by_frame(er, on, links)
        if reason is None:
            return _by_frame(er, on, links)
        if er is on:
            self._limit(er, f": its depend on its own previous frame is left out, {reason}")
            return []
        self._limit(er, f" waits for all of {on.title}: {reason}")
        return [_whole(er, on)]


def _whole(er: Side, on: Side, *, any_frame: bool = False) -> CuebotDepend:
    return CuebotDepend("LAYER_ON_LAYER", layer=er.wire, on_layer=on.wire, any_frame=any_frame)


def _without_frames(kind: EdgeKind, er: Side, on: Side) -> CuebotDepend | None:
    """Return the one element of a depend that does not go from frame to frame."""
    if kind is EdgeKind.LAYER_ON_LAYER:
        return _whole(er, on)
    if kind is EdgeKind.LAYER_ON_ANY:
        return _whole(er, on, any_frame=True)
    if kind is EdgeKind.LAYER_ON_SIM_FRAME and er is not on and _unusable_name(on) is None:
        head = frame_name(on.tasks.frames[0], on.wire)
        return CuebotDepend("LAYER_ON_SIM_FRAME", layer=er.wire, on_frame=head)
    return None


def _one_element(kind: EdgeKind, er: Side, on: Side, links: TaskEdges) -> CuebotDepend | None:
    """Return the one element that says exactly this, or None."""
    if links.same:
        return CuebotDepend("FRAME_BY_FRAME", layer=er.wire, on_layer=on.wire)
    if len(links.whole) == links.waiting:
        return _whole(er, on)
    if kind is EdgeKind.PREVIOUS_FRAME and er is not on and _alike(er.tasks, on.tasks):
        return CuebotDepend("PREVIOUS_FRAME", layer=er.wire, on_layer=on.wire)
    return None


def _alike(er: Tasks, on: Tasks) -> bool:
    return er.chunk == 1 and er == on


def _unusable_name(side: Side) -> str | None:
    """Return a frame name of the layer that a Cuebot takes in no depend, or None."""
    ends = (min(side.tasks.frames), max(side.tasks.frames))
    names = (frame_name(number, side.wire) for number in ends)
    return next((name for name in names if not _FRAME_NAME.match(name)), None)


def _why_not_by_frame(er: Side, on: Side, links: TaskEdges) -> str | None:
    """Return why single frames cannot be named, or None."""
    for side in (er, on):
        name = _unusable_name(side)
        if name is not None:
            return f"OpenCue cannot take the frame name {name} in a depend"
    count = len(links.targets) + len(links.whole)
    if count > limits.MAX_FRAME_EDGES:
        return f"{count:,} depends between single frames are too many for OpenCue"
    return None


def _by_frame(er: Side, on: Side, links: TaskEdges) -> list[CuebotDepend]:
    edges = [
        CuebotDepend(
            "FRAME_ON_FRAME",
            frame=frame_name(er.tasks.head(task), er.wire),
            on_frame=frame_name(on.tasks.head(awaited), on.wire),
        )
        for task, awaited in links.pairs()
    ]
    edges += [
        CuebotDepend(
            "FRAME_ON_LAYER", frame=frame_name(er.tasks.head(task), er.wire), on_layer=on.wire
        )
        for task in links.whole
    ]
    return edges


def frame_name(number: int, layer: str) -> str:
    """Return the name OpenCue gives a frame: ``0012-render``."""
    return f"{number:04d}-{layer}"
