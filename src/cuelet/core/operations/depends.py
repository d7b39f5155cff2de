"""What people ask of depends while jobs run: add, satisfy, put back, drop."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from cuelet.core.operations.cycles import cycle_closed_by
from cuelet.core.operations.requests import release_edges
from cuelet.core.state.decision import Decision
from cuelet.core.state.edges import Edge, end_name
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.errors import InvalidRequestError
from cuelet.core.values.states import DEPEND, WAITING, JobState
from cuelet.pasting import pasteable
from outline.jobspec.model import EdgeSpec


class Target(enum.IntEnum):
    """Which depends are meant; the numbers are OpenCue's."""

    INTERNAL = 0
    """On the same job."""
    EXTERNAL = 1
    """On other jobs."""
    ANY = 2


def add_depend(farm: Farm, job: Job, spec: EdgeSpec, decision: Decision) -> Edge:
    """Let a pending job, a layer or a frame of it wait for something from now on.

    Frames that run or have run are left alone.
    A depend that is there already is returned; one that was satisfied or dropped is put back.

    Args:
        farm: The farm.
        job: The job that waits, or whose layer or frame does.
        spec: The depend; ``on_job`` is an id, or empty for the same job.
        decision: Notes what to commit.

    Raises:
        InvalidSpecError: A layer or frame is not there, or would wait for itself.
        InvalidRequestError: The job has ended, or they would wait for each other in a cycle.
        NotFoundError: There is no such job.
    """
    on = farm.get_job(spec.on_job) if spec.on_job else job
    if job.state is JobState.FINISHED:
        raise InvalidRequestError(
            request=f"depend of job {job.name}",
            reason=f"it has ended; retry frames of it first: {pasteable('cuelet', 'retry', job.name)} --frames ...",
        )
    edge = Edge(spec, len(job.edges), job, on)
    alike = (known for known in job.edges_into_end(edge.waiting_end) if known.spec == spec)
    if known := next(alike, None):
        unsatisfy(known, decision)
        return known
    _refuse_cycle(edge)
    job.attach(edge, decision)
    return edge


def satisfy(edge: Edge, decision: Decision) -> None:
    """Take one depend out of force."""
    release_edges(edge.waiter, [edge], decision)


def unsatisfy(edge: Edge, decision: Decision) -> None:
    """Put a satisfied or dropped depend in force again; frames that run or have run go on.

    Raises:
        InvalidRequestError: Since then the other way round was added.
    """
    if not edge.active:
        _refuse_cycle(edge)
        edge.waiter.enforce(edge, decision)


def _refuse_cycle(edge: Edge) -> None:
    cycle = cycle_closed_by([edge])
    if cycle is None:
        return
    waiter = end_name(edge.waiter, edge.waiting_end)
    raise InvalidRequestError(
        request=f"depend of {waiter} on {end_name(edge.awaited, edge.awaited_end)}",
        reason=f"they would wait for each other in a cycle, {cycle}; drop one of these depends first",
    )


# -- dropping ----------------------------------------------------------------------------------


def drop_of_job(job: Job, target: Target, decision: Decision) -> int:
    """Drop what a job, its layers and frames wait for; return how many depends were in force."""
    return release_edges(job, _meant(job.edges, target), decision)


def drop_of_layer(job: Job, layer: Layer, target: Target, decision: Decision) -> int:
    """Drop what a layer and its frames wait for, but not what the whole job does."""
    return release_edges(job, _meant(job.edges_into(layer), target), decision)


def drop_of_frame(job: Job, index: int, target: Target, decision: Decision) -> None:
    """Drop what one frame waits for; depends of its layer or job go on holding the other frames.

    Raises:
        InvalidRequestError: The frame waits by depends of its layer or job, some of which are meant
            and some are not.
    """
    holding = [edge for edge in job.edges_holding(index) if edge.active]
    meant = _meant(holding, target)
    own = [edge for edge in meant if edge.waiting_end.single]
    shared = [edge for edge in meant if not edge.waiting_end.single and _holds(edge, index)]
    if shared:
        _refuse_mixed(job, index, [edge for edge in holding if edge not in meant])
    release_edges(job, own, decision)
    if shared and job.state_of[index] in (WAITING, DEPEND):
        job.free(index, decision)


def _refuse_mixed(job: Job, index: int, others: Iterable[Edge]) -> None:
    """Refuse to let a frame go that must go on waiting for something else."""
    other = next((edge for edge in others if _holds(edge, index)), None)
    if other is not None:
        raise InvalidRequestError(
            request=f"drop depends of frame {job.frame_name(index)}",
            reason="it shares them with its layer and waits for "
            f"{end_name(other.awaited, other.awaited_end)} besides; drop those of the layer, or all of the frame",
        )


def _holds(edge: Edge, index: int) -> bool:
    """Tell whether an edge makes a frame wait now."""
    awaited = edge.awaited_by(index)
    over = (edge.awaited.is_over(on, on_finish=edge.on_finish) for on in awaited)
    return len(awaited) > 0 and not (any(over) if edge.links.any_one else all(over))


def _meant(edges: Iterable[Edge], target: Target) -> list[Edge]:
    return [
        edge
        for edge in edges
        if target is Target.ANY or edge.is_external == (target is Target.EXTERNAL)
    ]


# -- single frames -----------------------------------------------------------------------------


def wait_again(job: Job, indexes: Iterable[int], decision: Decision) -> int:
    """Let waiting frames that were freed wait for their depends again; return how many were."""
    chosen = [
        i for i in indexes if i in job.depends_ignored and job.state_of[i] in (WAITING, DEPEND)
    ]
    for index in chosen:
        job.wait_again(index, decision)
    return len(chosen)
