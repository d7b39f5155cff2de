"""Everything the farm decides: launch, start, end, retry, kill, eat, release.

Functions here change the `Farm` they are given and note in a `Decision` what must be committed and
what must be done after that.
They are deterministic, do no I/O, and check before they change: one that raises has changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cuelet.core import crossjob, ids, lanes, names
from cuelet.core.disks import DiskUse, FullDisk, find_full
from cuelet.core.endings import AFTER_KILL, begin_anew, state_after
from cuelet.core.errors import (
    AmbiguousNameError,
    DuplicateJobError,
    InvalidRequestError,
    NotFoundError,
    OutOfDiskError,
)
from cuelet.core.graph import Edge
from cuelet.core.host import Host
from cuelet.core.job import Comment, Job, Layer, Moves
from cuelet.core.limits import Limit, Limits, refuse_unknown
from cuelet.core.matching import Turns, fits_machine
from cuelet.core.memory import Excess, MemoryPolicy, find_excess
from cuelet.core.runs import NOT_BEGUN, ORPHANED, OUT_OF_MEMORY, RunExited, RunStarted, RunUsage
from cuelet.core.spec import JobSpec
from cuelet.core.states import (
    DEPEND,
    EATEN,
    HANDED_OVER,
    RUNNING,
    SETUP,
    SUCCEEDED,
    WAITING,
    Intent,
    JobState,
)
from outline.jobspec.reservation import reserve


@dataclass(slots=True)
class Decision:
    """What one batch of decisions leaves to do: first commit, then act."""

    launched: list[Job] = field(default_factory=list)
    forgotten: list[Job] = field(default_factory=list)
    """Jobs of which nothing is kept."""
    jobs: dict[str, Job] = field(default_factory=dict)
    """Jobs whose own row, layers or edges changed."""
    frames: dict[tuple[str, int], Job] = field(default_factory=dict)
    """(job id, frame index) of frames whose row changed."""
    edges: dict[tuple[str, int], Edge] = field(default_factory=dict)
    """(job id, index) of depends that were added, or put in or out of force."""
    starts: list[tuple[Job, int]] = field(default_factory=list)
    """Frames whose process must be started once this is committed."""
    ahead: list[tuple[Job, int, str]] = field(default_factory=list)
    """Frames the runner gets ahead of their turn, each with its lane."""
    withdraws: list[str] = field(default_factory=list)
    """Run ids the runner shall give back if it has not started them."""
    kills: list[str] = field(default_factory=list)
    """Run ids to kill."""
    looks: list[tuple[Job, int]] = field(default_factory=list)
    """Frames whose files have to be looked at before they can start."""
    made: list[Sequence[str]] = field(default_factory=list)
    """Fields of `cuelet.core.skip.Made`: what runs that succeeded have made."""
    acks: list[str] = field(default_factory=list)
    """Run ids whose end is recorded, so that the runner may forget them."""
    host: Host | None = None
    """The machine's settings, when they changed."""
    limits: dict[str, Limit | None] = field(default_factory=dict)
    """Limits that changed, by id; None for one that is gone."""

    def job(self, job: Job) -> None:
        """Note that a job's row changed."""
        self.jobs[job.id] = job

    def frame(self, job: Job, index: int) -> None:
        """Note that a frame's row changed."""
        self.frames[job.id, index] = job

    def edge(self, edge: Edge) -> None:
        """Note that a depend was added, or put in or out of force."""
        self.edges[edge.er.id, edge.index] = edge

    def spread(self, job: Job, changed: Moves) -> None:
        """Note frames that others moved: only those that have run before have a row."""
        for index in changed:
            if job.attempt[index]:
                self.frame(job, index)
        for other, index in changed.elsewhere:
            if other.attempt[index]:
                self.frame(other, index)

    def __bool__(self) -> bool:
        rows = self.launched or self.jobs or self.frames or self.edges
        return bool(rows or self.forgotten or self.host or self.limits)


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
        self.order: list[Job] = []
        """Pending jobs, most urgent first."""
        self.looks_ordered = 0
        """Looks at frames' files so far; numbers them."""
        self.has_lanes = False
        """Whether the runner takes frames ahead of their turn."""
        self.is_adrift = False
        """Whether it is fresh from disk and only the runner knows which frames it has begun since;
        until it says so nothing starts, because those hold nothing yet."""
        self.passed: tuple[Layer, float] | None = None
        """The first layer that does not fit, and since when smaller frames pass it."""
        self.full_disks: tuple[FullDisk, ...] = ()
        """Disks without room, as last looked at; what needs them is not started."""
        self.host, self.limits, self.turns = Host(), Limits(), Turns()
        self.held_gpus = 0
        self.at = 0.0
        """Epoch seconds at which frames were last booked."""

    def add(self, job: Job) -> None:
        """Take a job in, new or from disk."""
        self.jobs[job.id] = job
        for key in _keys(job):
            self._by_key.setdefault(key, []).append(job)
        if job.state is JobState.PENDING:
            self.order.append(job)
            self.sort()

    def drop(self, job: Job) -> None:
        """Forget an ended job."""
        job.leave()
        del self.jobs[job.id]
        for key in _keys(job):
            self._by_key[key].remove(job)
            if not self._by_key[key]:
                del self._by_key[key]

    def sort(self) -> None:
        """Order pending jobs anew: priority, then age."""
        self.order = [job for job in self.order if job.state is JobState.PENDING]
        self.order.sort(key=lambda job: (-job.priority, job.submitted_at))

    def reopen(self, job: Job) -> None:
        """Make a finished job pending again."""
        job.state, job.stopped_at = JobState.PENDING, 0.0
        self.order.append(job)
        self.sort()

    def find_job(self, name: str) -> Job:
        """Return the job of a name, full or short, in any spelling; pending ones go first.

        Of several finished jobs of one full name the latest counts.

        Raises:
            NotFoundError: No job has that name.
            AmbiguousNameError: A short name that several jobs have.
        """
        found = self._by_key.get(names.lookup_key(name), [])
        if not found:
            raise NotFoundError(kind="job", name=name, hint="see cuelet jobs --all")
        pending = [job for job in found if job.state is JobState.PENDING] or found
        full = {job.name for job in pending}
        if len(full) > 1:
            exact = [job for job in pending if job.name == name.lower()]
            if not exact:
                raise AmbiguousNameError(name=name, candidates=sorted(full))
            pending = exact
        return max(pending, key=lambda job: job.submitted_at)

    def known_job(self, name: str) -> Job | None:
        """Return what `find_job` does, or None; raises AmbiguousNameError."""
        try:
            return self.find_job(name)
        except NotFoundError:
            return None

    def pending_job(self, name: str) -> Job | None:
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

    def find_layer(self, job: Job, name: str) -> Layer:
        """Return a layer by name, in any spelling; raises NotFoundError."""
        layer = job.by_name.get(name) or job.by_name.get(name.lower().replace("-", "_"))
        if layer is None:
            known = ", ".join(list(job.by_name)[:10])
            raise NotFoundError(kind="layer", name=name, hint=f"{job.name} has {known}")
        return layer

    def find_frame(self, job: Job, layer: Layer, number: int) -> int:
        """Return the index of the frame that executes a frame number; raises NotFoundError."""
        task = layer.tasks.task_of(number)
        if task is None:
            raise NotFoundError(
                kind="frame", name=f"{number}", hint=f"layer {layer.name} has {layer.spec.range}"
            )
        return layer.start + task

    def hold(self, job: Job, index: int) -> None:
        """Take what a frame reserves, the machine at most; one from disk what its run was given."""
        layer = job.layer_at(index)
        given = job.reserved.get(index) or job.promised.pop(index, None)
        cores, memory_mb = given or self.reservation(layer)
        job.reserved[index] = cores, memory_mb
        self.limits.take(layer)
        if layer.gpus:
            job.gpus_held[index] = layer.gpus
            self.held_gpus += layer.gpus
        job.cores_in_use = round(job.cores_in_use + cores, 6)
        self.free_cores = round(self.free_cores - cores, 6)
        self.free_memory_mb -= memory_mb

    def let_go(self, job: Job, index: int) -> None:
        """Give back what a frame held."""
        if index in job.reserved:
            self.limits.take(job.layer_at(index), -1)
        cores, memory_mb = job.reserved.pop(index, (0.0, 0))
        self.held_gpus -= job.gpus_held.pop(index, 0)
        job.cores_in_use = round(job.cores_in_use - cores, 6)
        job.rss_kb.pop(index, None)
        job.started_with.pop(index, None)
        self.free_cores = round(self.free_cores + cores, 6)
        self.free_memory_mb += memory_mb

    def reservation(self, layer: Layer) -> tuple[float, int]:
        """Return the cores and memory (MB) a frame of a layer gets: what it asks, lowered to fit."""
        return reserve(
            cores=layer.cores,
            max_cores=layer.max_cores,
            threadable=layer.threadable,
            memory_mb=layer.memory_mb,
            machine_cores=self.cores,
            machine_memory_mb=self.memory_mb,
        )


