"""Frames that need not run: what is compared, and what follows from it.

A frame whose layer has `skip_existing` is checked before it starts. What its files looked like
then, and after it has succeeded, is kept as a `BuildRecord`; a later frame that would make the same files
of the same is done without a process. Whatever is not known for sure lets the frame run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cuelet.core.operations.attempts import finish_if_complete
from cuelet.core.operations.command import Place, build_run
from cuelet.core.operations.outputs import input_files, output_files
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.frame_row import FreshnessCheck
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.runs import OutputFile, Step
from cuelet.core.values.states import SUCCEEDED, JobState

SKIPPED = "skipped: outputs are newer than inputs and nothing changed"
WINDOW = 256
"""Waiting frames of a layer that are checked together."""
_SESSION = "{session}"


class WorkFingerprint(NamedTuple):
    """Digests of what a frame does and of which files it makes."""

    key: str
    """The files."""
    command: str
    env: str
    """What job and layer set."""
    frames: str
    """The frame numbers, and the chunk they are cut to."""


class BuildRecord(NamedTuple):
    """What is kept of a frame that succeeded."""

    key: str
    command: str
    env: str
    frames: str
    inputs: str
    """Fingerprint of its inputs before it started."""
    outputs: str
    """Fingerprint of its outputs after it had ended."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """A frame whose files are to be checked, with all that takes."""

    job_id: str
    index: int
    serial: int
    fingerprint: WorkFingerprint
    inputs: tuple[OutputFile, ...]
    outputs: tuple[OutputFile, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found of a frame's files."""

    request: CheckRequest
    inputs: str = ""
    """Fingerprint of the inputs; empty when they are not all there, or might change unnoticed."""
    outputs: str = ""
    """Fingerprint of the outputs; empty when they are not all there."""
    is_newer: bool = False
    """No output is older than an input."""
    fault: str = ""
    """What is missing, in words."""


def is_skipped(job: Job, index: int) -> bool:
    """Tell whether a frame is done without having run."""
    return job.state_of[index] == SUCCEEDED and job.reasons.get(index) == SKIPPED


def skipped_frames(job: Job) -> dict[str, list[int]]:
    """Return the frame numbers, by layer, that are done without having run."""
    found: dict[str, list[int]] = {}
    for index in sorted(job.reasons):
        if is_skipped(job, index):
            layer = job.layer_at(index)
            found.setdefault(layer.name, []).append(layer.number(index))
    return found


# -- which frames are checked ------------------------------------------------------------------


def ready_frame(farm: Farm, job: Job, layer: Layer, decision: Decision) -> int | None:
    """Return the first waiting frame that has been checked; without one have some checked."""
    fresh = []
    for index in job.first_waiting(layer, WINDOW):
        check = job.checks.get(index)
        if check is None:
            fresh.append(index)
        elif not check.serial:
            return index
        else:
            return None
    _order(farm, job, fresh, decision)
    return None


def _order(farm: Farm, job: Job, indexes: Iterable[int], decision: Decision) -> None:
    for index in indexes:
        farm.checks_ordered += 1
        job.checks[index] = FreshnessCheck(serial=farm.checks_ordered)
        decision.checks.append((job, index))


def request(job: Job, index: int, place: Place) -> CheckRequest:
    """Return what has to be checked for a frame."""
    outputs = output_files(job, index, place)
    return CheckRequest(
        job.id,
        index,
        job.checks[index].serial,
        fingerprint(job, index, place, outputs),
        input_files(job, index, place),
        outputs,
    )


def fingerprint(
    job: Job, index: int, place: Place, outputs: Iterable[OutputFile]
) -> WorkFingerprint:
    """Return what identifies a frame's work, whichever job it is in."""
    layer, spec = job.layer_at(index), job.spec
    run = build_run(job, index, place, reserved=(0.0, 0))
    return WorkFingerprint(
        key=_digest([path for output in outputs for path in output.paths]),
        command=_digest([spec.cwd, layer.spec.work, *_arguments(job, run.steps)]),
        env=_digest([f"{k}={_portable(job, v)}" for k, v in _own_env(job, layer)]),
        frames=_digest([layer.tasks.chunk, *layer.tasks.members(index - layer.start)]),
    )


def _arguments(job: Job, steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        yield f"{len(step.argv)} arguments"
        yield from (_portable(job, argument) for argument in step.argv)


def _own_env(job: Job, layer: Layer) -> list[tuple[str, str]]:
    return sorted({**job.spec.env, **layer.spec.env}.items())


def _portable(job: Job, text: str) -> str:
    """Return a text without the session's folder, which differs from launch to launch."""
    return text.replace(job.spec.session, _SESSION) if job.spec.session else text


def _digest(parts: Iterable[object]) -> str:
    made = hashlib.blake2b(digest_size=8)
    for part in parts:
        text = str(part).encode("utf-8", "surrogatepass")
        made.update(b"%d:%s" % (len(text), text))
    return made.hexdigest()


# -- what follows --------------------------------------------------------------------------------


def why_run(job: Job, result: CheckResult, made: BuildRecord | None) -> str:
    """Return why a frame has to run, or nothing when it may be skipped."""
    index, asked = result.request.index, result.request.fingerprint
    unknown_work = job.layer_at(index).spec.unknown_work
    reasons = (
        (job.spec.force, "the launch said force"),
        (job.attempt[index] > 0, "it has been tried before"),
        (bool(unknown_work), unknown_work),
        (bool(result.fault), result.fault),
        (not (result.inputs and result.outputs), "its files could not be compared"),
        (made is None, "nothing is known about how its outputs were made"),
        (made is not None and made.key != asked.key, "its outputs are other files"),
        (made is not None and made.command != asked.command, "its command changed"),
        (made is not None and made.env != asked.env, "its environment changed"),
        (made is not None and made.frames != asked.frames, "its frames or its chunk changed"),
        (made is not None and made.inputs != result.inputs, "its inputs changed"),
        (made is not None and made.outputs != result.outputs, "its outputs changed since"),
        (not result.is_newer, "an input is newer than an output"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def decide_freshness(
    farm: Farm,
    job: Job,
    result: CheckResult,
    made: BuildRecord | None,
    decision: Decision,
    *,
    now: float,
) -> None:
    """Skip a frame that was checked, or let it start; an answer that comes too late is dropped."""
    index = result.request.index
    check = job.checks.get(index)
    if check is None or check.serial != result.request.serial:
        return
    if job.paused or job.state is JobState.FINISHED:
        del job.checks[index]
        return
    reason = why_run(job, result, made)
    if reason:
        knows = result.inputs and not job.layer_at(index).spec.unknown_work
        note = " ".join([*result.request.fingerprint, result.inputs]) if knows else ""
        job.checks[index] = FreshnessCheck(note=note, reason=reason)
    else:
        _skip(farm, job, index, decision, now=now)


def _skip(farm: Farm, job: Job, index: int, decision: Decision, *, now: float) -> None:
    """End a waiting frame well without a process; it counts as an attempt."""
    job.attempt[index] += 1
    job.start_at[index] = job.stop_at[index] = now
    job.wall_s[index] = job.cpu_s[index] = 0.0
    job.max_rss_kb[index] = 0
    job.exit_status[index], job.exit_signal[index] = 0, 0
    job.reasons[index] = SKIPPED
    job.move(index, SUCCEEDED, decision)
    finish_if_complete(farm, job, decision, now=now)
