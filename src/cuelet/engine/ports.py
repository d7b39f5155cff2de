"""What the engine needs from the outside; `cuelet.server` connects the implementations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from cuelet.core.farm import Decision
from cuelet.core.job import Job
from cuelet.core.runs import RunEvent, RunExited, RunRequest


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Return epoch seconds."""


class StorePort(Protocol):
    """Keeps decisions."""

    def commit(self, decision: Decision) -> None:
        """Write a decision as a whole, durable on return."""

    def load(self) -> Iterator[Job]:
        """Yield every job as last committed."""

    def close(self) -> None:
        """Let the file go."""


class RunnerState(Protocol):
    """What a runner knows when the engine connects to it."""

    @property
    def running(self) -> Iterable[str]:
        """Run ids of the runs that live."""

    @property
    def exited(self) -> Sequence[RunExited]:
        """Ends that were not acknowledged yet."""


class RunnerPort(Protocol):
    """Runs processes that outlive the farm."""

    async def connect(self, folder: Path) -> RunnerState:
        """Reach the resident process of a folder, start it if need be, and ask what it runs."""

    def listen(
        self, on_events: Callable[[list[RunEvent]], None], on_lost: Callable[[], None]
    ) -> None:
        """Set who is told of events, and of the resident's sudden end."""

    def define_env(self, key: str, env: Mapping[str, str]) -> None:
        """Name a base environment for later runs."""

    def spawn(self, request: RunRequest) -> None:
        """Start a run."""

    def kill(self, run_id: str, grace_s: float) -> None:
        """Ask a run to end, and make it after the grace."""

    def ack(self, run_ids: Sequence[str]) -> None:
        """Let the runner forget ended runs."""

    async def close(self) -> None:
        """Leave; runs go on."""
