"""What must hold in the simulated farm, said in sentences when it does not."""

from __future__ import annotations

from typing import Any

from cuelet.core.explain.frames import explain_frame
from cuelet.core.operations import launching
from cuelet.core.operations.between_jobs import holders
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.states import DEAD, DEPEND, RUNNING, SETUP, WAITING, JobState

Digest = dict[str, Any]


def digest(farm: Farm) -> Digest:
    """Return all of a farm's state that a crash must not change."""
    return {job.id: _of_job(job) for job in farm.jobs.values()}


def _of_job(job: Job) -> dict[str, Any]:
    return {
        "job": (job.state, job.paused, job.priority, job.autoeat, job.max_retries, job.max_cores),
        "times": (job.submitted_at, job.stopped_at),
        "outdated": frozenset(job.rerun_pending),
        "comments": list(job.comments),
        # What the runner has ahead of its turn is kept as running: only the runner knows more.
        "state_of": bytes(job.state_of).replace(bytes([SETUP]), bytes([RUNNING])),
        "flags": bytes(job.flags),
        "unmet": tuple(job.unmet),
        "doomed": tuple(job.unreachable),
        "attempt": tuple(job.attempt),
        "retries": (tuple(job.retries), bytes(job.free_retries), bytes(job.memory_retries)),
        "exits": (tuple(job.exit_status), bytes(job.exit_signal)),
        "began": tuple(job.start_at),
        "ended": tuple(job.stop_at),
        "freed": frozenset(job.depends_ignored),
        "assumed": frozenset(job.marked_done),
        "intents": dict(job.intents),
        "reasons": dict(job.reasons),
        "edges": tuple((e.spec, e.active, e.open_count, e.lost) for e in job.edges),
        "layers": [(y.cores, y.max_cores, y.memory_mb, y.retries, y.tags) for y in job.layers],
    }


def differences(before: Digest, after: Digest) -> list[str]:
    """Return what differs, by job and field."""
    found = [f"job {job[:8]} is not in both" for job in sorted(before.keys() ^ after.keys())]
    for job in sorted(before.keys() & after.keys()):
        found += [
            f"job {job[:8]}, {field}: {value!r} became {after[job][field]!r}"
            for field, value in before[job].items()
            if value != after[job][field]
        ]
    return found


def unexplained(farm: Farm) -> list[str]:
    """Return the frames that neither run nor are done and for which there is no reason."""
    return [
        f"{job.name} frame {index}: no reason why it does not run"
        for job in farm.jobs.values()
        for index in range(job.size)
        if job.state_of[index] in (WAITING, DEPEND, DEAD)
        and not any(reason.text for reason in explain_frame(farm, job, index))
    ]


def idle_without_reason(farm: Farm) -> list[str]:
    """Return what is wrong with a farm on which nothing runs and nothing will happen."""
    found = []
    for job in farm.jobs.values():
        if job.state is not JobState.PENDING:
            continue
        if job.count(RUNNING, SETUP):
            found.append(f"{job.name} runs, though there are no processes")
        if not _is_held_by_people(farm, job) and not launching.is_stuck(farm, job):
            found.append(f"{job.name} neither runs nor is stuck: {_counts(job)}")
        found += [
            f"{job.name} frame {index} waits because {reason.text!r}"
            for index in range(job.size)
            if job.state_of[index] in (WAITING, DEPEND)
            for reason in explain_frame(farm, job, index)
            if reason.code in ("next", "turn", "cores", "memory", "running")
        ]
    return found


def _is_held_by_people(farm: Farm, job: Job) -> bool:
    """Tell whether a job is paused, or waits for one that is."""
    return job.paused or any(_is_held_by_people(farm, on) for on in holders(job))


def _counts(job: Job) -> str:
    counts = {state.name: job.count(state) for state in (WAITING, DEPEND, DEAD)}
    return f"{counts}, waits for jobs {[on.name for on in holders(job)]}"