def _keys(job: Job) -> set[str]:
    """Return every lookup key a job answers to."""
    prefix = f"{job.spec.show}-{job.spec.shot}-{job.spec.user}_".lower()
    return {
        names.lookup_key(name)
        for name in (job.name, job.name.removeprefix(prefix), job.spec.title)
        if name
    }


# -- launching ---------------------------------------------------------------------------------


def launch(
    farm: Farm, specs: Sequence[JobSpec], job_ids: Sequence[str], decision: Decision, *, now: float
) -> list[Job]:
    """Take jobs in, all or none.

    Raises:
        DuplicateJobError: A pending job has the name already.
        InvalidSpecError: A spec makes no sense.
        OutOfDiskError: What is left of the disk is kept for the ends of frames.
    """
    if full := find_full(farm, DiskUse.DATABASE):
        raise OutOfDiskError(text=full.text, way_out=full.way_out)
    taken = set()
    for spec in specs:
        if spec.name in taken or farm.pending_job(spec.name):
            raise DuplicateJobError(name=spec.name)
        taken.add(spec.name)
        refuse_unknown(farm, ((layer.name, layer.limits) for layer in spec.layers))
    jobs = [
        Job(spec, job_id, submitted_at=now) for spec, job_id in zip(specs, job_ids, strict=True)
    ]
    for edge in crossjob.edges_at_launch(jobs, farm.known_job):
        edge.er.attach(edge)
    for job in jobs:
        farm.add(job)
    decision.launched.extend(jobs)
    return jobs


