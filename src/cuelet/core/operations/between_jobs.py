"""Depends that a job's spec does not hold by itself: on other jobs, or added while it runs.

Here they are built, checked for circles, and connected; `cuelet.core.operations.depends` decides about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from cuelet.core.state.changes import FROM_DISK
from cuelet.core.state.edges import Edge, end_name
from cuelet.core.state.job import Job
from cuelet.core.values.errors import InvalidSpecError
from cuelet.core.values.states import DEPEND, JobState
from outline.frames import EdgeKind
from outline.jobspec.cycles import find_cycle
from outline.jobspec.model import EdgeSpec


class StoredEdge(NamedTuple):
    """An added edge as it comes from disk."""

    job_id: str
    position: int
    """Its index among the edges of the job."""
    spec: EdgeSpec
    active: bool


# -- building ----------------------------------------------------------------------------------


def whole_job(on_job: str) -> EdgeSpec:
    """Return the depend of a whole job on another one, by name or id."""
    return EdgeSpec(layer="", on="", kind=EdgeKind.LAYER_ON_LAYER, on_job=on_job)


def edges_at_launch(jobs: Sequence[Job], find_job: Any) -> list[Edge]:
    """Return what new jobs wait for in other jobs, not attached yet.

    Args:
        jobs: Launched together; they may wait for each other.
        find_job: Returns the job of a name that is not among them, or None.

    Raises:
        InvalidSpecError: A job, layer or frame is not there, or they would wait in a circle.
    """
    edges = [edge for job in jobs for edge in _edges_of(job, jobs, find_job)]
    if circle := find_circle(edges):
        raise InvalidSpecError(
            where="depends",
            value=circle,
            reason="they wait for each other in a circle; take one of these depends out",
        )
    return edges


def _edges_of(job: Job, beside: Sequence[Job], find_job: Any) -> Iterator[Edge]:
    specs = (*map(whole_job, job.spec.after), *job.spec.outside)
    for offset, spec in enumerate(dict.fromkeys(specs)):
        on = _awaited_job(job, spec.on_job, beside, find_job)
        yield Edge(replace(spec, on_job=on.id), len(job.edges) + offset, job, on)


def _awaited_job(job: Job, name: str, beside: Sequence[Job], find_job: Any) -> Job:
    together = next((other for other in beside if other.name == name and other is not job), None)
    found: Job | None = together or find_job(name)
    if found is None:
        raise InvalidSpecError(
            where="depend on job", value=name, reason="there is no such job; launch it first"
        )
    return found


def attach_stored(jobs: Mapping[str, Job], stored: Iterable[StoredEdge]) -> None:
    """Attach what was added to jobs that have just come from disk, in the order of their indexes.

    A job that is known no more was complete when it was forgotten: nothing waits for it.
    """
    for job_id, position, spec, active in stored:
        er = jobs[job_id]
        on = jobs.get(spec.on_job) if spec.on_job else er
        er.attach(Edge(spec, position, er, on), FROM_DISK, active=active)


# -- circles -----------------------------------------------------------------------------------


def find_circle(new: Sequence[Edge]) -> str | None:
    """Return a circle that edges, not attached yet, would close, such as ``a -> b -> a``.

    Jobs are looked at first, then layers, and frames only when layers do wait in a circle.
    """
    if len(new) == 1 and not _leads_on(new[0]):
        return None
    jobs = list(dict.fromkeys(edge.er for edge in new))
    if all(edge.er is not edge.on for edge in new) and not _cycle(_Jobs(jobs, new)):
        return None
    if not any(_same_layer(edge) for edge in new) and not _cycle(_Layers(jobs, new)):
        return None
    cycle = _cycle(_Frames(new))
    return None if cycle is None else _circle_text(cycle)


def _leads_on(edge: Edge) -> bool:
    """Tell whether something waits for what is to wait, and what is awaited waits for something."""
    behind = edge.er.edges_from_end(edge.er_end)
    ahead = edge.on.edges_into_end(edge.on_end)
    return any(other.active for other in behind) and any(other.active for other in ahead)


def _cycle(search: _Search) -> list[Any] | None:
    return find_cycle(cast("Any", search))


def _same_layer(edge: Edge) -> bool:
    return edge.er is edge.on and edge.er_end.layer == edge.on_end.layer


class _Search:
    """What `find_cycle` reads of a mapping: where to start, and what each place waits for."""

    def __init__(self, new: Iterable[Edge]) -> None:
        self._new: dict[Job, list[Edge]] = {}
        for edge in new:
            self._new.setdefault(edge.er, []).append(edge)

    def get(self, place: Any, default: Any = ()) -> Iterable[Any]:
        return self._waits_for(place)

    def _waits_for(self, place: Any) -> Iterable[Any]:
        raise NotImplementedError

    def _fresh(self, job: Job) -> Iterable[Edge]:
        return self._new.get(job, ())


class _Jobs(_Search):
    """Jobs that wait for jobs."""

    def __init__(self, jobs: Iterable[Job], new: Iterable[Edge]) -> None:
        super().__init__(new)
        self._starts = jobs

    def __iter__(self) -> Iterator[Job]:
        return iter(self._starts)

    def _waits_for(self, place: Job) -> Iterable[Job]:
        known = (edge for edge in place.edges if edge.active)
        every = (*known, *self._fresh(place))
        return dict.fromkeys(edge.on for edge in every if edge.on is not place)


class _Layers(_Jobs):
    """Layers, as (job, index), that wait for layers or for whole jobs."""

    def __iter__(self) -> Iterator[Any]:
        return ((job, layer.index) for job in self._starts for layer in job.layers)

    def _waits_for(self, place: Any) -> Iterable[Any]:
        if isinstance(place, Job):
            return [(place, layer.index) for layer in place.layers]
        job, index = place
        known = (edge for edge in job.edges_into(job.layers[index]) if edge.active)
        fresh = (edge for edge in self._fresh(job) if edge.er_end.layer in (index, None))
        whole = (edge for edge in job.edges_of_job() if edge.active)
        return dict.fromkeys(_awaited_layer(edge) for edge in (*known, *fresh, *whole))


def _awaited_layer(edge: Edge) -> Any:
    return edge.on if edge.on_end.layer is None else (edge.on, edge.on_end.layer)


class _Frames(_Search):
    """Frames, as (job, index), that wait for frames or at a gate, which is its edge.

    Any circle goes through a new edge, so the search begins there.
    A gate that opens at any frame waits for all of them here: should the others die, it does.
    """

    def __iter__(self) -> Iterator[Any]:
        for edges in self._new.values():
            for edge in edges:
                if edge.links.whole:
                    yield edge
                if not _is_gate(edge):
                    yield from ((edge.er, index) for index in edge.waiting())

    def _waits_for(self, place: Any) -> Iterator[Any]:
        if isinstance(place, Edge):
            awaited = range(place.on_start, place.on_start + place.links.awaited)
            yield from ((place.on, index) for index in awaited)
            return
        job, index = place
        known = (edge for edge in job.edges_holding(index) if edge.active)
        fresh = (edge for edge in self._fresh(job) if index in edge.waiting())
        for edge in (*known, *fresh):
            if index - edge.er_start in edge.links.whole:
                yield edge
            else:
                yield from ((edge.on, awaited) for awaited in edge.awaited(index))


def _is_gate(edge: Edge) -> bool:
    return len(edge.links.whole) == edge.links.waiting


def _circle_text(cycle: Sequence[Any]) -> str:
    """Return a cycle of frames and gates in the words of the depends that make it."""
    places = cycle[:-1]
    pairs = list(zip(places, [*places[1:], places[0]], strict=True))
    jobs = {place.er if isinstance(place, Edge) else place[0] for place in places}
    jobs |= {place.on for place in places if isinstance(place, Edge)}
    alone = len(jobs) == 1
    names = [_place_name(*pair, alone=alone) for pair in pairs]
    kept = [name for name in names if name]
    named = [name for at, name in enumerate(kept) if name != kept[at - 1] or len(kept) == 1]
    if len(named) < 1:
        named = [job.frame_name(index) for job, index in (p for p in places if type(p) is tuple)]
    return " -> ".join([*named, named[0]])


def _place_name(place: Any, following: Any, *, alone: bool) -> str:
    """Return what waits at one place of a cycle; nothing for a frame whose gate says it."""
    if isinstance(place, Edge):
        return end_name(place.er, place.er_end, alone=alone)
    if isinstance(following, Edge):
        return ""
    job, index = place
    layer = job.layer_at(index).name
    return layer if alone else f"{job.name}/{layer}"


# -- what holds a job --------------------------------------------------------------------------


def holders(job: Job) -> list[Job]:
    """Return the jobs for which a job as a whole still waits."""
    held = (edge for edge in job.edges_of_job() if edge.active and edge.gate_closed)
    return list(dict.fromkeys(edge.on for edge in held))


def has_hope(job: Job) -> bool:
    """Tell whether a frame waits for what may still come from another job.

    What waits in vain is known frame by frame, through all jobs.
    """
    if not any(edge.open_count for edge in _ahead(job)):
        return False
    return any(job.state_of[i] == DEPEND and not job.doomed[i] for i in range(job.size))


def jobs_ahead(job: Job) -> list[Job]:
    """Return the jobs for which a job waits, those for which they wait, and so on."""
    found, pending = dict[Job, None](), [job]
    while pending:
        for edge in _ahead(pending.pop()):
            if edge.open_count and edge.on not in found:
                found[edge.on] = None
                pending.append(edge.on)
    return list(found)


def _ahead(job: Job) -> Iterator[Edge]:
    return (edge for edge in job.edges if edge.is_external and edge.active)


def holding_edges(job: Job) -> list[Edge]:
    """Return the edges to other jobs at which a stuck job hangs: those in vain, else any open one."""
    ahead = [edge for edge in _ahead(job) if edge.open_count]
    return [edge for edge in ahead if edge.lost > 0] or ahead


def was_killed(job: Job) -> bool:
    """Tell whether a job ended before all its frames were done."""
    return job.state is JobState.FINISHED and not job.is_complete()
