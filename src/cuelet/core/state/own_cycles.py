"""Whether the depends that a job's spec says let every frame start at some time."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cuelet.core.state.edges import Edge
from cuelet.core.values.errors import InvalidSpecError
from outline.frames import EdgeKind
from outline.jobspec.cycles import find_cycle

if TYPE_CHECKING:
    from cuelet.core.state.job import Job


def refuse_cycles(job: Job) -> None:
    """Refuse layers that wait for each other in a circle.

    A circle through single or previous frames is sound when its frames are not in one.
    """
    cycle = find_cycle(_waits(edge for edge in job.edges if not _is_partial(edge)))
    if cycle is None:
        cycle = find_cycle(_waits(job.edges)) or _own_frames(job.edges)
        if cycle is None or not _frames_in_circle(job):
            return
    raise InvalidSpecError(
        where="depends",
        value=" -> ".join(cycle),
        reason="layers wait for each other in a circle; take one of these depends out",
    )


def _waits(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Return the layers that each layer waits for, itself left out."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        if edge.spec.layer != edge.spec.on:
            found.setdefault(edge.spec.layer, []).append(edge.spec.on)
    return found


def _is_partial(edge: Edge) -> bool:
    """Tell whether layers may wait for each other by this without their frames doing so."""
    return edge.spec.kind is EdgeKind.PREVIOUS_FRAME or edge.er_end.single or edge.on_end.single


def _own_frames(edges: Iterable[Edge]) -> list[str] | None:
    """Return a layer, as a cycle, of which single frames wait for each other."""
    own = (edge.spec for edge in edges if edge.er_end.single and edge.spec.layer == edge.spec.on)
    return next(([spec.layer, spec.on] for spec in own), None)


def _frames_in_circle(job: Job) -> bool:
    """Let every frame succeed in thought; tell whether some can never start."""
    unmet = array("I", bytes(4 * job.size))
    for edge in job.edges:
        for index, count in edge.waiters():
            unmet[index] += count
        for index in edge.gated():
            unmet[index] += 1
    left = [1 if edge.links.any_one else edge.links.awaited for edge in job.edges]
    ready = deque(index for index in range(job.size) if not unmet[index])
    started = 0
    while ready:
        index = ready.popleft()
        started += 1
        for edge in job.edges_awaiting(index):
            left[edge.index] -= 1
            opened = edge.gated() if left[edge.index] == 0 else ()
            for follower in (*edge.followers(index), *opened):
                unmet[follower] -= 1
                if not unmet[follower]:
                    ready.append(follower)
    return started < job.size
