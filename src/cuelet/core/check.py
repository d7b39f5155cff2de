"""Every invariant of the farm's state, worked out afresh and compared."""

from __future__ import annotations

from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.limits import in_use
from cuelet.core.values.states import (
    DEAD,
    DEPEND,
    DONE,
    RUNNING,
    SETUP,
    WAITING,
    WITH_RUNNER,
    FrameState,
    JobState,
)


def check(farm: Farm) -> list[str]:
    """Return what is wrong, one sentence each; an empty list is a healthy farm."""
    found = [f"{job.name}: {fault}" for job in farm.jobs.values() for fault in check_job(job)]
    held = sum(cores for job in farm.jobs.values() for cores, _ in job.reserved.values())
    if abs(farm.cores - farm.free_cores - held) > 1e-6:
        found.append(f"{held} cores held, {farm.cores - farm.free_cores} accounted")
    if farm.free_cores < -1e-6 or farm.free_memory_mb < 0:
        found.append(f"over-booked: {farm.free_cores} cores, {farm.free_memory_mb} MB free")
    found += _check_scarce(farm)
    if not farm.is_awaiting_runner:
        found += [fault for job in farm.jobs.values() for fault in _check_lanes(job)]
    pending = {job.id for job in farm.jobs.values() if job.state is JobState.PENDING}
    if pending != {job.id for job in farm.order}:
        found.append("the order does not hold exactly the pending jobs")
    return found


def _check_scarce(farm: Farm) -> list[str]:
    """Count afresh who takes limits and GPUs."""
    found = [
        f"limit {limit.name} counts {limit.running} frames, {in_use(farm, limit.name)} take it"
        for limit in farm.limits
        if limit.running != in_use(farm, limit.name)
    ]
    found += [fault for job in farm.jobs.values() for fault in _check_shares(farm, job)]
    held = sum(sum(job.gpus_held.values()) for job in farm.jobs.values())
    if held != farm.held_gpus:
        found.append(f"{held} GPUs held, {farm.held_gpus} accounted")
    return found


def _check_shares(farm: Farm, job: Job) -> list[str]:
    """Count afresh what jobs under the limits of one use together."""
    found = []
    for share in job.shares:
        under = [other for other in farm.jobs.values() if share in other.shares]
        cores = sum(held for other in under for held, _ in other.reserved.values())
        gpus = sum(sum(other.gpus_held.values()) for other in under)
        if abs(cores - share.cores) > 1e-6 or gpus != share.gpus:
            counted = f"{share.cores} cores, {share.gpus} GPUs"
            found.append(f"{share.kind.value} counts {counted}, should be {cores}, {gpus}")
    return found


def check_job(job: Job) -> list[str]:
    """Return what is wrong with one job."""
    checks = (
        _check_counts,
        _check_totals,
        _check_waiting,
        _check_edges,
        _check_running,
        _check_end,
    )
    return [fault for check_one in checks for fault in check_one(job)]


def _check_counts(job: Job) -> list[str]:
    found = []
    for layer in job.layers:
        states = job.state_of[layer.start : layer.end]
        found += [
            f"layer {layer.name} counts {layer.counts[state]} {state.name}"
            for state in FrameState
            if states.count(state) != layer.counts[state]
        ]
        waiting = (i for i in range(layer.start, layer.end) if job.state_of[i] == WAITING)
        found += [
            f"layer {layer.name} would never book frame index {index}"
            for index in waiting
            if layer.place_of(index) < layer.cursor
        ]
    return found


def _check_totals(job: Job) -> list[str]:
    found = []
    for layer in job.layers:
        walls = job.wall_s[layer.start : layer.end]
        ran = [wall for wall in walls if wall > 0]
        peaks = job.max_rss_kb[layer.start : layer.end]
        told = layer.totals.finished, layer.totals.spread_s(walls), layer.totals.peak_kb(peaks)
        if told != (len(ran), (min(ran, default=0.0), max(ran, default=0.0)), max(peaks)):
            found.append(f"layer {layer.name} tells {told} of its frames")
        sums = sum(ran), sum(job.cpu_s[layer.start : layer.end])
        if any(
            abs(a - b) > 1e-3 * (1 + abs(b))
            for a, b in zip((layer.totals.wall_s, layer.totals.core_s), sums, strict=True)
        ):
            found.append(f"layer {layer.name} adds up its frames wrongly")
    return found


