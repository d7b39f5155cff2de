"""Jobs and their layers as values: for tables, JSON and pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import opencue
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer

_NOT_IN_JSON = ("is_paused", "memory_kib")
_COUNTS = ("frames", "succeeded", "running", "waiting", "depend", "dead", "eaten")
_NOTHING_KNOWN: dict[str, Any] = {
    **dict.fromkeys((*_COUNTS, "skipped_frames", "priority", "submitted_at"), 0),
    **dict.fromkeys(("user", "log_dir", "waits"), ""),
    "state": "damaged",
    "stopped_at": None,
    "is_paused": False,
}
"""What is said of a job that is damaged in the farm's database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as it was when the farm was asked."""

    id: str
    name: str
    state: str
    """finished, killed, paused, running, waiting, stuck or damaged."""
    user: str
    priority: int
    frames: int
    succeeded: int
    running: int
    waiting: int
    depend: int
    """Frames that wait for others."""
    dead: int
    eaten: int
    skipped_frames: int
    """Frames that succeeded without having run."""
    waits: str
    """What it waits for while nothing of it runs, such as ``for limit nuke``; empty otherwise, or on a stock Cuebot."""
    submitted_at: int
    """Epoch seconds."""
    stopped_at: int | None
    log_dir: str
    is_paused: bool

    @property
    def done(self) -> int:
        """Frames that need nothing more."""
        return self.succeeded + self.eaten

    @property
    def rendered(self) -> int:
        """Frames that have run to success."""
        return self.succeeded - self.skipped_frames

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it will run any more."""
        return self.state in {"finished", "killed"}

    def values(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return _values(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerView:
    """A layer as it was when the farm was asked."""

    id: str
    name: str
    range: str
    chunk: int
    frames: int
    succeeded: int
    running: int
    waiting: int
    depend: int
    """Frames that wait for others."""
    dead: int
    eaten: int
    cores: float
    memory_mb: int
    max_rss_kb: int
    """The most memory that a frame used."""
    average_s: int
    """What a frame took."""
    memory_kib: int
    """What is reserved, unrounded."""

    @property
    def done(self) -> int:
        """Frames that need nothing more."""
        return self.succeeded + self.eaten

    @property
    def is_over_memory(self) -> bool:
        """Whether a frame used more memory than is reserved."""
        return 0 < self.memory_kib < self.max_rss_kb

    def values(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        values = _values(self)
        del values["id"]
        return values


def _values(view: JobView | LayerView) -> dict[str, Any]:
    return {key: value for key, value in asdict(view).items() if key not in _NOT_IN_JSON}


def damaged_jobs() -> Iterator[JobView]:
    """Yield the jobs that a Cuelet farm has set aside, of which it knows no more than a name."""
    for job in (opencue.farm.info() or {}).get("damaged", ()):
        yield JobView(**_NOTHING_KNOWN, id=job["id"], name=job["name"])


def standings(jobs: Sequence[Job]) -> dict[str, Any]:
    """Return by id what only a Cuelet farm knows of jobs as a whole; nothing from a stock Cuebot."""
    asked = jobs and opencue.farm.call_or_none("GetStanding", job_ids=[job.id() for job in jobs])
    found: dict[str, Any] = asked["jobs"] if asked else {}
    return found


def current_view(job: Job) -> JobView:
    """Return a job as a value, with what it waits for and skipped."""
    return job_view(job, standings([job]).get(job.id(), {}))


def job_view(job: Job, standing: Mapping[str, Any]) -> JobView:
    """Return a job as a value.

    Args:
        job: The job.
        standing: What `standings` knows of it.
    """
    return JobView(
        id=job.id(),
        name=job.name(),
        state=_state_word(job, is_stuck=standing.get("stuck")),
        user=job.user(),
        priority=job.priority(),
        frames=job.totalFrames(),
        succeeded=job.succeededFrames(),
        running=job.runningFrames(),
        waiting=job.waitingFrames(),
        depend=job.dependFrames(),
        dead=job.deadFrames(),
        eaten=job.eatenFrames(),
        skipped_frames=standing.get("skipped", 0),
        waits=standing.get("waits", ""),
        submitted_at=job.data.start_time,
        stopped_at=job.data.stop_time or None,
        log_dir=job.logDir(),
        is_paused=job.isPaused(),
    )


def _state_word(job: Job, *, is_stuck: bool | None) -> str:
    """Return the state of a job in a word.

    Args:
        job: The job.
        is_stuck: Whether it can go on by itself, as far as the farm says so.
    """
    if has_ended(job):
        done = job.succeededFrames() + job.eatenFrames() == job.totalFrames()
        return "finished" if done else "killed"
    if job.isPaused():
        return "paused"
    if job.runningFrames():
        return "running"
    if is_stuck is None:
        is_stuck = bool(job.deadFrames()) and not job.waitingFrames()
    return "stuck" if is_stuck else "waiting"


def has_ended(job: Job) -> bool:
    """Tell whether nothing of a job will run any more."""
    return bool(job.state() == opencue.api.job_pb2.FINISHED)


def list_layers(job: Job) -> tuple[LayerView, ...]:
    """Return the layers of a job as they are now."""
    return tuple(layer_view(layer) for layer in job.getLayers())


def layer_view(layer: Layer) -> LayerView:
    """Return a layer as a value."""
    return LayerView(
        id=layer.id(),
        name=layer.name(),
        range=layer.range(),
        chunk=layer.chunkSize(),
        frames=layer.totalFrames(),
        succeeded=layer.succeededFrames(),
        running=layer.runningFrames(),
        waiting=layer.waitingFrames(),
        depend=layer.dependFrames(),
        dead=layer.deadFrames(),
        eaten=layer.eatenFrames(),
        cores=layer.minimumCores(),
        memory_mb=layer.minimumMemory(),
        max_rss_kb=layer.maxRss(),
        average_s=layer.avgFrameTimeSeconds(),
        memory_kib=layer.minMemory(),
    )


def list_outputs(job: Job) -> tuple[tuple[str, str], ...]:
    """Return what the layers that succeeded say they wrote, as pairs of layer and path."""
    return tuple(
        (layer.name(), path)
        for layer in job.getLayers()
        if layer.succeededFrames()
        for path in layer.getOutputPaths()
    )
