"""What the engine needs from the outside; `cuelet.server` connects the implementations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from cuelet.core.operations.skip import BuildRecord, CheckRequest, CheckResult
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.set_aside import SetAside
from cuelet.core.values.runs import RunEvent, RunnerState, RunRequest


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Return epoch seconds."""

    def monotonic(self) -> float:
        """Return the seconds of a clock that nobody sets."""

    def since_boot(self) -> float:
        """Return the seconds since the machine was started, those it slept included."""


class StorePort(Protocol):
    """Keeps decisions."""

    def commit(self, decision: Decision) -> None:
        """Write a decision as a whole, durable on return.

        Raises:
            NoRoomError: The disk is full; nothing was kept.
            NotSyncedError: The disk did not keep what it was given; this process must end.
            Exception: Nothing was kept.
        """

    def make_room(self) -> bool:
        """Give up what is set aside for a full disk; return whether that gained any room."""

    def keep_ballast(self) -> bool:
        """Set room aside for a full disk; return whether it is there."""

    def load_machine(self, farm: Farm) -> None:
        """Bring a fresh farm's limits and host to what was last committed; jobs come after."""

    def load(self) -> Iterator[Job]:
        """Yield every job as last committed, but for those in `set_aside` from then on."""

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """Jobs of which something is damaged, so that they cannot be believed."""

    def find_record(self, key: str) -> BuildRecord | None:
        """Return how some outputs were made, None when nobody knows."""

    def close(self) -> None:
        """Let the file go."""


CheckFiles = Callable[[Sequence[CheckRequest]], list[CheckResult]]
"""Looks at the files of frames; may take as long as their file system does, called in a thread."""

EventsCallback = Callable[[list[RunEvent]], None]
LostCallback = Callable[[], None]


class RunnerPort(Protocol):
    """Runs processes that outlive the farm; only `connect` and `close` wait."""

    async def connect(self) -> RunnerState:
        """Reach the resident process, start it if need be, and ask what it runs."""

    def define_env(self, key: str, env: Mapping[str, str]) -> None:
        """Name a base environment for later runs."""

    def forget_env(self, key: str) -> None:
        """Drop a base environment that no later run needs."""

    def spawn(self, request: RunRequest) -> None:
        """Start a run; an id that is known already is ignored."""

    def kill(self, run_id: str, grace_s: float) -> None:
        """Ask a run to end, and make it after the grace."""

    def withdraw(self, run_ids: Iterable[str]) -> None:
        """Have runs given back that wait in a lane; those that began are left alone."""

    def ack(self, run_ids: Iterable[str]) -> None:
        """Let the runner forget ended runs."""

    def stop(self) -> None:
        """Ask the resident to leave as soon as no run is left."""

    async def close(self) -> None:
        """Leave; runs go on."""


MakeRunner = Callable[[EventsCallback, LostCallback], RunnerPort]
"""Builds a runner that tells of events, and of the resident's sudden end."""