def _check_waiting(job: Job) -> list[str]:
    """Compare each frame with what it waits for, by definition rather than by counters."""
    found = []
    for index in range(job.size):
        unmet = any(_blocks(edge, index) for edge in _edges_of(job, index))
        free = index in job.depends_ignored
        state = job.state_of[index]
        if unmet != (job.unmet[index] > 0):
            found.append(f"frame {index} has unmet {job.unmet[index]}, should be {unmet}")
        if state == WAITING and unmet and not free:
            found.append(f"frame {index} may start although it waits for something")
        if state == DEPEND and (not unmet or free):
            found.append(f"frame {index} is held although it waits for nothing")
    return found


def _check_edges(job: Job) -> list[str]:
    """Compare what each edge counts with the frames it awaits."""
    found = []
    for position, edge in enumerate(job.edges):
        is_over = _has_ended if edge.on_finish else _is_met
        awaited = range(edge.awaited_start, edge.awaited_start + edge.links.awaited)
        left = sum(not is_over(edge.awaited, on) for on in awaited)
        lost = 0 if edge.on_finish else sum(is_unreachable(edge.awaited, on) for on in awaited)
        if (edge.open_count, edge.lost) != (left, lost):
            counted = f"{edge.open_count} open, {edge.lost} lost"
            found.append(f"edge {position} counts {counted}, should be {left}, {lost}")
        if edge.index != position or edge.waiter is not job:
            found.append(f"edge {position} is filed under {edge.waiter.name}, {edge.index}")
    return found


def _edges_of(job: Job, index: int) -> list[Edge]:
    return [edge for edge in job.edges_holding(index) if edge.active]


def _blocks(edge: Edge, index: int) -> bool:
    is_over = _has_ended if edge.on_finish else _is_met
    awaited = edge.awaited_by(index)
    enough = any if edge.links.any_one and len(awaited) else all
    return not enough(is_over(edge.awaited, on) for on in awaited)


def _is_met(job: Job, index: int) -> bool:
    return job.state_of[index] in DONE or index in job.marked_done


def _has_ended(job: Job, index: int) -> bool:
    """Tell whether a frame is done, dead, or waits for what cannot come."""
    return _is_met(job, index) or is_unreachable(job, index)


def is_unreachable(job: Job, index: int) -> bool:
    """Tell whether a frame is dead, or unreachable because of one that is, however far away.

    What a killed job had still to run will not be run.
    """
    if _is_met(job, index):
        return False
    if job.state is JobState.FINISHED and job.state_of[index] != RUNNING:
        return True
    if job.state_of[index] != DEPEND or index in job.depends_ignored:
        return job.state_of[index] == DEAD
    return any(_waits_in_vain(edge, index) for edge in _edges_of(job, index))


def _waits_in_vain(edge: Edge, index: int) -> bool:
    if edge.on_finish:
        return False
    enough = all if edge.links.any_one else any
    awaited = edge.awaited_by(index)
    return len(awaited) > 0 and enough(is_unreachable(edge.awaited, on) for on in awaited)


def _check_running(job: Job) -> list[str]:
    running = {i for i in range(job.size) if job.state_of[i] == RUNNING}
    found = []
    if running != set(job.reserved):
        found.append("what is reserved is not what is running")
    if any(job.state_of[index] != SETUP for index in job.prefetched_reservations):
        found.append("what a frame was to reserve in a lane outlived its wait there")
    if any(not job.start_at[index] for index in running):
        found.append("a frame runs that has not begun")
    if not set(job.gpus_held) <= running:
        found.append("GPUs are held by what is not running")
    if not set(job.lanes) <= running:
        found.append("a lane outlived the frame that leads it")
    if any(job.state_of[index] not in WITH_RUNNER for index in job.rerun_pending):
        found.append("a frame that does not run is to run again")
    if any(job.state_of[index] not in WITH_RUNNER for index in job.intents):
        found.append("an intent to kill outlived its run")
    if not set(job.started_with) <= running:
        found.append("what a run started with outlived it")
    if any(job.state_of[index] != WAITING for index in job.checks):
        found.append("a frame that does not wait was looked at")
    return found


def _check_lanes(job: Job) -> list[str]:
    ahead = sorted(index for lane in job.lanes.values() for index in lane.queue)
    if ahead != [index for index in range(job.size) if job.state_of[index] == SETUP]:
        return [f"{job.name}: what waits in lanes is not what the runner has ahead of its turn"]
    return []


def _check_end(job: Job) -> list[str]:
    complete = job.is_complete()
    if complete and job.state is JobState.PENDING:
        return ["every frame is done but the job is pending"]
    return []
