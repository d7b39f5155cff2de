"""What the end of a run means and costs: a table of exit statuses, and one of terms."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cuelet.core.state.job import Job
from cuelet.core.state.memory import MEMORY_RETRIES, raised_mb
from cuelet.core.values.runs import (
    FAILED_LAUNCH,
    HOST_DOWN,
    KILL_FAILED,
    NOT_BEGUN,
    ORPHANED,
    OUT_OF_MEMORY,
    SKIP_RETRY,
    RunExited,
)
from cuelet.core.values.states import DEAD, EATEN, SUCCEEDED, WAITING, FrameState, Intent

FREE_RETRIES = 3
"""Ends of a frame that are not its fault and cost it no retry, until it has succeeded once."""


class Ending(enum.Enum):
    """What kind of end a run had."""

    SUCCESS = "success"
    """Exit status 0."""
    NOT_BEGUN = "not begun"
    """It was booked and taken back, and starts again when there is room."""
    SKIPPED = "skipped"
    """The run was taken away from the frame, which asks for another."""
    UNREACHABLE = "lost"
    """The machine, or what ran the frame on it, went away."""
    NOT_LAUNCHED = "not launched"
    """Its program could not be started."""
    MEMORY = "memory"
    """It ran out of memory: by its own word, the kernel's, or the policy."""
    FAILURE = "failure"
    """Anything else."""


ENDINGS: Final[Mapping[int, Ending]] = MappingProxyType(
    {
        0: Ending.SUCCESS,
        OUT_OF_MEMORY: Ending.MEMORY,
        FAILED_LAUNCH: Ending.NOT_LAUNCHED,
        SKIP_RETRY: Ending.SKIPPED,
        NOT_BEGUN: Ending.NOT_BEGUN,
        ORPHANED: Ending.UNREACHABLE,
        KILL_FAILED: Ending.UNREACHABLE,
        HOST_DOWN: Ending.UNREACHABLE,
    }
)
"""Exit statuses that mean something; all others are failures."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an end costs a frame; one for want of memory costs no retry but has a budget of its own."""

    free: int = 0
    """So many of them cost no retry, all that have this together."""
    is_eaten: bool = True
    """A job that eats its failures gives the frame up at once, without a retry."""


TERMS: Final[Mapping[Ending, Terms]] = MappingProxyType(
    {
        Ending.SKIPPED: Terms(free=FREE_RETRIES, is_eaten=False),
        Ending.UNREACHABLE: Terms(free=FREE_RETRIES, is_eaten=False),
        Ending.NOT_LAUNCHED: Terms(is_eaten=False),
        Ending.FAILURE: Terms(),
    }
)


AFTER_KILL: Final[Mapping[Intent, FrameState]] = MappingProxyType(
    {
        Intent.KILL: DEAD,
        Intent.RETRY: WAITING,
        Intent.EAT: EATEN,
        Intent.TIMEOUT: DEAD,
        Intent.JOB_KILLED: DEAD,
        Intent.MEMORY: WAITING,
    }
)
"""Where a frame goes that was killed, however its processes took it.

One killed for its memory is only looked up here when its run got lost before it was reported.
"""


def ending_of(report: RunExited, intent: Intent | None) -> Ending | None:
    """Return what kind of end a run had by itself, None when somebody had it killed.

    One killed for its memory has run out of it, even if it took the signal and ended with 0.
    One that succeeded before the signal of a mere kill reached it has succeeded.
    """
    if intent is Intent.MEMORY:
        return Ending.MEMORY
    if intent is not None and not (intent is Intent.KILL and report.exit_status == 0):
        return None
    if report.out_of_memory:
        return Ending.MEMORY
    return ENDINGS.get(report.exit_status, Ending.FAILURE)


def state_after(
    job: Job, index: int, report: RunExited, *, held_mb: int, machine_mb: int
) -> FrameState:
    """Return where a frame goes when its run has ended, and count what that costs it.

    A frame that succeeds while its input is being made again runs again.

    Args:
        job: Its job; how the run ended is recorded there already.
        index: The frame.
        report: How the run ended.
        held_mb: What the run had reserved.
        machine_mb: What all frames may reserve together.
    """
    intent = job.intents.get(index)
    ending = ending_of(report, intent)
    if ending is None:
        return AFTER_KILL[job.intents[index]]
    if ending is Ending.NOT_BEGUN:
        return WAITING
    if ending is Ending.SUCCESS:
        return WAITING if index in job.rerun_pending and job.must_wait(index) else SUCCEEDED
    if ending is Ending.MEMORY:
        return _after_memory(job, index, held_mb, machine_mb)
    return _after_failure(job, index, TERMS[ending])


def _after_failure(job: Job, index: int, terms: Terms) -> FrameState:
    if job.autoeat and terms.is_eaten:
        return EATEN
    if job.free_retries[index] < terms.free:
        job.free_retries[index] += 1
        return WAITING
    if job.retries[index] < job.layer_at(index).retries:
        job.retries[index] += 1
        return WAITING
    return EATEN if job.autoeat else DEAD


def _after_memory(job: Job, index: int, held_mb: int, machine_mb: int) -> FrameState:
    """Raise what the layer reserves and try the frame again; give up where there is no more.

    What counts is what the run had: several that fail together raise their layer once.
    """
    job.exit_status[index], job.exit_signal[index] = OUT_OF_MEMORY, 0
    why = job.reasons.get(index, "it ran out of memory")
    if job.autoeat:
        return EATEN
    if held_mb >= machine_mb:
        job.reasons[index] = f"{why}; it had all {machine_mb} MB that frames may reserve here"
        return DEAD
    if job.memory_retries[index] >= MEMORY_RETRIES:
        job.reasons[index] = f"{why}; it was tried {MEMORY_RETRIES} times with more memory"
        return DEAD
    job.memory_retries[index] += 1
    layer = job.layer_at(index)
    layer.memory_mb = max(layer.memory_mb, raised_mb(held_mb, job.max_rss_kb[index], machine_mb))
    reserves_mb = min(layer.memory_mb, machine_mb)
    job.reasons[index] = f"{why}; layer {layer.name} reserves {reserves_mb} MB from now on"
    return WAITING


def begin_anew(job: Job, index: int) -> None:
    """Give a frame its whole budget again: somebody retries it, or it had succeeded before."""
    job.retries[index] = job.free_retries[index] = job.memory_retries[index] = 0