def is_stuck(farm: Farm, job: Job) -> bool:
    """Tell whether nothing of a job runs and nothing can start without somebody's action."""
    if job.state is not JobState.PENDING or job.paused:
        return False
    if _moves(farm, job):
        return False
    ahead = crossjob.jobs_ahead(job) if crossjob.has_hope(job) else ()
    return not any(on.paused or _moves(farm, on) for on in ahead)


def _moves(farm: Farm, job: Job) -> bool:
    """Tell whether something of a job runs, or may start on this machine."""
    fitting = (layer.counts[WAITING] and fits_machine(farm, layer) for layer in job.layers)
    return bool(job.count(RUNNING)) or (job.state is JobState.PENDING and any(fitting))


# -- the life of a frame -----------------------------------------------------------------------


def start(farm: Farm, job: Job, index: int, decision: Decision, *, now: float) -> None:
    """Book one waiting frame: its process starts once this is committed."""
    if job.exit_status[index] == 0:
        begin_anew(job, index)
    job.begin_attempt(index)
    job.note_start(index, now)
    farm.hold(job, index)
    if look := job.looks.get(index):
        job.started_with[index] = look
    decision.spread(job, job.move(index, RUNNING))
    decision.frame(job, index)
    decision.starts.append((job, index))


def ended(farm: Farm, report: RunExited, decision: Decision) -> None:
    """Record the end of a run, once; a report about an older attempt is only acknowledged."""
    decision.acks.append(report.run_id)
    found = current_run(farm, report.run_id)
    if found is None:
        return
    job, index = found
    given = job.reserved.get(index) or job.promised.get(index)
    _, held_mb = given or farm.reservation(job.layer_at(index))
    lanes.leave(farm, job, index, decision, at=report.at)
    _record(job, index, report)
    state = state_after(job, index, report, held_mb=held_mb, machine_mb=farm.memory_mb)
    if job.state_of[index] == SETUP and index not in job.intents:
        job.move(index, RUNNING)  # it was faster than the report of the one before it
    job.intents.pop(index, None)
    if report.exit_status == NOT_BEGUN and not farm.full_disks:
        farm.full_disks = (FullDisk(DiskUse.LOGS, "the runner's disk", report.reason),)
    if report.made and state is SUCCEEDED:
        decision.made.append(report.made.split(" "))
    decision.frame(job, index)
    if job.exit_status[index] == OUT_OF_MEMORY:
        decision.job(job)  # its layer reserves more from now on
    decision.spread(job, job.move(index, state))
    finish_if_complete(farm, job, decision, now=report.at)


def current_run(farm: Farm, run_id: str) -> tuple[Job, int] | None:
    """Return the job and frame of a run that is the one we believe the runner to have."""
    parts = ids.split_run_id(run_id)
    job = farm.jobs.get(parts[0]) if parts else None
    if parts is None or job is None or parts[1] >= job.size:
        return None
    _, index, attempt = parts
    is_current = job.state_of[index] in HANDED_OVER and job.attempt[index] == attempt
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
        _finish(farm, job, decision, now=now)


def _finish(farm: Farm, job: Job, decision: Decision, *, now: float) -> None:
    job.state, job.stopped_at = JobState.FINISHED, now
    farm.sort()
    decision.job(job)


