"""What one batch of decisions leaves to do: rows to commit, then processes to start, kill and acknowledge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cuelet.core.state.edges import Edge
from cuelet.core.state.host import Host
from cuelet.core.state.job import Job
from cuelet.core.state.limits import Limit
from cuelet.core.state.setup.record import Record


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
    prefetches: list[tuple[Job, int, str]] = field(default_factory=list)
    """Frames the runner gets ahead of their turn, each with its lane."""
    withdraws: list[str] = field(default_factory=list)
    """Run ids the runner shall give back if it has not started them."""
    kills: list[str] = field(default_factory=list)
    """Run ids to kill."""
    checks: list[tuple[Job, int]] = field(default_factory=list)
    """Frames whose files have to be checked before they can start."""
    made: list[Sequence[str]] = field(default_factory=list)
    """Fields of `cuelet.core.operations.skip.BuildRecord`: what runs that succeeded have made."""
    acks: list[str] = field(default_factory=list)
    """Run ids whose end is recorded, so that the runner may forget them."""
    host: Host | None = None
    """The machine's settings, when they changed."""
    limits: dict[str, Limit | None] = field(default_factory=dict)
    """Limits that changed, by id; None for one that is gone."""
    records: dict[tuple[str, str], Record | None] = field(default_factory=dict)
    """Records that changed, by (kind, id); None for one that is gone."""

    def job(self, job: Job) -> None:
        """Note that a job's row changed."""
        self.jobs[job.id] = job

    def frame(self, job: Job, index: int) -> None:
        """Note that a frame's row changed."""
        self.frames[job.id, index] = job

    def edge(self, edge: Edge) -> None:
        """Note that a depend was added, or put in or out of force."""
        self.edges[edge.waiter.id, edge.index] = edge

    def moved(self, job: Job, index: int) -> None:
        """Note a frame that others moved: only one that has run before has a row."""
        if job.attempt[index]:
            self.frames[job.id, index] = job

    def __bool__(self) -> bool:
        rows = self.launched or self.jobs or self.frames or self.edges
        return bool(rows or self.forgotten or self.host or self.limits or self.records)
