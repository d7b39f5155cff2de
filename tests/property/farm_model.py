"""The farm as its documentation tells it, in plain dicts and sets, worked out anew at every question.

Nothing here is fast, nothing is kept that can be counted, and nothing is taken from the core but
names of states and kinds: it is what the core is compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome
from tests.property.test_frames import naive

PATIENCE_S = 10.0
UNREACHABLE, TAKEN_AWAY, NOT_LAUNCHED, OUT_OF_MEMORY = 301, 286, 256, 33
SPARED, RAISES, RAISE_MB = 3, 5, 2048
SATISFIED, IN_VAIN, OPEN = 2, 1, 0
DONE = ("succeeded", "eaten")


@dataclass(eq=False)
class Frame:
    """One process of a layer."""

    numbers: list[int]
    state: str = "todo"
    """todo, running, succeeded, dead or eaten; whether a todo one waits is worked out."""
    attempt: int = 0
    retries: int = 0
    free_retries: int = 0
    memory_retries: int = 0
    status: int = -1
    held: tuple[float, int] = (0.0, 0)
    """Cores and memory (MB) of its run."""
    depends_ignored: bool = False
    marked_done: bool = False
    intent: str = ""
    home: JobModel | None = None
    """Its job."""


@dataclass(eq=False)
class LayerModel:
    """One layer."""

    spec: LayerSpec
    retries: int
    memory_mb: int
    frames: list[Frame]

    @property
    def numbers(self) -> list[int]:
        return [number for frame in self.frames for number in frame.numbers]

    def executing(self, number: int) -> Frame | None:
        return next((frame for frame in self.frames if number in frame.numbers), None)


@dataclass(eq=False)
class Wait:
    """What one frame waits for on one depend: all of some frames, or any of them."""

    on: list[Frame]
    any_one: bool
    on_finish: bool
    edge: int
    """Which depend of the job it is: those of its spec, then those on whole jobs."""


@dataclass(eq=False)
class JobModel:
    """One job."""

    spec: JobSpec
    id: str
    at: float
    layers: dict[str, LayerModel] = field(default_factory=dict)
    edges: list[EdgeSpec] = field(default_factory=list)
    released: set[int] = field(default_factory=set)
    after: list[JobModel] = field(default_factory=list)
    """The jobs that all of its frames wait for."""
    all_jobs: dict[str, JobModel] = field(default_factory=dict)
    """The farm's."""
    state: str = "pending"
    paused: bool = False
    priority: int = 1
    max_cores: float = -1.0
    shape: dict[Frame, list[Wait]] = field(default_factory=dict)

    def frames(self) -> list[Frame]:
        return [frame for layer in self.layers.values() for frame in layer.frames]

    def is_complete(self) -> bool:
        return all(frame.state in DONE for frame in self.frames())

    def layer_of(self, frame: Frame) -> LayerModel:
        return next(layer for layer in self.layers.values() if frame in layer.frames)

    # -- what waits for what, by the tables of docs/explanation/dependencies.md ----------------

    def waits(self, frame: Frame) -> list[Wait]:
        """Return what a frame waits for, on depends in force."""
        if not self.shape:
            self.shape = {each: list(self._all_waits(each)) for each in self.frames()}
        return [wait for wait in self.shape[frame] if wait.edge not in self.released]

    def _all_waits(self, frame: Frame) -> Iterator[Wait]:
        own = self.layer_of(frame)
        for index, job in enumerate(self.after, len(self.edges)):
            yield Wait(job.frames(), False, False, index)
        for index, edge in enumerate(self.edges):
            if edge.layer == own.spec.name:
                on_finish = edge.outcome is Outcome.FINISHED
                for any_one, on in self._awaited(edge, own, frame):
                    yield Wait(on, any_one, on_finish, index)

    def _awaited(
        self, edge: EdgeSpec, own: LayerModel, frame: Frame
    ) -> Iterator[tuple[bool, list[Frame]]]:
        if edge.waiting_frame is not None and edge.waiting_frame not in frame.numbers:
            return
        on = self.layers[edge.on]
        if edge.kind is EdgeKind.LAYER_ON_LAYER:
            yield False, on.frames
        elif edge.kind is EdgeKind.LAYER_ON_ANY:
            yield True, on.frames
        elif edge.kind is EdgeKind.LAYER_ON_SIM_FRAME:
            number = on.numbers[0] if edge.on_frame is None else edge.on_frame
            yield False, [_there(on.executing(number))]
        elif edge.kind is EdgeKind.FRAME_BY_FRAME and len(own.numbers) == 1:
            yield False, on.frames
        else:
            yield from _counterparts(edge, own, on, frame)

    # -- what follows from it ------------------------------------------------------------------

    def is_met(self, frame: Frame) -> bool:
        return frame.state in DONE or frame.marked_done

    def lost(self) -> dict[Frame, bool]:
        """Tell of each frame whether it is dead, or waits in vain for one that is."""
        known: dict[Frame, bool] = {}
        for job in self.all_jobs.values():
            for frame in job.frames():
                job._work_out(frame, known)
        return known

    def _work_out(self, frame: Frame, known: dict[Frame, bool]) -> bool:
        if frame not in known:
            known[frame] = not self.is_met(frame) and (
                frame.state == "dead"
                or (frame.state == "todo" and self.state == "finished")
                or (
                    frame.state == "todo"
                    and not frame.depends_ignored
                    and self._in_vain(frame, known)
                )
            )
        return known[frame]

    def _in_vain(self, frame: Frame, known: dict[Frame, bool]) -> bool:
        for wait in self.waits(frame):
            for on in wait.on:
                home_of(on)._work_out(on, known)
        return any(self.standing(wait, known) == IN_VAIN for wait in self.waits(frame))

    def standing(self, wait: Wait, lost: dict[Frame, bool]) -> int:
        """Return whether a wait is over, in vain, or open."""
        enough = any if wait.any_one else all
        if wait.on_finish:
            return SATISFIED if enough(self.is_met(on) or lost[on] for on in wait.on) else OPEN
        if enough(self.is_met(on) for on in wait.on):
            return SATISFIED
        too_many = all if wait.any_one else any
        return IN_VAIN if too_many(lost[on] for on in wait.on) else OPEN

    def has_unmet(self, frame: Frame) -> bool:
        lost = self.lost()
        return any(self.standing(wait, lost) != SATISFIED for wait in self.waits(frame))

    def is_blocked(self, frame: Frame) -> bool:
        return not frame.depends_ignored and self.has_unmet(frame)

    def shown(self, frame: Frame) -> str:
        """Return the state that people see."""
        if frame.state != "todo":
            return frame.state
        return "depend" if self.is_blocked(frame) else "waiting"

    def standings(self) -> dict[Wait, int]:
        """Return how everything that a frame waits for stands, in all jobs."""
        lost = self.lost()
        return {
            wait: job.standing(wait, lost)
            for job in self.all_jobs.values()
            for frame in job.frames()
            for wait in job.waits(frame)
        }

    def pending_frames(self) -> list[Frame]:
        pending = [job for job in self.all_jobs.values() if job.state == "pending"]
        return [frame for job in pending for frame in job.frames()]

    def rearm(self, before: dict[Wait, int]) -> None:
        """Have what has run behind something that is made again run again, and what is behind that.

        Args:
            before: How all waits stood before the change.
        """
        while True:
            now, changed = self.standings(), False
            for frame in self.pending_frames():
                job = home_of(frame)
                dropped = any(now[wait] < before.get(wait, 0) for wait in job.waits(frame))
                open_ = any(now[wait] != SATISFIED for wait in job.waits(frame))
                if (
                    dropped
                    and open_
                    and not frame.depends_ignored
                    and frame.state in ("succeeded", "dead")
                ):
                    frame.state, changed = "todo", True
            if not changed:
                return
            before = now


