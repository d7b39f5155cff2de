"""Taking jobs in, and whether one of them can go on by itself."""

from __future__ import annotations

from collections.abc import Sequence

from cuelet.core.operations import between_jobs
from cuelet.core.operations.limits import refuse_unknown
from cuelet.core.operations.obstacles import LACKING, of_layer
from cuelet.core.operations.setup import shows
from cuelet.core.operations.setup.filtering import run_filters
from cuelet.core.operations.site import services
from cuelet.core.operations.site.settings import set_of_job
from cuelet.core.state.changes import AS_A_WHOLE
from cuelet.core.state.decision import Decision
from cuelet.core.state.disks import DiskUse, find_full
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.setup.identity import show_id
from cuelet.core.values.errors import (
    DuplicateJobError,
    OutOfDiskError,
)
from cuelet.core.values.states import (
    RUNNING,
    WAITING,
    JobState,
)
from outline.jobspec.model import JobSpec


def launch(
    farm: Farm,
    specs: Sequence[JobSpec],
    job_ids: Sequence[str],
    decision: Decision,
    *,
    now: float,
    token: str = "",
) -> list[Job]:
    """Take jobs in, all or none; return those of an earlier launch with the same token.

    Args:
        farm: Where they go.
        specs: What is launched.
        job_ids: An id for each.
        decision: Notes what is to be kept.
        now: The time.
        token: What the client calls this launch, however often it repeats it.

    Raises:
        DuplicateJobError: A pending job has the name already.
        InvalidSpecError: A spec makes no sense.
        OutOfDiskError: What is left of the disk is kept for the ends of frames.
    """
    if earlier := farm.launched_with(token):
        return earlier
    if full := find_full(farm, DiskUse.DATABASE):
        raise OutOfDiskError(text=full.text, remedy=full.remedy)
    taken = set()
    specs = [_complete(farm, spec) for spec in specs]
    for spec in specs:
        if spec.name in taken or farm.find_pending_job(spec.name):
            raise DuplicateJobError(name=spec.name)
        taken.add(spec.name)
        refuse_unknown(farm, ((layer.name, layer.limits) for layer in spec.layers))
    jobs = [
        Job(spec, job_id, submitted_at=now) for spec, job_id in zip(specs, job_ids, strict=True)
    ]
    for edge in between_jobs.edges_at_launch(jobs, farm.find_job):
        edge.waiter.attach(edge, AS_A_WHOLE)
    for job in jobs:
        job.launch_token = token
        _set_up(farm, job, decision)
    decision.launched.extend(jobs)
    return jobs


def _complete(farm: Farm, spec: JobSpec) -> JobSpec:
    """Return a job as the farm takes it: of the show that takes it, with what its services say."""
    admitted = shows.admit(farm, spec)
    return services.fill(farm, admitted, show_id(admitted.show))


def _set_up(farm: Farm, job: Job, decision: Decision) -> None:
    """Take a job in, with what its show has for jobs and what the filters of the show do to it."""
    show = shows.ensure(farm, job.spec, decision)
    farm.add(job)
    if job.spec.max_cores < 0 <= show.default_max_cores:
        job.max_cores = show.default_max_cores
    if show.default_min_cores >= 0:
        job.min_cores = show.default_min_cores
    gpus = {"min_gpus": show.default_min_gpus, "max_gpus": show.default_max_gpus}
    if given := {name: count for name, count in gpus.items() if count >= 0}:
        set_of_job(farm, job, decision, **given)
    services.settle(farm, job, decision)
    run_filters(farm, job, decision)


def is_stuck(farm: Farm, job: Job) -> bool:
    """Tell whether nothing of a job runs and nothing can start without somebody's action."""
    if job.state is not JobState.PENDING or job.paused:
        return False
    if _moves(farm, job):
        return False
    ahead = between_jobs.jobs_ahead(job) if between_jobs.can_progress(job) else ()
    return not any(on.paused or _moves(farm, on) for on in ahead)


def _moves(farm: Farm, job: Job) -> bool:
    """Tell whether something of a job runs, or may start on this machine."""
    fitting = (layer.counts[WAITING] and _fits_machine(farm, job, layer) for layer in job.layers)
    return bool(job.count(RUNNING)) or (job.state is JobState.PENDING and any(fitting))


def _fits_machine(farm: Farm, job: Job, layer: Layer) -> bool:
    """Tell whether this machine is one that a layer can run on at all."""
    return not any(obstacle.code in LACKING for obstacle in of_layer(farm, job, layer))
