"""What waits in vain, and at what that hangs in the end: dead frames, or jobs that were killed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cuelet.core.explain.commands import drop_command, drop_cost, retry_command, retry_cost
from cuelet.core.operations.between_jobs import was_killed
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.states import DEAD
from outline.frames import format_frames


class Roots(NamedTuple):
    """What keeps frames from ever coming, as things stand."""

    dead: dict[Job, list[int]]
    """Dead frames, by job."""
    killed: list[Edge]
    """Edges to jobs that were killed."""


def roots_of(edge: Edge, awaited: Iterable[int]) -> Roots:
    """Return what keeps frames that an edge awaits from ever coming.

    Args:
        edge: The edge.
        awaited: Those of its awaited frames that are unreachable.
    """
    roots, seen, gates = Roots({}, []), set[tuple[Job, int]](), set[Edge]()
    pending = [(edge, index) for index in awaited]
    while pending:
        by, index = pending.pop()
        job = by.awaited
        if (job, index) in seen:
            continue
        seen.add((job, index))
        if job.state_of[index] == DEAD and not was_killed(job):
            roots.dead.setdefault(job, []).append(index)
        elif was_killed(job):
            if by not in roots.killed:
                roots.killed.append(by)
        else:
            pending += _unreachable(job, index, gates)
    return roots


def _unreachable(job: Job, index: int, gates: set[Edge]) -> Iterator[tuple[Edge, int]]:
    """Yield what a frame waits for in vain, what a gate awaits only once."""
    for edge in job.edges_holding(index):
        if not edge.active or edge.on_finish or edge in gates:
            continue
        if index - edge.waiting_start in edge.links.whole:
            gates.add(edge)
        yield from ((edge, on) for on in edge.awaited_by(index) if edge.awaited.is_unreachable(on))


def remedy_of(farm: Farm, roots: Roots) -> tuple[str, str]:
    """Return the command that makes the awaited come or lets go of it, and what it costs.

    Dead frames are run again; only a job that was killed is let go of.
    """
    commands = [retry_command(farm, job, dead) for job, dead in roots.dead.items()]
    commands += dict.fromkeys(drop_command(farm, edge) for edge in roots.killed)
    costs = [retry_cost(job, dead) for job, dead in roots.dead.items()]
    costs += [drop_cost(edge) for edge in roots.killed]
    return " && ".join(commands), "; ".join(dict.fromkeys(filter(None, costs)))


def told(roots: Roots, *, beside: Job | None, known: Sequence[int] = ()) -> str:
    """Return in words what the reader does not see yet: dead frames further up, jobs that were killed.

    Args:
        roots: What is at the root of it.
        beside: The job that goes without saying.
        known: Frames of that job whose state is told already.
    """
    parts = []
    for job, dead in roots.dead.items():
        hidden = sorted(set(dead) - set(known)) if job is beside else sorted(dead)
        layers: dict[str, list[int]] = {}
        for index in hidden:
            layer = job.layer_at(index)
            layers.setdefault(layer.name, []).append(layer.number(index))
        where = "" if job is beside else f" of job {job.name}"
        parts += [
            f"dead are {name} {format_frames(found)}{where}" for name, found in layers.items()
        ]
    parts += [f"job {edge.awaited.name} was killed" for edge in roots.killed]
    return f"; in vain: {', '.join(dict.fromkeys(parts))}" if parts else ""