def home_of(frame: Frame) -> JobModel:
    assert frame.home is not None
    return frame.home


def _there(frame: Frame | None) -> Frame:
    assert frame is not None
    return frame


def _counterparts(
    edge: EdgeSpec, own: LayerModel, on: LayerModel, frame: Frame
) -> Iterator[tuple[bool, list[Frame]]]:
    """Yield the frames of the same numbers, or those before them; the whole layer without one."""
    back = 1 if edge.kind is EdgeKind.PREVIOUS_FRAME else 0
    if any(number not in on.numbers for number in frame.numbers):
        yield False, on.frames
        return
    found: list[Frame] = []
    for number in frame.numbers:
        at = on.numbers.index(number) - back
        if at >= 0:
            wanted = _there(on.executing(on.numbers[at]))
            if wanted is not frame and not any(each is wanted for each in found):
                found.append(wanted)
    yield from ((False, [each]) for each in found)


class FarmModel:
    """The farm."""

    def __init__(self, *, cores: float, memory_mb: int) -> None:
        self.cores, self.memory_mb = cores, memory_mb
        self.jobs: dict[str, JobModel] = {}
        self.turn: tuple[LayerModel, float] | None = None
        """The first layer that does not fit, and since when."""

    # -- what people and processes do ----------------------------------------------------------

    def launch(self, spec: JobSpec, job_id: str, now: float) -> None:
        job = JobModel(spec, job_id, now, edges=list(spec.edges))
        job.paused, job.priority, job.max_cores = spec.paused, spec.priority, spec.max_cores
        for layer in spec.layers:
            numbers = naive(layer.range)
            frames = [
                Frame(numbers[at : at + layer.chunk]) for at in range(0, len(numbers), layer.chunk)
            ]
            retries = spec.max_retries if layer.retries is None else layer.retries
            job.layers[layer.name] = LayerModel(layer, retries, layer.memory_mb, frames)
        job.after = [self.named(name) for name in spec.after]
        for frame in job.frames():
            frame.home = job
        self.jobs[job_id] = job
        job.all_jobs = self.jobs

    def named(self, name: str) -> JobModel:
        return next(job for job in self.jobs.values() if job.spec.name == name)

    def ended(self, job: JobModel, frame: Frame, status: int) -> None:
        before, blocked = job.standings(), job.is_blocked(frame)
        intent, frame.intent = frame.intent, ""
        frame.status = status
        frame.state = self._after(job, frame, intent, blocked=blocked)
        job.rearm(before)
        self._finish_if_complete(job)

    def _after(self, job: JobModel, frame: Frame, intent: str, *, blocked: bool) -> str:
        """Return what becomes of a frame, by the table of exit statuses in the reference."""
        status, layer = frame.status, job.layer_of(frame)
        if intent and not (intent == "kill" and status == 0):
            return AFTER[intent]
        if status == 0:
            return "todo" if blocked else "succeeded"
        if status == OUT_OF_MEMORY:
            return self._after_memory(job, frame, layer)
        if job.spec.autoeat and status not in (UNREACHABLE, TAKEN_AWAY, NOT_LAUNCHED):
            return "eaten"
        if status in (UNREACHABLE, TAKEN_AWAY) and frame.free_retries < SPARED:
            frame.free_retries += 1
            return "todo"
        if frame.retries < layer.retries:
            frame.retries += 1
            return "todo"
        return "eaten" if job.spec.autoeat else "dead"

    def _after_memory(self, job: JobModel, frame: Frame, layer: LayerModel) -> str:
        had_mb = frame.held[1]
        if job.spec.autoeat:
            return "eaten"
        if had_mb >= self.memory_mb or frame.memory_retries >= RAISES:
            return "dead"
        frame.memory_retries += 1
        layer.memory_mb = max(layer.memory_mb, min(self.memory_mb, had_mb + RAISE_MB))
        return "todo"

    def _begin_anew(self, frame: Frame) -> None:
        frame.retries = frame.free_retries = frame.memory_retries = 0

    def never_started(self, job: JobModel, frame: Frame) -> None:
        before = job.standings()
        intent, frame.intent = frame.intent, ""
        frame.state = AFTER[intent] if intent else "todo"
        job.rearm(before)
        self._finish_if_complete(job)

    def _finish_if_complete(self, job: JobModel) -> None:
        if job.is_complete():
            job.state = "finished"

    def kill_job(self, job: JobModel) -> None:
        if job.state == "pending":
            job.state = "finished"
            for frame in job.frames():
                if frame.state == "running":
                    frame.intent = "job killed"

    def kill(self, job: JobModel, frames: Iterable[Frame]) -> None:
        for frame in frames:
            if frame.state == "running":
                frame.intent = "kill"

    def time_out(self, job: JobModel, frame: Frame) -> None:
        if frame.state == "running" and not frame.intent:
            frame.intent = "timeout"

    def retry(self, job: JobModel, frames: Iterable[Frame]) -> None:
        chosen = [frame for frame in frames if frame.state != "todo"]
        before = job.standings()
        if chosen:
            job.state = "pending"
            job.rearm(before)
        for frame in chosen:
            before = job.standings()
            self._begin_anew(frame)
            frame.marked_done = False
            if frame.state == "running":
                frame.intent = "retry"
            else:
                frame.state = "todo"
            job.rearm(before)

    def eat(self, job: JobModel, frames: Iterable[Frame]) -> None:
        for frame in frames:
            before = job.standings()
            if frame.state == "running":
                frame.intent = "eat"
            elif frame.state != "succeeded":
                frame.state = "eaten"
            job.rearm(before)
        self._finish_if_complete(job)

    def free(self, job: JobModel, frames: Iterable[Frame]) -> None:
        """Let frames run whatever they wait for; those that wait when it is asked."""
        for frame in [each for each in frames if job.shown(each) == "depend"]:
            before = job.standings()
            frame.depends_ignored = True
            job.rearm(before)

    def mark_done(self, job: JobModel, frames: Iterable[Frame]) -> None:
        for frame in frames:
            before = job.standings()
            frame.marked_done = True
            job.rearm(before)

    def release(self, job: JobModel, index: int) -> None:
        """Take a depend out of force."""
        before = job.standings()
        job.released.add(index)
        job.rearm(before)

    # -- what follows --------------------------------------------------------------------------

    def order(self) -> list[JobModel]:
        """Return pending jobs: priority, then age."""
        pending = [job for job in self.jobs.values() if job.state == "pending"]
        return sorted(pending, key=lambda job: (-job.priority, job.at))

    def is_stuck(self, job: JobModel) -> bool:
        if job.state != "pending" or job.paused:
            return False
        shown = {frame: job.shown(frame) for frame in job.frames()}
        if any(state in ("running", "waiting") for state in shown.values()):
            return False
        held = [frame for frame, state in shown.items() if state == "depend"]
        known = job.lost()
        return all(job._in_vain(frame, known) for frame in held)

    def reservation(self, layer: LayerModel) -> tuple[float, int]:
        asked = layer.spec.cores
        cores = asked if asked > 0 else self.cores + asked
        return min(max(cores, 0.1), self.cores), min(layer.memory_mb, self.memory_mb)

    def held(self, jobs: Iterable[JobModel]) -> tuple[float, int]:
        """Return the cores and memory (MB) that running frames of some jobs hold."""
        running = [frame.held for job in jobs for frame in job.frames() if frame.state == "running"]
        return sum(cores for cores, _ in running), sum(memory for _, memory in running)

    def dispatch(self, now: float) -> list[Frame]:
        """Start what can start, in order; return what was started."""
        started: list[Frame] = []
        first: LayerModel | None = None
        for job in self.order():
            if job.paused:
                continue
            for layer in job.layers.values():
                started += self._start_of(job, layer)
                if self._waits(job, layer) and self._capped(job, layer):
                    break  # what is left of the cap is this layer's, not that of those behind it
                if first is None and self._lacks_room(job, layer):
                    first = layer
                    if (
                        self.turn is None
                        or self.turn[0] is not layer
                        or self._moved(layer, started)
                    ):
                        self.turn = layer, now
                    if now - self.turn[1] >= PATIENCE_S:
                        return started
        if first is None:
            self.turn = None
        return started

    def _start_of(self, job: JobModel, layer: LayerModel) -> list[Frame]:
        started = []
        for frame in layer.frames:
            if job.shown(frame) == "waiting" and self._fits(layer) and not self._capped(job, layer):
                frame.state, frame.attempt = "running", frame.attempt + 1
                frame.held = self.reservation(layer)
                if frame.status == 0:
                    self._begin_anew(frame)
                started.append(frame)
        return started

    def _moved(self, layer: LayerModel, started: list[Frame]) -> bool:
        return any(frame is each for frame in layer.frames for each in started)

    def _lacks_room(self, job: JobModel, layer: LayerModel) -> bool:
        return self._waits(job, layer) and not self._capped(job, layer)

    def _waits(self, job: JobModel, layer: LayerModel) -> bool:
        return any(job.shown(frame) == "waiting" for frame in layer.frames)

    def _fits(self, layer: LayerModel) -> bool:
        cores, memory_mb = self.reservation(layer)
        held_cores, held_memory_mb = self.held(self.jobs.values())
        return (
            held_cores + cores <= self.cores + 1e-6 and held_memory_mb + memory_mb <= self.memory_mb
        )

    def _capped(self, job: JobModel, layer: LayerModel) -> bool:
        """Tell whether the job's own cap holds it; one frame may always run."""
        cores, _ = self.reservation(layer)
        return job.max_cores > 0 and self.held([job])[0] + cores > max(job.max_cores, cores) + 1e-6


AFTER = {"kill": "dead", "retry": "todo", "eat": "eaten", "timeout": "dead", "job killed": "dead"}
