"""Which depends hold frames, how much is left of each, how long that may take, and what to do about waits in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cuelet.core.explain.commands import drop_command, drop_cost, job_word
from cuelet.core.explain.durations import FrameTimes, how_long
from cuelet.core.explain.holds import lack_reasons
from cuelet.core.explain.vain import remedy_of, roots_of, told
from cuelet.core.operations.between_jobs import holding_edges, was_killed
from cuelet.core.state.edges import Edge, end_name
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.reason import Reason
from cuelet.core.values.states import (
    DEAD,
    DEPEND,
    EATEN,
    SUCCEEDED,
    WAITING,
    FrameState,
    JobState,
    shown,
)
from outline.frames import format_frames
from outline.jobspec.model import Outcome

MAX_SHOWN = 40
"""Characters of a frame range in a reason."""


class Hold(NamedTuple):
    """An edge that holds a frame now."""

    edge: Edge
    in_vain: bool


def holds_on(job: Job, index: int) -> Iterator[Hold]:
    """Yield the edges that hold a frame, other than those of its whole job on whole jobs."""
    if job.state_of[index] != DEPEND:
        return
    for edge in job.edges_holding(index):
        if edge.active and not _is_job_on_job(edge):
            hold = _hold(edge, index)
            if hold is not None:
                yield hold


def _hold(edge: Edge, index: int) -> Hold | None:
    """Return whether and how an edge holds a frame; of a gate, which may await many, the edge knows."""
    if _is_gate(edge, index):
        return Hold(edge, edge.barrier_unreachable) if edge.barrier_closed else None
    left = _left(edge, edge.awaited_by(index))
    return Hold(edge, bool(_lost(edge, left))) if left else None


def _is_gate(edge: Edge, index: int) -> bool:
    return index - edge.waiting_start in edge.links.whole


def _is_job_on_job(edge: Edge) -> bool:
    return edge.waiting_end.layer is None and edge.awaited_end.layer is None


def _left(edge: Edge, awaited: Iterable[int]) -> list[int]:
    """Return the awaited frames that are not there yet."""
    return [on for on in awaited if not edge.awaited.is_over(on, on_finish=edge.on_finish)]


def _lost(edge: Edge, left: Iterable[int]) -> list[int]:
    """Return the awaited frames that never come as things stand."""
    return [] if edge.on_finish else [on for on in left if edge.awaited.is_unreachable(on)]


# -- depends of layers and frames ----------------------------------------------------------------


def depend_reasons(farm: Farm, job: Job, indexes: Sequence[int], times: FrameTimes) -> list[Reason]:
    """Return why frames wait that are held by the same edges, in the same way; one reason an edge."""
    return [_why_edge(farm, hold, indexes, times) for hold in holds_on(job, indexes[0])]


def _why_edge(farm: Farm, hold: Hold, indexes: Sequence[int], times: FrameTimes) -> Reason:
    """Return what an edge still waits for, and on what state that hangs."""
    edge, on = hold.edge, hold.edge.awaited
    each = len(indexes) > 1 and not _is_gate(edge, indexes[0])
    awaited = sorted(
        {index for one in indexes for index in edge.awaited_by(one)}
        if each
        else edge.awaited_by(indexes[0])
    )
    left = _left(edge, awaited)
    goal = "succeed" if edge.spec.outcome is Outcome.SUCCEEDED else "end"
    where = " of ".join(_named(edge))
    which = "any frame" if edge.links.any_one else f"{len(left)} of {len(awaited)} frames"
    who = "each waits for its part of" if each else "it waits for"
    text = f"{who} {which} of {where} to {goal}: {_states_of(on, left)}"
    if hold.in_vain:
        roots = roots_of(edge, _lost(edge, left))
        return Reason("depend", text + told(roots, beside=on, known=left), *remedy_of(farm, roots))
    after, remedy = _outlook(farm, edge.awaited, left, times, is_external=edge.is_external)
    return Reason("depend", text + after, remedy)


def _outlook(
    farm: Farm, on: Job, left: Sequence[int], times: FrameTimes, *, is_external: bool
) -> tuple[str, str]:
    """Return of frames that may come how long that takes or what holds them, and the command for that."""
    if is_external and on.paused:
        return "; that job is paused", f"cuelet resume {job_word(farm, on)}"
    waiting = {on.layer_at(index) for index in left if on.state_of[index] == WAITING}
    for layer in sorted(waiting, key=lambda each: each.index):
        if lacks := lack_reasons(farm, on, layer):
            return f"; {layer.name} cannot start here: {lacks[0].text}", lacks[0].remedy
    return how_long(on, left, times), ""


def _named(edge: Edge) -> list[str]:
    """Return the layer and the job that are waited for, as far as they must be named."""
    job = [f"job {edge.awaited.name}"] if edge.is_external else []
    return [edge.spec.on, *job] if edge.spec.on else job


def _states_of(job: Job, indexes: Iterable[int]) -> str:
    """Return frames by state, such as ``3 waiting (1-3), 1 dead (7)``."""
    groups: dict[FrameState, list[int]] = {}
    for index in indexes:
        layer = job.layer_at(index)
        groups.setdefault(shown(job.state_of[index]), []).append(layer.number(index))
    parts = []
    for state, numbers in sorted(groups.items()):
        text = format_frames(sorted(set(numbers)))
        frames = text if len(text) < MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
        parts.append(f"{len(numbers)} {state.name.lower()} ({frames})")
    return ", ".join(parts)


# -- depends of whole jobs -----------------------------------------------------------------------


def job_reasons(farm: Farm, job: Job, times: FrameTimes) -> list[Reason]:
    """Return the jobs for which a whole job waits."""
    held = {
        edge.awaited: edge
        for edge in job.edges_of_job()
        if edge.active and edge.barrier_closed and _is_job_on_job(edge)
    }
    return [_why_job(farm, edge, times) for edge in held.values()]


def _why_job(farm: Farm, edge: Edge, times: FrameTimes) -> Reason:
    on = edge.awaited
    text = f"its job waits for job {on.name}, which {_job_state(on)}"
    left = _left(edge, range(on.size))
    if edge.barrier_unreachable:
        roots = roots_of(edge, _lost(edge, left))
        after = "" if was_killed(on) else told(roots, beside=on)
        return Reason("job", text + after, *remedy_of(farm, roots))
    after, remedy = _outlook(farm, on, left, times, is_external=True)
    return Reason("job", text + after, remedy)


def _job_state(job: Job) -> str:
    if job.state is JobState.FINISHED:
        return "was killed"
    done = job.count(SUCCEEDED) + job.count(EATEN)
    dead = job.count(DEAD)
    words = f"has {done} of {job.size} frames done"
    return words + (f", {dead} dead" if dead else "")


def held_in_vain(farm: Farm, job: Job) -> str:
    """Say which other job keeps a stuck one from going on, and what to do about it; empty when none does."""
    edges = holding_edges(job)
    if not edges:
        return ""
    edge = edges[0]
    alone = edge.waiting_end.layer is not None
    who = end_name(job, edge.waiting_end, alone=True) if alone else "it"
    on = edge.awaited
    if was_killed(on):
        way_out = f"{drop_command(farm, edge)} ({drop_cost(edge)})"
        return f"{who} waits for {on.name}, which was killed; {way_out}"
    remedy, cost = remedy_of(farm, roots_of(edge, _lost(edge, _left(edge, _awaited(edge)))))
    way_out = f"{remedy} ({cost})" if cost else remedy or f"cuelet why {job_word(farm, on)}"
    return f"{who} waits for {on.name}, which will not succeed by itself; {way_out}"


def _awaited(edge: Edge) -> range:
    return range(edge.awaited_start, edge.awaited_start + edge.links.awaited)
