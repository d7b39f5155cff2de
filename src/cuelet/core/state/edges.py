"""Edges at run time, inside a job and between jobs: who is told when a frame is met, ended or lost.

An edge keeps no row per frame pair where a rule says it: same index, or a gate on all awaited frames.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from cuelet.core.values.errors import InvalidSpecError
from outline.frames import EdgeKind, TaskEdges, resolve
from outline.jobspec.model import EdgeSpec, Outcome

if TYPE_CHECKING:
    from cuelet.core.state.job import Job
    from cuelet.core.state.layer import Layer

MET, ENDED, UNREACHABLE = 1, 2, 4
"""Flags of a frame for those that wait for it: done; ended for good; never done as things stand."""

_NOT_MET = bytes(not flag & MET for flag in range(256))
_NOT_ENDED = bytes(not flag & ENDED for flag in range(256))
_UNREACHABLE = bytes(bool(flag & UNREACHABLE) for flag in range(256))
_LINKED = frozenset({EdgeKind.FRAME_BY_FRAME, EdgeKind.PREVIOUS_FRAME})
"""Kinds whose frames wait for counterparts; all others are gates."""


class End(NamedTuple):
    """The frames at one end of an edge: those of a job, of a layer, or a single one."""

    start: int
    """Job-wide index of the first."""
    size: int
    layer: int | None
    """Index of the layer; None: the whole job."""
    single: bool
    """Whether it is one frame, named as such."""


class Edge:
    """One depend, resolved to frames.

    ``waiter`` is the job that waits, ``awaited`` the one it waits for, often the same; ``waiting_start`` and
    ``awaited_start`` are the job-wide indexes of the first frame at either end.
    """

    __slots__ = (
        "_followers",
        "_offsets",
        "active",
        "awaited",
        "awaited_end",
        "awaited_start",
        "index",
        "links",
        "lost",
        "open_count",
        "spec",
        "waiter",
        "waiting_end",
        "waiting_start",
    )

    def __init__(self, spec: EdgeSpec, index: int, waiter: Job, awaited: Job | None) -> None:
        self.spec, self.index = spec, index
        self.waiter, self.awaited = waiter, waiter if awaited is None else awaited
        self.waiting_end = _end(waiter, spec, spec.layer, spec.waiting_frame)
        self.awaited_end = _nothing() if awaited is None else _awaited_end(awaited, spec)
        self.waiting_start, self.awaited_start = self.waiting_end.start, self.awaited_end.start
        _refuse_itself(self)
        self.active = True
        """False once somebody satisfied or dropped it."""
        self.links = _links(self)
        self.open_count = self.links.awaited
        """Awaited frames not met yet (kept for the gate and for people)."""
        self.lost = 0
        """Awaited frames that will never be met as things stand."""
        self._offsets, self._followers = _invert(self.links, self.waiting_start)

    @property
    def is_external(self) -> bool:
        """Whether another job is waited for."""
        return bool(self.spec.on_job)

    @property
    def on_finish(self) -> bool:
        """Whether the edge waits for the end of frames, whatever their outcome."""
        return self.spec.outcome is Outcome.FINISHED

    @property
    def barrier_closed(self) -> bool:
        """Whether the frames that wait for all awaited ones still have to."""
        if self.links.any_one:
            return 0 < self.links.awaited == self.open_count
        return self.open_count > 0

    @property
    def barrier_unreachable(self) -> bool:
        """Whether the frames that wait for all awaited ones can never start."""
        if self.links.any_one:
            return 0 < self.links.awaited == self.lost
        return self.lost > 0

    def barrier_tasks(self) -> Iterable[int]:
        """Return the job-wide indexes of the frames that wait for all awaited ones."""
        start = self.waiting_start
        return (start + task for task in self.links.whole)

    def waiting(self) -> range:
        """Return the job-wide indexes of the frames at the waiting end."""
        return range(self.waiting_start, self.waiting_start + self.links.waiting)

    def followers(self, on_index: int) -> Sequence[int]:
        """Return the job-wide indexes of the frames that wait for just this awaited frame."""
        task = on_index - self.awaited_start
        if self.links.same:
            return (self.waiting_start + task,)
        if self._offsets is None:
            return ()
        return self._followers[self._offsets[task] : self._offsets[task + 1]]

    def awaited_by(self, waiting_index: int) -> Sequence[int]:
        """Return the job-wide indexes, in job ``on``, of the frames that one frame waits for."""
        tasks = self.links.waits_for(waiting_index - self.waiting_start)
        if isinstance(tasks, range):
            return range(tasks.start + self.awaited_start, tasks.stop + self.awaited_start)
        return [task + self.awaited_start for task in tasks]

    def waiters(self) -> Iterable[tuple[int, int]]:
        """Yield (job-wide index, number of awaited frames), gates not counted."""
        links, start = self.links, self.waiting_start
        if links.same:
            yield from ((start + task, 1) for task in range(links.waiting))
        elif links.offsets is not None:
            for task in range(links.waiting):
                if count := links.offsets[task + 1] - links.offsets[task]:
                    yield start + task, count

    def recount(self) -> None:
        """Count the awaited frames anew from what they are now."""
        flags = self.awaited.flags[self.awaited_start : self.awaited_start + self.links.awaited]
        self.lost = 0 if self.on_finish else flags.count(ENDED | UNREACHABLE)
        ended = flags.count(ENDED | UNREACHABLE) if self.on_finish else 0
        self.open_count = self.links.awaited - flags.count(MET | ENDED) - ended

    def fill(self, unmet: array[int], unreachable: array[int]) -> None:
        """Add what `outstanding` yields to the counts of waiting frames."""
        if not self.links.same:
            for frame, open_, lost in self.outstanding():
                unmet[frame] += open_
                unreachable[frame] += lost
            return
        flags = self.awaited.flags[self.awaited_start : self.awaited_start + self.links.awaited]
        first, last = self.waiting_start, self.waiting_start + self.links.waiting
        open_now = flags.translate(_NOT_ENDED if self.on_finish else _NOT_MET)
        unmet[first:last] = array("I", map(add, unmet[first:last], open_now))
        if self.lost:
            lost_now = flags.translate(_UNREACHABLE)
            unreachable[first:last] = array("I", map(add, unreachable[first:last], lost_now))

    def outstanding(self) -> Iterator[tuple[int, int, int]]:
        """Yield (frame, unmet, unreachable): what the edge adds to the counts of waiting frames now."""
        bit = ENDED if self.on_finish else MET
        vain = 0 if self.on_finish else UNREACHABLE
        flags = self.awaited.flags
        if self.links.same:
            shift = self.waiting_start - self.awaited_start
            for on_index in range(self.awaited_start, self.awaited_start + self.links.awaited):
                flag = flags[on_index]
                if not flag & bit:
                    yield on_index + shift, 1, int(bool(flag & vain))
        elif self._offsets is not None:
            for on_index in range(self.awaited_start, self.awaited_start + self.links.awaited):
                flag = flags[on_index]
                if not flag & bit:
                    unreachable = int(bool(flag & vain))
                    for follower in self.followers(on_index):
                        yield follower, 1, unreachable
        if self.barrier_closed or self.barrier_unreachable:
            unmet, unreachable = int(self.barrier_closed), int(self.barrier_unreachable)
            for follower in self.barrier_tasks():
                yield follower, unmet, unreachable


class EdgeIndex:
    """Edges of one job by the frames at one of their ends."""

    __slots__ = ("_by_frame", "_framed", "by_layer", "whole")

    def __init__(self, layers: int) -> None:
        self.whole: list[Edge] = []
        """Those of the whole job."""
        self.by_layer: list[list[Edge]] = [[] for _ in range(layers)]
        """Those of each whole layer."""
        self._by_frame: dict[int, list[Edge]] = {}
        self._framed: dict[int, list[Edge]] = {}

    def add(self, edge: Edge, end: End) -> None:
        """File an edge under an end of it."""
        if end.layer is None:
            self.whole.append(edge)
        elif not end.single:
            self.by_layer[end.layer].append(edge)
        else:
            self._by_frame.setdefault(end.start, []).append(edge)
            self._framed.setdefault(end.layer, []).append(edge)

    def remove(self, edge: Edge, end: End) -> None:
        """Take an edge out that was filed under an end of it."""
        if end.layer is None:
            self.whole.remove(edge)
        elif not end.single:
            self.by_layer[end.layer].remove(edge)
        else:
            self._by_frame[end.start].remove(edge)
            self._framed[end.layer].remove(edge)

    def every(self) -> Iterator[Edge]:
        """Yield all of them."""
        return chain(self.whole, *self.by_layer, *self._by_frame.values())

    def of_layer(self, layer: int) -> list[Edge]:
        """Return the edges of a layer and of single frames in it."""
        return [*self.by_layer[layer], *self._framed.get(layer, ())]

    def touching(self, end: End) -> Iterable[Edge]:
        """Return the edges that share frames with an end."""
        if end.layer is None:
            return self.every()
        if end.single:
            return self.at(end.layer, end.start)
        return chain(self.of_layer(end.layer), self.whole)

    def at(self, layer: int, index: int) -> Iterable[Edge]:
        """Return every edge that has a frame at this end."""
        if self._by_frame or self.whole:
            return chain(self.by_layer[layer], self.whole, self._by_frame.get(index, ()))
        return self.by_layer[layer]


def _nothing() -> End:
    """Return the end of an edge whose awaited job is known no more."""
    return End(0, 0, None, single=False)


def _end(job: Job, spec: EdgeSpec, name: str, number: int | None) -> End:
    """Return the frames that a depend names at one end; raises InvalidSpecError."""
    if not name:
        return End(0, job.size, None, single=False)
    layer = _layer(job, spec, name)
    if number is None:
        return End(layer.start, len(layer.tasks), layer.index, single=False)
    task = layer.tasks.task_of(number)
    if task is None:
        raise InvalidSpecError(
            where=f"{_title(spec)}, frame",
            value=number,
            reason=f"is not in the range of layer {name!r}, which is {layer.spec.range}",
        )
    return End(layer.start + task, 1, layer.index, single=True)


def _awaited_end(job: Job, spec: EdgeSpec) -> End:
    number = spec.on_frame
    if number is None and spec.kind is EdgeKind.LAYER_ON_SIM_FRAME:
        number = _layer(job, spec, spec.on).number(_layer(job, spec, spec.on).start)
    return _end(job, spec, spec.on, number)


def _layer(job: Job, spec: EdgeSpec, name: str) -> Layer:
    layer = job.by_name.get(name)
    if layer is None:
        known = ", ".join(list(job.by_name)[:10])
        reason = f"job {job.name} has only {known}" if spec.on_job else f"the job has only {known}"
        raise InvalidSpecError(where=f"{_title(spec)}, layer", value=name, reason=reason)
    return layer


def _title(spec: EdgeSpec) -> str:
    on = spec.on or f"job {spec.on_job}"
    return f"depend of {spec.layer or 'the job'!r} on {on!r}"


def _refuse_itself(edge: Edge) -> None:
    """Refuse what waits for its own end."""
    waiting, awaited = edge.waiting_end, edge.awaited_end
    apart = (
        waiting.start + waiting.size <= awaited.start
        or awaited.start + awaited.size <= waiting.start
    )
    previous = edge.spec.kind is EdgeKind.PREVIOUS_FRAME and _are_layers(waiting, awaited)
    if edge.waiter is not edge.awaited or apart or previous:
        return
    what = "job" if waiting.layer is None else "frame" if waiting.single else "layer"
    raise InvalidSpecError(
        where=f"depend of {what}",
        value=end_name(edge.waiter, waiting, alone=waiting.layer is not None),
        reason=f"a {what} cannot wait for itself",
    )


def end_name(job: Job, end: End, *, alone: bool = False) -> str:
    """Return what an end is called: a job, ``job/layer`` or ``job/0012-layer``.

    Args:
        job: The job of that end.
        end: The end.
        alone: Leave the job's name out of a layer's or frame's.
    """
    if end.layer is None:
        return job.name
    name = job.frame_name(end.start) if end.single else job.layers[end.layer].name
    return name if alone else f"{job.name}/{name}"


def _are_layers(waiting: End, awaited: End) -> bool:
    return (
        waiting.layer is not None
        and awaited.layer is not None
        and not (waiting.single or awaited.single)
    )


def _links(edge: Edge) -> TaskEdges:
    waiting, awaited, kind = edge.waiting_end, edge.awaited_end, edge.spec.kind
    if kind in _LINKED and _are_layers(waiting, awaited):
        assert waiting.layer is not None
        assert awaited.layer is not None
        return resolve(
            kind, edge.waiter.layers[waiting.layer].tasks, edge.awaited.layers[awaited.layer].tasks
        )
    return TaskEdges(
        waiting.size, awaited.size, whole=range(waiting.size), any_one=kind is EdgeKind.LAYER_ON_ANY
    )


def _invert(links: TaskEdges, waiting_start: int) -> tuple[array[int] | None, array[int]]:
    """Return offsets and job-wide waiting frames per awaited task, for irregular edges only."""
    if links.offsets is None:
        return None, array("I")
    counts = array("I", bytes(4 * (links.awaited + 1)))
    for target in links.targets:
        counts[target + 1] += 1
    for task in range(links.awaited):
        counts[task + 1] += counts[task]
    cursor, followers = array("I", counts), array("I", bytes(4 * len(links.targets)))
    for waiting, awaited in links.pairs():
        followers[cursor[awaited]] = waiting_start + waiting
        cursor[awaited] += 1
    return counts, followers
