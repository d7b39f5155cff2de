"""All jobs of a farm, in turn and by name, and what of the machine they hold together."""

from __future__ import annotations

from bisect import insort

from cuelet.core.state.disks import FullDisk
from cuelet.core.state.frame_table import Moment
from cuelet.core.state.host import AUTO, Host
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.limits import Limits
from cuelet.core.state.memory import MemoryPolicy
from cuelet.core.state.set_aside import SetAside
from cuelet.core.state.setup.group import Membership
from cuelet.core.state.setup.record import Records
from cuelet.core.state.setup.settings import JobSettings, LayerSettings
from cuelet.core.state.setup.shares import Shares
from cuelet.core.state.setup.show import Show
from cuelet.core.state.turns import Turns
from cuelet.core.values import ids, names
from cuelet.core.values.errors import (
    AmbiguousNameError,
    NotFoundError,
)
from cuelet.core.values.states import JobState
from outline.jobspec.reservation import reserve


class Farm:
    """All jobs, and the resources of the machine.

    Args:
        cores: Cores that frames may hold together.
        memory_mb: Memory that frames may reserve together.
        memory_policy: What is done about frames that use more than they reserved.
    """

    def __init__(
        self, *, cores: float, memory_mb: int, memory_policy: MemoryPolicy | None = None
    ) -> None:
        self.cores, self.memory_mb = cores, memory_mb
        self.memory_policy = memory_policy or MemoryPolicy()
        self.free_cores, self.free_memory_mb = cores, memory_mb
        self.jobs: dict[str, Job] = {}
        self._by_key: dict[str, list[Job]] = {}
        self._by_token: dict[str, list[Job]] = {}
        self.order: list[Job] = []
        """Pending jobs, most urgent first."""
        self.checks_ordered = 0
        """Looks at frames' files so far; numbers them."""
        self.has_lanes = False
        """Whether the runner takes frames ahead of their turn."""
        self.is_awaiting_runner = False
        """Whether it is fresh from disk and only the runner knows which frames it has begun since;
        until it says so nothing starts, because those hold nothing yet."""
        self.head_of_line: tuple[Layer, float] | None = None
        """The first layer that does not fit, and since when smaller frames pass it."""
        self.full_disks: tuple[FullDisk, ...] = ()
        """Disks without room, as last looked at; what needs them is not started."""
        self.set_aside: tuple[SetAside, ...] = ()
        """Jobs that are kept on disk but damaged there; nothing of them runs."""
        self.damage_notes: tuple[str, ...] = ()
        """What else on disk is damaged, a sentence each."""
        self.host, self.limits, self.turns = Host(), Limits(), Turns()
        self.records = Records()
        self.shares = Shares(self.records)
        self.moment = Moment()
        self.held_gpus = 0
        self.at = 0.0
        """Epoch seconds at which frames were last booked."""

    def add(self, job: Job) -> None:
        """Take a job in, new or from disk."""
        self.jobs[job.id] = job
        self._place(job)
        job.follow(self.moment)
        self._adopt_settings(job)
        for key in _keys(job):
            self._by_key.setdefault(key, []).append(job)
        if job.launch_token:
            self._by_token.setdefault(job.launch_token, []).append(job)
        if job.state is JobState.PENDING:
            insort(self.order, job, key=_urgency)  # to sort anew for each takes long at a start

    def _place(self, job: Job) -> None:
        """Put a job into its group, and see to it that its show is there."""
        membership = self.records.find(Membership, job.id)
        job.group_id = membership.group if membership else job.group_id
        if self.records.find(Show, job.show_id) is None:
            made = Show(id=job.show_id, name=job.spec.show, made_by_launch=True)
            self.records.adopt(made)
        self.shares.count_in(job)

    def _adopt_settings(self, job: Job) -> None:
        """Give a job and its layers what somebody has set of them."""
        job.settings = self.records.find(JobSettings, job.id) or job.settings
        if not self.records.has(LayerSettings):
            return
        for layer in job.layers:
            layer_id = ids.part_id(job.id, ids.Kind.LAYER, layer.index)
            layer.settings = self.records.find(LayerSettings, layer_id)

    def drop(self, job: Job) -> None:
        """Forget an ended job."""
        job.leave()
        self.shares.count_out(job)
        del self.jobs[job.id]
        self._by_token.pop(job.launch_token, None)
        for key in _keys(job):
            self._by_key[key].remove(job)
            if not self._by_key[key]:
                del self._by_key[key]

    def launched_with(self, token: str) -> list[Job]:
        """Return the jobs of the launch that a client calls so, as far as they are known."""
        return list(self._by_token.get(token, ()))

    def sort(self) -> None:
        """Order pending jobs anew: priority, then age."""
        self.order = [job for job in self.order if job.state is JobState.PENDING]
        self.order.sort(key=_urgency)

    def reopen(self, job: Job) -> None:
        """Make a finished job pending again."""
        job.state, job.stopped_at = JobState.PENDING, 0.0
        self.order.append(job)
        self.sort()

    def get_job_by_name(self, name: str) -> Job:
        """Return the job of a name, full or short, in any spelling; pending ones go first.

        Of several finished jobs of one full name the latest counts.

        Raises:
            NotFoundError: No job has that name.
            AmbiguousNameError: A short name that several jobs have.
        """
        found = self._by_key.get(names.lookup_key(name), [])
        if not found:
            raise NotFoundError(kind="job", name=name, remedy=self._remedy(name))
        pending = [job for job in found if job.state is JobState.PENDING] or found
        full = {job.name for job in pending}
        if len(full) > 1:
            exact = [job for job in pending if job.name == name.lower()]
            if not exact:
                raise AmbiguousNameError(name=name, candidates=sorted(full))
            pending = exact
        return max(pending, key=lambda job: job.submitted_at)

    def _remedy(self, name: str) -> str:
        """Say why a job of a name is not there, or where to look for it."""
        if any(job.answers_to(name) for job in self.set_aside):
            return "it is set aside, for it is damaged in the database; see cuelet farm check"
        return "see cuelet jobs --all"

    def find_job(self, name: str) -> Job | None:
        """Return what `get_job_by_name` does, or None; raises AmbiguousNameError."""
        try:
            return self.get_job_by_name(name)
        except NotFoundError:
            return None

    def find_pending_job(self, name: str) -> Job | None:
        """Return the pending job of exactly this wire name, or None."""
        for job in self._by_key.get(names.lookup_key(name), []):
            if job.name == name and job.state is JobState.PENDING:
                return job
        return None

    def is_pending(self, name: str) -> bool:
        """Tell whether a pending job answers to a name, in any spelling."""
        found = self._by_key.get(names.lookup_key(name), [])
        return any(job.state is JobState.PENDING for job in found)

    def get_job(self, job_id: str) -> Job:
        """Return a job by id; raises NotFoundError."""
        job = self.jobs.get(job_id)
        if job is None:
            raise NotFoundError(kind="job", name=job_id)
        return job

    def get_layer(self, job: Job, name: str) -> Layer:
        """Return a layer by name, in any spelling; raises NotFoundError."""
        layer = job.by_name.get(name) or job.by_name.get(name.lower().replace("-", "_"))
        if layer is None:
            known = ", ".join(list(job.by_name)[:10])
            raise NotFoundError(kind="layer", name=name, remedy=f"{job.name} has {known}")
        return layer

    def get_frame(self, job: Job, layer: Layer, number: int) -> int:
        """Return the index of the frame that executes a frame number; raises NotFoundError."""
        task = layer.tasks.task_of(number)
        if task is None:
            raise NotFoundError(
                kind="frame", name=f"{number}", remedy=f"layer {layer.name} has {layer.spec.range}"
            )
        return layer.start + task

    def reserve(self, job: Job, index: int) -> None:
        """Take what a frame reserves, the machine at most; one from disk what its run was given."""
        layer = job.layer_at(index)
        given = job.reserved.get(index) or job.prefetched_reservations.pop(index, None)
        cores, memory_mb = given or self.reservation(layer)
        job.reserved[index] = cores, memory_mb
        self.limits.take(layer)
        for share in job.shares:
            share.take(cores, layer.gpus)
        if gpus := layer.gpus:
            job.gpus_held[index] = gpus
            self.held_gpus += gpus
        job.cores_in_use = round(job.cores_in_use + cores, 6)
        self.free_cores = round(self.free_cores - cores, 6)
        self.free_memory_mb -= memory_mb

    def release(self, job: Job, index: int) -> None:
        """Give back what a frame held."""
        if index in job.reserved:
            self.limits.take(job.layer_at(index), -1)
        cores, memory_mb = job.reserved.pop(index, (0.0, 0))
        gpus = job.gpus_held.pop(index, 0)
        self.held_gpus -= gpus
        for share in job.shares:
            share.take(-cores, -gpus)
        job.cores_in_use = round(job.cores_in_use - cores, 6)
        job.rss_kb.pop(index, None)
        job.started_with.pop(index, None)
        self.free_cores = round(self.free_cores + cores, 6)
        self.free_memory_mb += memory_mb

    def reservation(self, layer: Layer) -> tuple[float, int]:
        """Return the cores and memory (MB) a frame of a layer gets: what it asks, lowered to fit."""
        cores = layer.cores
        if self.host.thread_mode != AUTO and layer.threadable and cores > 0:
            cores = self.host.least_cores(cores, self.cores)
        return self._reserve(layer, cores)

    def usual_reservation(self, layer: Layer) -> tuple[float, int]:
        """Return what `reservation` does while the machine's thread mode adds nothing."""
        return self._reserve(layer, layer.cores)

    def _reserve(self, layer: Layer, cores: float) -> tuple[float, int]:
        return reserve(
            cores=cores,
            max_cores=layer.max_cores,
            threadable=layer.threadable,
            memory_mb=layer.memory_mb,
            machine_cores=self.cores,
            machine_memory_mb=self.memory_mb,
        )


def _urgency(job: Job) -> tuple[int, float]:
    """Return what pending jobs are ordered by."""
    return -job.priority, job.submitted_at


def _keys(job: Job) -> set[str]:
    """Return every lookup key a job answers to."""
    prefix = f"{job.spec.show}-{job.spec.shot}-{job.spec.user}_".lower()
    return {
        names.lookup_key(name)
        for name in (job.name, job.name.removeprefix(prefix), job.spec.title)
        if name
    }