def began(farm: Farm, event: RunStarted, decision: Decision) -> None:
    """Note when the process of a frame came to be that the runner had ahead of its turn."""
    found = current_run(farm, event.run_id)
    if found and lanes.has_followed(*found):
        job, index = found
        if job.state_of[index] == SETUP:
            lanes.leave(farm, job, index, decision, at=event.at)
            job.move(index, RUNNING)
            farm.hold(job, index)
        job.note_start(index, event.at)
        decision.frame(job, index)


def never_started(farm: Farm, job: Job, index: int, decision: Decision, *, now: float) -> None:
    """Put back a frame that was booked but whose process the runner never got."""
    if job.state_of[index] == SETUP:
        job.attempt[index] -= 1  # it was not even its turn
    _put_back(farm, job, index, decision, now=now)


def returned(farm: Farm, run_id: str, decision: Decision, *, now: float) -> None:
    """Put back a frame that the runner had ahead of its turn and gave back."""
    if found := current_run(farm, run_id):
        job, index = found
        job.layer_at(index).pace.reset()
        job.attempt[index] -= 1
        _put_back(farm, job, index, decision, now=now)


def _put_back(farm: Farm, job: Job, index: int, decision: Decision, *, now: float) -> None:
    lanes.leave(farm, job, index, decision, at=None)
    intent = job.intents.pop(index, None)
    decision.frame(job, index)
    decision.spread(job, job.move(index, WAITING if intent is None else AFTER_KILL[intent]))
    finish_if_complete(farm, job, decision, now=now)


def lost_with_machine(farm: Farm, job: Job, index: int, decision: Decision, *, now: float) -> None:
    """Record the loss of a running frame of which nobody knows anything since a restart."""
    report = RunExited(
        job.run_id(index), ORPHANED, 0, 0.0, 0.0, 0, now, "lost: the machine restarted"
    )
    ended(farm, report, decision)


