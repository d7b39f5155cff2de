"""Edges between layers at run time: who is told when a frame is met, ended or lost.

An edge keeps no row per frame pair where a rule says it: same index, or a gate on the whole layer.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from cuelet.core.errors import InvalidSpecError
from cuelet.core.spec import EdgeSpec
from cuelet.core.states import Outcome
from outline.frames import Links, Tasks, resolve


class Edge:
    """One depend of a job, resolved to tasks.

    ``er_start`` and ``on_start`` are the job-wide indexes of the first frame of either layer.
    """

    __slots__ = (
        "_followers",
        "_offsets",
        "active",
        "er_start",
        "index",
        "links",
        "lost",
        "on_start",
        "open_count",
        "spec",
    )

    def __init__(
        self, spec: EdgeSpec, index: int, *, er: Tasks, er_start: int, on: Tasks, on_start: int
    ) -> None:
        self.spec, self.index = spec, index
        self.er_start, self.on_start = er_start, on_start
        self.active = True
        """False once somebody satisfied or dropped it."""
        self.links = _resolve(spec, er, on)
        self.open_count = self.links.awaited
        """Awaited frames not met yet (kept for the gate and for people)."""
        self.lost = 0
        """Awaited frames that will never be met as things stand."""
        self._offsets, self._followers = _invert(self.links, er_start)

    @property
    def on_finish(self) -> bool:
        """Whether the edge waits for the end of frames, whatever their outcome."""
        return self.spec.outcome is Outcome.FINISHED

    @property
    def gate_closed(self) -> bool:
        """Whether the frames that wait for the whole layer still have to."""
        if self.links.any_one:
            return self.open_count == self.links.awaited
        return self.open_count > 0

    @property
    def gate_lost(self) -> bool:
        """Whether the frames that wait for the whole layer wait in vain."""
        if self.links.any_one:
            return self.lost == self.links.awaited
        return self.lost > 0

    def gated(self) -> Iterable[int]:
        """Return the job-wide indexes of the frames that wait for the whole layer."""
        start = self.er_start
        return (start + task for task in self.links.whole)

    def followers(self, on_index: int) -> Sequence[int]:
        """Return the job-wide indexes of the frames that wait for just this awaited frame."""
        task = on_index - self.on_start
        if self.links.same:
            return (self.er_start + task,)
        if self._offsets is None:
            return ()
        return self._followers[self._offsets[task] : self._offsets[task + 1]]

    def awaited(self, er_index: int) -> Sequence[int]:
        """Return the job-wide indexes of the frames that one frame waits for."""
        tasks = self.links.waits_for(er_index - self.er_start)
        if isinstance(tasks, range):
            return range(tasks.start + self.on_start, tasks.stop + self.on_start)
        return [task + self.on_start for task in tasks]

    def waiters(self) -> Iterable[tuple[int, int]]:
        """Yield (job-wide index, number of awaited frames), gates not counted."""
        links, start = self.links, self.er_start
        if links.same:
            yield from ((start + task, 1) for task in range(links.waiting))
        elif links.offsets is not None:
            for task in range(links.waiting):
                if count := links.offsets[task + 1] - links.offsets[task]:
                    yield start + task, count


def _resolve(spec: EdgeSpec, er: Tasks, on: Tasks) -> Links:
    if spec.on_frame is not None and on.task_of(spec.on_frame) is None:
        raise InvalidSpecError(
            where=f"depend of layer {spec.layer!r} on layer {spec.on!r}, frame",
            value=spec.on_frame,
            reason="is not in the awaited layer's range",
        )
    links = resolve(spec.kind, er, on, on_frame=spec.on_frame)
    return links if spec.er_frame is None else _one_waiter(links, spec, er)


def _one_waiter(links: Links, spec: EdgeSpec, er: Tasks) -> Links:
    """Keep only the links of one waiting frame."""
    task = er.task_of(spec.er_frame or 0)
    if task is None:
        raise InvalidSpecError(
            where=f"depend of layer {spec.layer!r}, frame",
            value=spec.er_frame,
            reason="is not in the layer's range",
        )
    if links.whole:
        return Links(links.waiting, links.awaited, whole=range(task, task + 1))
    wanted = array("I", links.waits_for(task))
    after = array("I", [len(wanted)])
    offsets = array("I", [0]) * (task + 1) + after * (links.waiting - task)
    return Links(links.waiting, links.awaited, offsets=offsets, targets=wanted)


def _invert(links: Links, er_start: int) -> tuple[array[int] | None, array[int]]:
    """Return offsets and job-wide waiting frames per awaited task, for irregular edges only."""
    if links.offsets is None:
        return None, array("I")
    counts = array("I", bytes(4 * (links.awaited + 1)))
    for target in links.targets:
        counts[target + 1] += 1
    for task in range(links.awaited):
        counts[task + 1] += counts[task]
    cursor, followers = array("I", counts), array("I", bytes(4 * len(links.targets)))
    for er, on in links.pairs():
        followers[cursor[on]] = er_start + er
        cursor[on] += 1
    return counts, followers
