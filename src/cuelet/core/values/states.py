"""The lifecycles of frames and jobs: one enum and one table of moves each."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


class FrameState(enum.IntEnum):
    """Where a frame is in its life; the numbers are OpenCue's."""

    WAITING = 0
    """May start as soon as cores and memory are free."""
    SETUP = 1
    """With the runner ahead of its turn: starts once the frame before it ends; shown as waiting."""
    RUNNING = 2
    """A process works on it, or is about to: committed before the process exists."""
    SUCCEEDED = 3
    """Ended with exit status 0, or did not have to run."""
    DEPEND = 4
    """Waits for other frames."""
    DEAD = 5
    """Failed and used up its retries, or was killed; somebody must retry or eat it."""
    EATEN = 6
    """Given up on by somebody: counts as done, releases what waits for it."""


WAITING = FrameState.WAITING
SETUP = FrameState.SETUP
RUNNING = FrameState.RUNNING
SUCCEEDED = FrameState.SUCCEEDED
DEPEND = FrameState.DEPEND
DEAD = FrameState.DEAD
EATEN = FrameState.EATEN

FRAME_MOVES: Final[Mapping[FrameState, frozenset[FrameState]]] = MappingProxyType(
    {
        WAITING: frozenset({SETUP, RUNNING, SUCCEEDED, DEPEND, EATEN}),
        SETUP: frozenset({RUNNING, WAITING, DEPEND, EATEN}),
        RUNNING: frozenset({SUCCEEDED, WAITING, DEPEND, DEAD, EATEN}),
        SUCCEEDED: frozenset({WAITING, DEPEND}),  # retried, or re-armed by a retry upstream
        DEPEND: frozenset({WAITING, EATEN}),
        DEAD: frozenset({WAITING, DEPEND, EATEN}),
        EATEN: frozenset({WAITING, DEPEND}),
    }
)


def shown(state: int) -> FrameState:
    """Return the state a frame is shown in: one that waits with the runner still waits."""
    return WAITING if state == SETUP else FrameState(state)


WITH_RUNNER: Final = frozenset({SETUP, RUNNING})
"""States in which the runner has the frame, and only its report moves it."""

DONE: Final = frozenset({SUCCEEDED, EATEN})
"""States that satisfy a depend on success and let a job finish."""


class JobState(enum.IntEnum):
    """Where a job is in its life; the numbers are OpenCue's."""

    PENDING = 0
    """Has frames to run, or dead ones that somebody must decide on."""
    FINISHED = 1
    """Every frame succeeded or was eaten, or the job was killed."""


class Intent(enum.Enum):
    """Why a running frame is being killed, which decides what becomes of it."""

    KILL = "kill"
    """Somebody killed it: it ends dead, without automatic retry."""
    RETRY = "retry"
    """Somebody retried it: it waits again."""
    EAT = "eat"
    """Somebody ate it: it ends eaten."""
    TIMEOUT = "timeout"
    """It exceeded a time-out of its layer: it ends dead, without automatic retry."""
    MEMORY = "memory"
    """It used more memory than the policy allows: it is tried again with more."""
    JOB_KILLED = "job killed"
    """Its job was killed: it ends dead."""
