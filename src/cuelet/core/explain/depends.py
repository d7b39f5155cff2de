"""Which depends hold a frame, how much is left of each, on what state that hangs, and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cuelet.core.operations.between_jobs import holders, was_killed
from cuelet.core.state.edges import Edge
from cuelet.core.state.job import Job
from cuelet.core.values.reason import Reason
from cuelet.core.values.states import DEAD, DEPEND, EATEN, SUCCEEDED, FrameState, JobState, shown
from outline.frames import format_frames
from outline.jobspec.model import Outcome

MAX_SHOWN = 40
"""Characters of a frame range in a reason."""


def job_reasons(job: Job) -> list[Reason]:
    """Return the jobs for which a whole job waits."""
    return [
        Reason("job", f"its job waits for job {on.name}, which {_job_state(on)}", _drop(job, on))
        for on in holders(job)
    ]


Known = dict[Edge, Reason | None]
"""What was found out of gates, which hold all their frames for one reason."""


def depend_reasons(job: Job, index: int, known: Known) -> list[Reason]:
    """Return the depends that hold a frame, other than those of its whole job on whole jobs."""
    if job.state_of[index] != DEPEND:
        return []
    edges = [edge for edge in job.edges_holding(index) if edge.active and not _is_job_on_job(edge)]
    return [reason for edge in edges if (reason := _why_edge_once(edge, index, known))]


def _why_edge_once(edge: Edge, index: int, known: Known) -> Reason | None:
    if index - edge.waiting_start not in edge.links.whole:
        return _why_edge(edge, index)
    if edge not in known:
        known[edge] = _why_edge(edge, index)
    return known[edge]


def retry_command(job: Job, index: int) -> str:
    """Return the command that runs a frame again."""
    layer = job.layer_at(index)
    return f"cuelet retry {job.name} --layer {layer.name} --frames {layer.number(index)}"


def _is_job_on_job(edge: Edge) -> bool:
    return edge.waiting_end.layer is None and edge.awaited_end.layer is None


def _drop(job: Job, on: Job) -> str:
    return f"cuelet drop-depends {job.name} --on {on.name}"


def _job_state(job: Job) -> str:
    if job.state is JobState.FINISHED:
        return "was killed"
    done = job.count(SUCCEEDED) + job.count(EATEN)
    dead = job.count(DEAD)
    told = f"has {done} of {job.size} frames done"
    told += f", {dead} dead" if dead else ""
    return f"{told} and is paused" if job.paused else told


def _why_edge(edge: Edge, index: int) -> Reason | None:
    """Return what an edge still waits for, and on what state that hangs."""
    awaited = edge.awaited_by(index)
    left = _left(edge, awaited)
    if not left or (edge.links.any_one and len(left) < len(awaited)):
        return None
    goal = "succeed" if edge.spec.outcome is Outcome.SUCCEEDED else "end"
    which = "any frame" if edge.links.any_one else f"{len(left)} of {len(awaited)} frames"
    where = " of ".join(_named(edge))
    states = _states_of(edge.awaited, left)
    text = f"it waits for {which} of {where} to {goal}: {states}{_standing(edge)}"
    return Reason("depend", text, _remedy(edge, left))


def _left(edge: Edge, awaited: Sequence[int]) -> list[int]:
    """Return the awaited frames that are not there yet."""
    return [on for on in awaited if not edge.awaited.is_over(on, on_finish=edge.on_finish)]


def _named(edge: Edge) -> list[str]:
    """Return the layer and the job that are waited for, as far as they must be named."""
    job = [f"job {edge.awaited.name}"] if edge.is_external else []
    return [edge.spec.on, *job] if edge.spec.on else job


def _standing(edge: Edge) -> str:
    """Return what keeps another job from going on."""
    if not edge.is_external:
        return ""
    if was_killed(edge.awaited):
        return "; that job was killed"
    return "; that job is paused" if edge.awaited.paused else ""


def _remedy(edge: Edge, left: Sequence[int]) -> str:
    on, waiter = edge.awaited, edge.waiter
    if edge.is_external and was_killed(on):
        return _drop(waiter, on)
    dead = next((index for index in left if on.state_of[index] == DEAD), None)
    if dead is not None:
        return retry_command(on, dead)
    if edge.is_external:
        return f"cuelet resume {on.name}" if on.paused else _drop(waiter, on)
    return f"cueadmin -satisfy-dependency {waiter.name} {edge.spec.layer}"


def _states_of(job: Job, indexes: Iterable[int]) -> str:
    """Return frames by state, such as ``3 waiting (1-3), 1 dead (7)``."""
    groups: dict[FrameState, list[int]] = {}
    for index in indexes:
        layer = job.layer_at(index)
        groups.setdefault(shown(job.state_of[index]), []).append(layer.number(index))
    parts = []
    for state, numbers in sorted(groups.items()):
        text = format_frames(numbers)
        frames = text if len(text) < MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
        parts.append(f"{len(numbers)} {state.name.lower()} ({frames})")
    return ", ".join(parts)
