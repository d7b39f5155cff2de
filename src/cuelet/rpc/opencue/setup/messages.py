"""Shows, groups and the jobs in them as OpenCue's messages."""

from __future__ import annotations

from collections.abc import Iterable

from opencue_proto import job_pb2, show_pb2

from cuelet.core.operations.command import Place
from cuelet.core.operations.setup import groups
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.setup.group import Group
from cuelet.core.state.setup.show import Show
from cuelet.core.values.states import DEAD, DEPEND, RUNNING, SETUP, SUCCEEDED, WAITING, JobState
from cuelet.rpc.opencue import convert

Jobs = dict[str, list[Job]]
"""Pending jobs by the id of their group, by name."""

_MIN_CORES, _MAX_CORES, _MIN_GPUS, _MAX_GPUS = 1.0, 100.0, 0.0, 100.0
"""What a Cuebot tells of a show of which nobody has set anything."""


def jobs_by_group(farm: Farm) -> Jobs:
    """Return the pending jobs of the farm by the group that they are in."""
    found: Jobs = {}
    for job in sorted(farm.order, key=lambda job: job.name):
        found.setdefault(groups.group_id_of(job), []).append(job)
    return found


def group_stats(jobs: Iterable[Job]) -> job_pb2.GroupStats:
    """Return what the jobs of a group do now."""
    stats = job_pb2.GroupStats()
    for job in jobs:
        stats.running_frames += job.count(RUNNING)
        stats.dead_frames += job.count(DEAD)
        stats.depend_frames += job.count(DEPEND)
        stats.waiting_frames += job.count(WAITING, SETUP)
        stats.pending_jobs += 1
        stats.reserved_cores += job.cores_in_use
        stats.reserved_gpus += sum(job.gpus_held.values())
    return stats


def group_message(farm: Farm, group: Group, jobs: Jobs) -> job_pb2.Group:
    """Return a group."""
    return job_pb2.Group(
        id=group.id,
        name=group.name,
        department=group.department,
        default_job_priority=group.job_priority,
        default_job_min_cores=group.job_min_cores,
        default_job_max_cores=group.job_max_cores,
        default_job_min_gpus=group.job_min_gpus,
        default_job_max_gpus=group.job_max_gpus,
        min_cores=group.min_cores,
        max_cores=group.max_cores,
        min_gpus=group.min_gpus,
        max_gpus=group.max_gpus,
        level=groups.level_of(farm, group),
        parent_id=group.parent,
        group_stats=group_stats(jobs.get(group.id, ())),
    )


def group_seq(farm: Farm, found: Iterable[Group]) -> job_pb2.GroupSeq:
    """Return several groups."""
    jobs = jobs_by_group(farm)
    return job_pb2.GroupSeq(groups=[group_message(farm, group, jobs) for group in found])


def whiteboard(farm: Farm, show: Show, place: Place) -> job_pb2.NestedGroup:
    """Return the tree of a show: its groups, with their pending jobs."""
    return _nested(farm, groups.root_of(farm, show), jobs_by_group(farm), place)


def _nested(farm: Farm, group: Group, jobs: Jobs, place: Place) -> job_pb2.NestedGroup:
    own = jobs.get(group.id, [])
    plain = group_message(farm, group, jobs)
    below = [_nested(farm, child, jobs, place) for child in groups.children(farm, group)]
    for child in below:
        child.parent.id, child.parent.name = group.id, group.name
    tree = job_pb2.NestedGroup(
        id=plain.id,
        name=plain.name,
        department=plain.department,
        default_job_priority=plain.default_job_priority,
        default_job_min_cores=plain.default_job_min_cores,
        default_job_max_cores=plain.default_job_max_cores,
        default_job_min_gpus=plain.default_job_min_gpus,
        default_job_max_gpus=plain.default_job_max_gpus,
        min_cores=plain.min_cores,
        max_cores=plain.max_cores,
        min_gpus=plain.min_gpus,
        max_gpus=plain.max_gpus,
        level=plain.level,
        stats=plain.group_stats,
        jobs=[job.id for job in own],
        inline_jobs=[convert.job_message(farm, job, place) for job in own],
    )
    if below:
        tree.groups.nested_groups.extend(below)
    return tree


def show_messages(farm: Farm, shows: Iterable[Show]) -> list[show_pb2.Show]:
    """Return shows with what their jobs do now, in the order given."""
    found = {show.id: _show(show) for show in shows}
    for job in farm.jobs.values():
        if job.show_id in found:
            _count(job, found[job.show_id].show_stats)
    return list(found.values())


def _show(show: Show) -> show_pb2.Show:
    return show_pb2.Show(
        id=show.id,
        name=show.name,
        default_min_cores=_or(show.default_min_cores, _MIN_CORES),
        default_max_cores=_or(show.default_max_cores, _MAX_CORES),
        default_min_gpus=_or(show.default_min_gpus, _MIN_GPUS),
        default_max_gpus=_or(show.default_max_gpus, _MAX_GPUS),
        comment_email=show.comment_email,
        scheduler_managed=show.scheduler_managed,
        booking_enabled=show.booking,
        dispatch_enabled=show.dispatching,
        active=show.active,
        show_stats=show_pb2.ShowStats(),
    )


def _or(value: float, otherwise: float) -> float:
    return value if value >= 0 else otherwise


def _count(job: Job, stats: show_pb2.ShowStats) -> None:
    stats.created_job_count += 1
    stats.created_frame_count += job.size
    stats.rendered_frame_count += job.count(SUCCEEDED)
    stats.failed_frame_count += job.count(DEAD)
    if job.state is JobState.PENDING:
        stats.running_frames += job.count(RUNNING)
        stats.dead_frames += job.count(DEAD)
        stats.pending_frames += job.count(WAITING, SETUP, DEPEND)
        stats.pending_jobs += 1
        stats.reserved_cores += job.cores_in_use
        stats.reserved_gpus += sum(job.gpus_held.values())
