"""The life of a frame: it is booked, the runner tells what becomes of it, and its job is over in the end."""

from __future__ import annotations

from cuelet.core.operations import lanes
from cuelet.core.operations.exit_status import AFTER_KILL, begin_anew, state_after
from cuelet.core.state.decision import Decision
from cuelet.core.state.disks import DiskUse, FullDisk
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.memory import Excess, find_excess
from cuelet.core.values import ids
from cuelet.core.values.runs import (
    NOT_BEGUN,
    ORPHANED,
    OUT_OF_MEMORY,
    RunExited,
    RunStarted,
    RunUsage,
)
from cuelet.core.values.states import (
    RUNNING,
    SETUP,
    SUCCEEDED,
    WAITING,
    WITH_RUNNER,
    Intent,
    JobState,
)


def start(farm: Farm, job: Job, index: int, decision: Decision, *, now: float) -> None:
    """Book one waiting frame: its process starts once this is committed."""
    if job.exit_status[index] == 0:
        begin_anew(job, index)
    job.begin_attempt(index)
    job.note_start(index, now)
    farm.reserve(job, index)
    if check := job.checks.get(index):
        job.started_with[index] = check
    job.move(index, RUNNING, decision)
    decision.starts.append((job, index))


def on_run_exited(farm: Farm, report: RunExited, decision: Decision) -> None:
    """Record the end of a run, once; a report about an older attempt is only acknowledged."""
    decision.acks.append(report.run_id)
    found = current_run(farm, report.run_id)
    if found is None:
        return
    job, index = found
    given = job.reserved.get(index) or job.prefetched_reservations.get(index)
    _, held_mb = given or farm.reservation(job.layer_at(index))
    lanes.leave(farm, job, index, decision, at=report.at)
    _record(job, index, report)
    state = state_after(job, index, report, held_mb=held_mb, machine_mb=farm.memory_mb)
    if job.state_of[index] == SETUP and index not in job.intents:
        job.move(index, RUNNING, decision)  # it was faster than the report of the one before it
    job.intents.pop(index, None)
    if report.exit_status == NOT_BEGUN and not farm.full_disks:
        farm.full_disks = (FullDisk(DiskUse.LOGS, "the runner's disk", report.reason),)
    if report.made and state is SUCCEEDED:
        decision.made.append(report.made.split(" "))
    if job.exit_status[index] == OUT_OF_MEMORY:
        decision.job(job)  # its layer reserves more from now on
    job.move(index, state, decision)
    finish_if_complete(farm, job, decision, now=report.at)


def current_run(farm: Farm, run_id: str) -> tuple[Job, int] | None:
    """Return the job and frame of a run that is the one we believe the runner to have."""
    parts = ids.split_run_id(run_id)
    job = farm.jobs.get(parts[0]) if parts else None
    if parts is None or job is None or parts[1] >= job.size:
        return None
    _, index, attempt = parts
    is_current = job.state_of[index] in WITH_RUNNER and job.attempt[index] == attempt
    return (job, index) if is_current else None


def _record(job: Job, index: int, report: RunExited) -> None:
    job.stop_at[index] = report.at
    if job.state_of[index] == SETUP:
        job.note_start(index, report.at - report.wall_s)
    job.layer_at(index).pace.note(report.wall_s)
    job.set_figures(
        index,
        wall_s=report.wall_s,
        cpu_s=report.cpu_s,
        max_rss_kb=max(job.max_rss_kb[index], report.max_rss_kb),
    )
    job.exit_status[index], job.exit_signal[index] = report.exit_status, report.exit_signal
    if report.reason:
        job.reasons.setdefault(index, report.reason)  # who killed it says more than that it was


def finish_if_complete(farm: Farm, job: Job, decision: Decision, *, now: float) -> None:
    """Finish a job whose frames are all done."""
    if job.state is JobState.PENDING and job.is_complete():
        finish(farm, job, decision, now=now)


def finish(farm: Farm, job: Job, decision: Decision, *, now: float) -> None:
    """End a job, whatever its frames do."""
    job.state, job.stopped_at = JobState.FINISHED, now
    farm.sort()
    decision.job(job)


def on_run_started(farm: Farm, event: RunStarted, decision: Decision) -> None:
    """Note when the process of a prefetched frame began."""
    found = current_run(farm, event.run_id)
    if found and lanes.has_followed(*found):
        job, index = found
        if job.state_of[index] == SETUP:
            lanes.leave(farm, job, index, decision, at=event.at)
            job.move(index, RUNNING, decision)
            farm.reserve(job, index)
        job.note_start(index, event.at)
        decision.frame(job, index)


def requeue_unstarted(farm: Farm, job: Job, index: int, decision: Decision, *, now: float) -> None:
    """Put back a frame that was booked but whose process the runner never got."""
    if job.state_of[index] == SETUP:
        job.attempt[index] -= 1  # it was not even its turn
    _put_back(farm, job, index, decision, now=now)


def on_run_returned(farm: Farm, run_id: str, decision: Decision, *, now: float) -> None:
    """Put back a frame that the runner had ahead of its turn and gave back."""
    if found := current_run(farm, run_id):
        job, index = found
        job.layer_at(index).pace.reset()
        job.attempt[index] -= 1
        _put_back(farm, job, index, decision, now=now)


def _put_back(farm: Farm, job: Job, index: int, decision: Decision, *, now: float) -> None:
    lanes.leave(farm, job, index, decision, at=None)
    intent = job.intents.pop(index, None)
    job.move(index, WAITING if intent is None else AFTER_KILL[intent], decision)
    finish_if_complete(farm, job, decision, now=now)


def lost_with_machine(farm: Farm, job: Job, index: int, decision: Decision, *, now: float) -> None:
    """Record the loss of a running frame of which nobody knows anything since a restart."""
    report = RunExited(
        job.run_id(index), ORPHANED, 0, 0.0, 0.0, 0, now, "lost: the machine restarted"
    )
    on_run_exited(farm, report, decision)


def on_run_usage(farm: Farm, usage: RunUsage) -> None:
    """Note what a running frame uses now; nothing of it is committed before its end."""
    found = current_run(farm, usage.run_id)
    if found is None:
        return
    job, index = found
    job.rss_kb[index] = usage.rss_kb
    job.set_figures(
        index,
        wall_s=0.0,
        cpu_s=usage.cpu_s,
        max_rss_kb=max(job.max_rss_kb[index], usage.max_rss_kb),
    )


def mind_memory(farm: Farm, job: Job, index: int, decision: Decision) -> Excess | None:
    """Kill a frame that uses more memory than the policy allows; return what there is to say.

    It is tried again with more, as `on_run_exited` decides.
    """
    if job.state_of[index] != RUNNING or index in job.intents:
        return None
    excess = find_excess(job, index, farm.memory_policy, farm.memory_mb)
    if excess and excess.is_fatal:
        job.reasons[index] = f"killed: it {excess.text}; {excess.limit_mb} MB are allowed"
        kill(job, index, Intent.MEMORY, decision)
    return excess


def time_out(job: Job, index: int, reason: str, decision: Decision) -> None:
    """Kill a frame that exceeded a time-out of its layer: it ends dead."""
    if job.state_of[index] == RUNNING and index not in job.intents:
        job.reasons[index] = reason
        kill(job, index, Intent.TIMEOUT, decision)


def kill(job: Job, index: int, intent: Intent, decision: Decision) -> None:
    """Have a running frame killed; the intent says what becomes of it then."""
    job.intents[index] = intent
    decision.frame(job, index)
    decision.kills.append(job.run_id(index))
