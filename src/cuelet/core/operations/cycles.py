"""Whether depends that are about to be attached would make jobs, layers or frames wait for each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from cuelet.core.state.edges import Edge, end_name
from cuelet.core.state.job import Job
from outline.jobspec.cycles import find_cycle

_Layer = tuple[Job, int]
"""A job and the index of a layer."""
_Frame = tuple[Job, int]
"""A job and the index of a frame."""


def cycle_closed_by(new: Sequence[Edge]) -> str | None:
    """Return a cycle that edges, not attached yet, would close, such as ``a -> b -> a``.

    Jobs are looked at first, then layers, and frames only when layers do wait in a cycle.
    """
    if len(new) == 1 and not _leads_on(new[0]):
        return None
    waits, jobs = _Waits(new), list(dict.fromkeys(edge.waiter for edge in new))
    if all(edge.waiter is not edge.awaited for edge in new) and not find_cycle(jobs, waits.of_job):
        return None
    layers: Iterable[_Layer | Job] = ((job, each.index) for job in jobs for each in job.layers)
    if not any(_same_layer(edge) for edge in new) and not find_cycle(layers, waits.of_layer):
        return None
    cycle = find_cycle(_entries(new), waits.of_frame)
    return None if cycle is None else _cycle_text(cycle)


def _leads_on(edge: Edge) -> bool:
    """Tell whether something waits for what is to wait, and what is awaited waits for something."""
    behind = edge.waiter.edges_from_end(edge.waiting_end)
    ahead = edge.awaited.edges_into_end(edge.awaited_end)
    return any(other.active for other in behind) and any(other.active for other in ahead)


def _same_layer(edge: Edge) -> bool:
    return edge.waiter is edge.awaited and edge.waiting_end.layer == edge.awaited_end.layer


class _Waits:
    """What waits for what once some edges are attached."""

    def __init__(self, new: Iterable[Edge]) -> None:
        self._new: dict[Job, list[Edge]] = {}
        for edge in new:
            self._new.setdefault(edge.waiter, []).append(edge)

    def _fresh(self, job: Job) -> Iterable[Edge]:
        return self._new.get(job, ())

    def of_job(self, job: Job) -> Iterable[Job]:
        """Return the other jobs that a job, or something of it, waits for."""
        known = (edge for edge in job.edges if edge.active)
        return dict.fromkeys(
            edge.awaited for edge in (*known, *self._fresh(job)) if edge.awaited is not job
        )

    def of_layer(self, place: _Layer | Job) -> Iterable[_Layer | Job]:
        """Return the layers and whole jobs that a layer waits for; a whole job for its layers."""
        if isinstance(place, Job):
            return [(place, layer.index) for layer in place.layers]
        job, index = place
        known = (edge for edge in job.edges_into(job.layers[index]) if edge.active)
        fresh = (edge for edge in self._fresh(job) if edge.waiting_end.layer in (index, None))
        whole = (edge for edge in job.edges_of_job() if edge.active)
        return dict.fromkeys(_awaited_layer(edge) for edge in (*known, *fresh, *whole))

    def of_frame(self, place: _Frame | Edge) -> Iterator[_Frame | Edge]:
        """Yield the frames and gates that a frame waits for; a gate, which is its edge, for its frames.

        A gate that opens at any frame waits for all of them here: should the others die, it does.
        """
        if isinstance(place, Edge):
            awaited = range(place.awaited_start, place.awaited_start + place.links.awaited)
            yield from ((place.awaited, index) for index in awaited)
            return
        job, index = place
        known = (edge for edge in job.edges_holding(index) if edge.active)
        fresh = (edge for edge in self._fresh(job) if index in edge.waiting())
        for edge in (*known, *fresh):
            if index - edge.waiting_start in edge.links.whole:
                yield edge
            else:
                yield from ((edge.awaited, awaited) for awaited in edge.awaited_by(index))


def _awaited_layer(edge: Edge) -> _Layer | Job:
    return (
        edge.awaited if edge.awaited_end.layer is None else (edge.awaited, edge.awaited_end.layer)
    )


def _entries(new: Iterable[Edge]) -> Iterator[_Frame | Edge]:
    """Yield where a search among frames begins: any new cycle goes through a new edge."""
    for edge in new:
        if edge.links.whole:
            yield edge
        if len(edge.links.whole) < edge.links.waiting:
            yield from ((edge.waiter, index) for index in edge.waiting())


# -- in words ----------------------------------------------------------------------------------


def _cycle_text(cycle: Sequence[_Frame | Edge]) -> str:
    """Return a cycle of frames and gates in the words of the depends that make it."""
    alone = len(_jobs_in(cycle)) == 1
    names = _each_once(
        _place_name(place, alone=alone)
        for place, following in pairwise(cycle)
        if not isinstance(following, Edge)  # else the gate says it
        or isinstance(place, Edge)
    )
    if not names:  # all of it is in one layer
        frames = (place for place in cycle[:-1] if not isinstance(place, Edge))
        names = [job.frame_name(index) for job, index in frames]
    return " -> ".join([*names, names[0]])


def _jobs_in(cycle: Iterable[_Frame | Edge]) -> set[Job]:
    found = set[Job]()
    for place in cycle:
        found |= {place.waiter, place.awaited} if isinstance(place, Edge) else {place[0]}
    return found


def _place_name(place: _Frame | Edge, *, alone: bool) -> str:
    """Return what waits at a place; ``alone``: only one job is in the cycle and need not be named."""
    if isinstance(place, Edge):
        return end_name(place.waiter, place.waiting_end, alone=alone)
    job, index = place
    layer = job.layer_at(index).name
    return layer if alone else f"{job.name}/{layer}"


def _each_once(names: Iterable[str]) -> list[str]:
    """Drop the names that follow themselves, the first after the last; a single one stays."""
    told = list(names)
    return [name for at, name in enumerate(told) if name != told[at - 1] or len(told) == 1]
