"""Why a frame, a layer or a job is not running: every reason that holds now, and what changes it."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from cuelet.core.explain.commands import can_be_retried, retry_command, retry_cost
from cuelet.core.explain.depends import depend_reasons, holds_on, job_reasons
from cuelet.core.explain.durations import FrameTimes
from cuelet.core.explain.holds import hold_reasons, job_hold_reasons
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.memory import find_excess, raised_mb
from cuelet.core.values.reason import Reason
from cuelet.core.values.runs import BAD_OUTPUT, OUT_OF_MEMORY
from cuelet.core.values.states import (
    DEAD,
    DEPEND,
    EATEN,
    RUNNING,
    SETUP,
    SUCCEEDED,
    WAITING,
    FrameState,
    JobState,
)
from outline.jobspec.endings import signal_name, status_words
from outline.jobspec.reservation import core_count

_FIGURES = re.compile(r"\d+")


def explain_frame(farm: Farm, job: Job, index: int) -> list[Reason]:
    """Return every reason why a frame does not run now; one that runs or is done says so."""
    return _explain(farm, job, [index])


def _explain(farm: Farm, job: Job, indexes: Sequence[int]) -> list[Reason]:
    """Return the reasons of frames that tell the same story, in the words of the first and for all of them."""
    index, times = indexes[0], FrameTimes()
    state = FrameState(job.state_of[index])
    if state is RUNNING:
        return _running_reasons(farm, job, index)
    if state is SETUP:
        return [Reason("next", "nothing holds it: it starts once the frame before it ends")]
    if state is SUCCEEDED:
        reason = job.reasons.get(index, "")
        return [
            Reason("succeeded", f"it has succeeded: {reason}" if reason else "it has succeeded")
        ]
    if state is EATEN:
        return [Reason("eaten", "somebody gave up on it", *_retry(farm, job, indexes))]
    if state is DEAD:
        return [_why_dead(farm, job, indexes)]
    return [
        *_memory_reasons(job, index),
        *_job_reasons(farm, job, times),
        *depend_reasons(farm, job, indexes, times),
        *_room_reasons(farm, job, index),
    ]


def how_it_ended(job: Job, index: int) -> str:
    """Return the end of a frame's last run in words."""
    number, status = job.exit_signal[index], job.exit_status[index]
    words = signal_name(number) if number else f"exit status {status_words(status)}"
    reason = job.reasons.get(index, "")
    if reason and status == BAD_OUTPUT:
        return reason
    return f"{words}, {reason}" if reason else words


def _running_reasons(farm: Farm, job: Job, index: int) -> list[Reason]:
    cores, memory_mb = job.reserved[index]
    runs = f"it runs, attempt {job.attempt[index]}, on {core_count(cores)}, {memory_mb} MB"
    excess = find_excess(job, index, farm.memory_policy, farm.memory_mb)
    more = [Reason("over memory", f"it {excess.text}")] if excess else []
    return [Reason("running", runs), *more]


def _memory_reasons(job: Job, index: int) -> list[Reason]:
    """Say of a frame that is to run again why it gets more memory now."""
    if job.exit_status[index] != OUT_OF_MEMORY or not job.memory_retries[index]:
        return []
    text = f"attempt {job.attempt[index]} failed: {job.reasons.get(index, '')}"
    return [Reason("memory raised", text)]


def _retry(farm: Farm, job: Job, indexes: Sequence[int], option: str = "") -> tuple[str, str]:
    """Return the command that runs frames again, with an option, and what it costs; empty where the farm refuses it."""
    if not can_be_retried(farm, job):
        return "", ""
    return retry_command(farm, job, indexes) + option, retry_cost(job, indexes)


def _why_dead(farm: Farm, job: Job, indexes: Sequence[int]) -> Reason:
    index = indexes[0]
    layer = job.layer_at(index)
    _, reserved_mb = farm.reservation(layer)
    tried = (
        f"after {job.attempt[index]} attempts" if job.attempt[index] > 1 else "at the first attempt"
    )
    if layer.retries and job.retries[index] >= layer.retries:
        tried += f", retries used up ({job.retries[index]} of {layer.retries}), last error"
    peak_mb = job.max_rss_kb[index] // 1024
    text = f"it died {tried}: {how_it_ended(job, index)}; peak {peak_mb} MB of {reserved_mb} MB reserved"
    return Reason("dead", text, *_retry(farm, job, indexes, _more_memory(farm, job, index)))


def _more_memory(farm: Farm, job: Job, index: int) -> str:
    """Return the option that gives a frame that died of memory more of it, if there is more."""
    _, reserved_mb = farm.reservation(job.layer_at(index))
    if job.exit_status[index] != OUT_OF_MEMORY or reserved_mb >= farm.memory_mb:
        return ""
    return f" --memory-mb {raised_mb(reserved_mb, job.max_rss_kb[index], farm.memory_mb)}"


def _job_reasons(farm: Farm, job: Job, times: FrameTimes) -> list[Reason]:
    if job.state is JobState.FINISHED:
        return [_why_ended(farm, job)]
    return [*job_reasons(farm, job, times), *job_hold_reasons(farm, job)]


def _why_ended(farm: Farm, job: Job) -> Reason:
    """Say that a job was killed; what of it has died can be run again, and the rest goes on with that."""
    dead = [index for index in range(job.size) if job.state_of[index] == DEAD]
    return Reason("finished", "its job was killed", *(_retry(farm, job, dead) if dead else ()))


def _room_reasons(farm: Farm, job: Job, index: int) -> list[Reason]:
    """Return what of the machine is missing for a frame that could start otherwise."""
    layer = job.layer_at(index)
    is_over = job.state is JobState.FINISHED  # nothing of a killed job would start on any machine
    if is_over or job.state_of[index] != WAITING or job_hold_reasons(farm, job):
        return []
    return hold_reasons(farm, job, layer) or [_why_not_yet(job, layer)]


def _why_not_yet(job: Job, layer: Layer) -> Reason:
    if any(check.serial for check in job.checks.values()) and layer.spec.skip_existing:
        text = "its inputs and outputs are being looked at, whether it has to run at all"
        return Reason("look", text)
    return Reason("next", "nothing holds it: it starts in a moment")


def explain_layer(farm: Farm, job: Job, layer: Layer) -> list[tuple[int, int, list[Reason]]]:
    """Return the reasons of a layer's frames that do not run, alike ones together.

    Returns:
        (first frame's index, number of frames, reasons), most frames first.
    """
    groups: dict[Hashable, list[int]] = {}
    for index in range(layer.start, layer.end):
        if job.state_of[index] in (WAITING, SETUP, DEPEND, DEAD):
            groups.setdefault(_story(job, index), []).append(index)
    ordered = sorted(groups.values(), key=len, reverse=True)
    return [(found[0], len(found), _explain(farm, job, found)) for found in ordered]


def _story(job: Job, index: int) -> Hashable:
    """Return what makes frames of a layer tell the same story: what holds them, or how they ended but for figures."""
    state = job.state_of[index]
    if state == DEAD:
        why = _FIGURES.sub("#", job.reasons.get(index, ""))
        return state, job.exit_status[index], job.exit_signal[index], why
    return state, tuple(holds_on(job, index)), bool(_memory_reasons(job, index))
