"""The commands that reasons name, for all frames they are about, in a form that can be pasted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from shlex import quote

from cuelet.core.operations.between_jobs import was_killed
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.states import DEPEND, RUNNING, SUCCEEDED, WAITING, WITH_RUNNER
from cuelet.quantities import count
from outline.frames import format_frames

_HAVE_RUN = frozenset({SUCCEEDED, RUNNING})


def job_word(farm: Farm, job: Job) -> str:
    """Return what a command calls a job: its name, or its id where the name means a later job."""
    return quote(job.name if farm.find_job(job.name) is job else job.id)


def retry_command(farm: Farm, job: Job, indexes: Iterable[int]) -> str:
    """Return the command that runs frames again; those of several layers must be all that are dead there."""
    numbers: dict[str, list[int]] = {}
    for index in indexes:
        layer = job.layer_at(index)
        numbers.setdefault(layer.name, []).append(layer.number(index))
    layers = " ".join(f"--layer {quote(name)}" for name in numbers)
    command = f"cuelet retry {job_word(farm, job)} {layers}"
    if len(numbers) > 1:
        return command
    (found,) = numbers.values()
    return f"{command} {_frames_option(sorted(found))}"


def _frames_option(numbers: Sequence[int]) -> str:
    text = format_frames(numbers)
    return f"--frames={text}" if text.startswith("-") else f"--frames {text}"


def retry_cost(job: Job, indexes: Iterable[int]) -> str:
    """Return what it costs to run frames again: what has run after them, and the rest of a killed job."""
    again = {
        (edge.waiter, follower)
        for index in indexes
        for edge in job.edges_awaiting(index)
        if edge.active
        for follower in (*edge.followers(index), *edge.barrier_tasks())
        if edge.waiter.state_of[follower] in _HAVE_RUN
    }
    parts = [f"{count(len(again), 'frame')} that ran after it will run again"] if again else []
    if was_killed(job):
        rest = job.count(WAITING, DEPEND, *WITH_RUNNER)
        parts.append(f"the killed job goes on, with {count(rest, 'frame')} that did not run")
    return "; ".join(parts)


def can_be_retried(farm: Farm, job: Job) -> bool:
    """Tell whether the farm would take frames of a job again: not while a newer one of its name is pending."""
    return farm.find_pending_job(job.name) in (None, job)


def drop_command(farm: Farm, edge: Edge) -> str:
    """Return the command that lets go of what waits, by an edge, for another job."""
    layer = edge.waiting_end.layer
    part = "" if layer is None else f" --layer {quote(edge.waiter.layers[layer].name)}"
    on = job_word(farm, edge.awaited)
    return f"cuelet drop-depends {job_word(farm, edge.waiter)}{part} --on {on}"


def drop_cost(edge: Edge) -> str:
    """Return what it costs to let go of what waits by an edge."""
    waiter = edge.waiter
    number = sum(waiter.state_of[index] == DEPEND for index in edge.waiting())
    who = f"{count(number, 'frame')} of {edge.spec.layer or waiter.name}"
    return f"{who} then run without what {edge.awaited.name} was to make"