def used(farm: Farm, usage: RunUsage) -> None:
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

    It is tried again with more, as `ended` decides.
    """
    if job.state_of[index] != RUNNING or index in job.intents:
        return None
    excess = find_excess(job, index, farm.memory_policy, farm.memory_mb)
    if excess and excess.is_fatal:
        job.reasons[index] = f"killed: it {excess.text}; {excess.limit_mb} MB are allowed"
        _kill(job, index, Intent.MEMORY, decision)
    return excess


# -- what people ask for -----------------------------------------------------------------------


def set_paused(job: Job, decision: Decision, *, paused: bool) -> None:
    """Stop or resume booking frames of a job; running frames go on, an ended job stays as it is."""
    if job.state is JobState.PENDING:
        job.paused = paused
        decision.job(job)
        if paused:
            lanes.withdraw(job, decision)


def set_priority(farm: Farm, job: Job, priority: int, decision: Decision) -> None:
    """Set the urgency of a job; higher goes first."""
    job.priority = priority
    farm.sort()
    decision.job(job)


def set_autoeat(job: Job, decision: Decision, *, autoeat: bool) -> None:
    """Give frames that fail up at once, without retries; or give their retries back."""
    job.autoeat = autoeat
    job.max_retries = 0 if autoeat else job.spec.max_retries
    for layer in job.layers:
        own = layer.spec.retries
        layer.retries = job.max_retries if autoeat or own is None else own
    decision.job(job)


def kill_job(farm: Farm, job: Job, decision: Decision, *, now: float) -> None:
    """End a job: running frames are killed, waiting ones never run, nor does what waits for them."""
    if job.state is JobState.FINISHED:
        return
    _finish(farm, job, decision, now=now)
    lanes.withdraw(job, decision)
    decision.spread(job, job.state_changed())
    for layer in job.layers:
        for index in job.frames_in(layer, frozenset({RUNNING})):
            _kill(job, index, Intent.JOB_KILLED, decision)


def _kill(job: Job, index: int, intent: Intent, decision: Decision) -> None:
    job.intents[index] = intent
    decision.frame(job, index)
    decision.kills.append(job.run_id(index))


def kill_frames(job: Job, indexes: Iterable[int], decision: Decision, *, by: str) -> int:
    """Kill running frames: they end dead; return how many."""
    running = [index for index in indexes if job.state_of[index] == RUNNING]
    for index in running:
        job.reasons[index] = f"killed by {by}"
        _kill(job, index, Intent.KILL, decision)
    return len(running)


def time_out(job: Job, index: int, reason: str, decision: Decision) -> None:
    """Kill a frame that exceeded a time-out of its layer: it ends dead."""
    if job.state_of[index] == RUNNING and index not in job.intents:
        job.reasons[index] = reason
        _kill(job, index, Intent.TIMEOUT, decision)


def retry_frames(farm: Farm, job: Job, indexes: Iterable[int], decision: Decision) -> int:
    """Run frames again, with all their retries; return how many.

    Running ones are killed first.
    What waited for them waits again, and what had run after them runs again.
    """
    chosen = [index for index in indexes if job.state_of[index] not in (WAITING, SETUP, DEPEND)]
    if chosen and job.state is JobState.FINISHED:
        _refuse_second(farm, job)
        farm.reopen(job)
        decision.job(job)
        decision.spread(job, job.state_changed())
    for index in chosen:
        begin_anew(job, index)
        decision.spread(job, job.doubt(index))
        decision.frame(job, index)
        if job.state_of[index] == RUNNING:
            _kill(job, index, Intent.RETRY, decision)
        else:
            decision.spread(job, job.move(index, WAITING))
    return len(chosen)


def _refuse_second(farm: Farm, job: Job) -> None:
    if farm.pending_job(job.name):
        raise InvalidRequestError(
            request=f"retry in finished job {job.name}",
            reason="a newer job of that name is pending; kill it first",
        )


def eat_frames(
    farm: Farm, job: Job, indexes: Iterable[int], decision: Decision, *, now: float
) -> int:
    """Give up on frames, so that the rest can go on; return how many."""
    chosen = [i for i in indexes if job.state_of[i] not in (SUCCEEDED, EATEN)]
    for index in chosen:
        if job.state_of[index] in HANDED_OVER:
            _kill(job, index, Intent.EAT, decision)
        else:
            decision.frame(job, index)
            decision.spread(job, job.move(index, EATEN))
    finish_if_complete(farm, job, decision, now=now)
    return len(chosen)


def free_frames(job: Job, indexes: Iterable[int], decision: Decision) -> int:
    """Let frames run whatever they wait for; return how many did wait."""
    chosen = [index for index in indexes if job.state_of[index] == DEPEND]
    for index in chosen:
        decision.spread(job, job.free(index))
        decision.frame(job, index)
    return len(chosen)


def release_edges(job: Job, edges: Iterable[Edge], decision: Decision) -> int:
    """Take depends out of force; return how many were in force."""
    chosen = [edge for edge in edges if edge.active]
    for edge in chosen:
        decision.spread(job, job.release(edge))
        decision.edge(edge)
    return len(chosen)


def mark_done(job: Job, indexes: Iterable[int], decision: Decision) -> None:
    """Release what waits for these frames, without touching these."""
    for index in indexes:
        decision.spread(job, job.assume_done(index))
        decision.frame(job, index)


# -- comments ----------------------------------------------------------------------------------

MAX_COMMENTS, MAX_COMMENT_LENGTH = 1000, 65_536
"""Comments per job, and characters in one."""


def add_comment(job: Job, comment: Comment, decision: Decision) -> None:
    """Leave a comment on a job, running or finished.

    Raises:
        InvalidRequestError: It is too long, or one too many.
    """
    _refuse_length(job, comment)
    if len(job.comments) >= MAX_COMMENTS:
        raise InvalidRequestError(
            request=f"comment on job {job.name}",
            reason=f"it has {MAX_COMMENTS} already; delete some first",
        )
    job.comments.append(comment)
    decision.job(job)


def edit_comment(job: Job, number: int, subject: str, message: str, decision: Decision) -> None:
    """Replace what a comment says; raises NotFoundError, InvalidRequestError."""
    position = _comment_position(job, number)
    edited = job.comments[position]._replace(subject=subject, message=message)
    _refuse_length(job, edited)
    job.comments[position] = edited
    decision.job(job)


def delete_comment(job: Job, number: int, decision: Decision) -> None:
    """Take a comment away; raises NotFoundError."""
    del job.comments[_comment_position(job, number)]
    decision.job(job)


def _comment_position(job: Job, number: int) -> int:
    """Return where a comment is in the job's list; raises NotFoundError."""
    for position, comment in enumerate(job.comments):
        if comment.number == number:
            return position
    raise NotFoundError(kind="comment", name=ids.part_id(job.id, ids.Kind.COMMENT, number))


def _refuse_length(job: Job, comment: Comment) -> None:
    if len(comment.user) + len(comment.subject) + len(comment.message) > MAX_COMMENT_LENGTH:
        raise InvalidRequestError(
            request=f"comment on job {job.name}",
            reason=f"it has more than {MAX_COMMENT_LENGTH:,} characters; write them to a file",
        )
