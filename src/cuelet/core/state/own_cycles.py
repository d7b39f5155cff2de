"""Whether the depends that a job's spec says let every frame start at some time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cuelet.core.state.edges import Edge
from cuelet.core.values.errors import InvalidSpecError
from outline.frames import EdgeKind
from outline.jobspec.cycles import find_cycle
from outline.jobspec.release import Release

if TYPE_CHECKING:
    from cuelet.core.state.job import Job


def refuse_cycles(job: Job) -> None:
    """Refuse layers that wait for each other in a cycle.

    A cycle through single or previous frames is sound when its frames are not in one.
    """
    cycle = _layer_cycle(edge for edge in job.edges if not _is_partial(edge))
    if cycle is None:
        cycle = _layer_cycle(job.edges) or _own_frames(job.edges)
        if cycle is None or not _some_never_start(job):
            return
    raise InvalidSpecError(
        where="depends",
        value=" -> ".join(cycle),
        reason="layers wait for each other in a cycle; take one of these depends out",
    )


def _layer_cycle(edges: Iterable[Edge]) -> list[str] | None:
    """Return layers that wait for each other by some edges; what waits for itself is left out."""
    waits_for: dict[str, list[str]] = {}
    for edge in edges:
        if edge.spec.layer != edge.spec.on:
            waits_for.setdefault(edge.spec.layer, []).append(edge.spec.on)
    return find_cycle(waits_for, lambda layer: waits_for.get(layer, ()))


def _is_partial(edge: Edge) -> bool:
    """Tell whether layers may wait for each other by this without their frames doing so."""
    return (
        edge.spec.kind is EdgeKind.PREVIOUS_FRAME
        or edge.waiting_end.single
        or edge.awaited_end.single
    )


def _own_frames(edges: Iterable[Edge]) -> list[str] | None:
    """Return a layer, as a cycle, of which single frames wait for each other."""
    own = (
        edge.spec for edge in edges if edge.waiting_end.single and edge.spec.layer == edge.spec.on
    )
    return next(([spec.layer, spec.on] for spec in own), None)


def _some_never_start(job: Job) -> bool:
    """Let every frame succeed in thought; tell whether some can never start."""
    in_order = Release(job.size, job.edges, job.edges_awaiting).in_order()
    return sum(1 for _ in in_order) < job.size
