"""How a job ends: looked at again and again until it has ended, or cannot go on by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from opencue import api, farm
from opencue.cuebot import hosts_in_use
from opencue.exception import (
    ConnectionException,
    CuebotDatabaseException,
    CueException,
    DeadlineExceededException,
    FarmNotOursException,
    NoOpenCueException,
    ServerNotOursException,
)

if TYPE_CHECKING:
    from opencue.wrappers.job import Job

__all__ = ["Ending", "Patience", "ending_so_far", "find_ending", "patiently", "watch"]

PATIENCE_S = 20.0
"""How long an embedded farm that stopped answering may take to come back."""
CUEBOT_PATIENCE_S = 300.0
"""How long a Cuebot may: a restart takes one 8 to 15 seconds, and its database may be away for longer."""
TELL_AFTER_S = 2.0
"""A server that is away for longer is told of."""
AWAY = (ConnectionException, DeadlineExceededException, CuebotDatabaseException)
"""What a look ends with at a server that may come back."""
PATIENT_TRIES = 5
"""Looks that may fail whatever time they take: where frames render a restart may be slow."""
_RETRY_S = 0.25

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended, or why it cannot go on."""

    frames: int
    succeeded: int
    eaten: int
    dead: int
    stuck: str
    """Why it cannot go on by itself; empty when it has ended."""
    was_killed: bool
    """Whether it ended before its frames were done."""
    took_s: float
    """Seconds from its launch to its end, or to now."""

    @property
    def is_success(self) -> bool:
        """Whether every frame is done."""
        return not (self.dead or self.stuck or self.was_killed)


def _say_nothing(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How a server that is away is waited for."""

    say: Callable[[str], None] = _say_nothing
    """Told in a line that it is away, and that it is back."""
    until: float | None = None
    """Monotonic time at which somebody stops waiting for other reasons; None: never."""

    def is_over(self, began: float, failures: int) -> bool:
        """Tell whether a server that has been away since a monotonic time is given up."""
        now = time.monotonic()
        if self.until is not None and now > self.until:
            return True
        return now > began + bound_s() and failures >= PATIENT_TRIES


def bound_s() -> float:
    """Return how long a server may be away."""
    return CUEBOT_PATIENCE_S if hosts_in_use() else PATIENCE_S


def watch(
    job_id: str, pauses_s: Iterator[float], patience: Patience | None = None
) -> Iterator[tuple[Job, Ending | None]]:
    """Yield a job as it is, with its end once there is one; that look is the last.

    A paused job goes on once somebody resumes it, so that is no end.

    Args:
        job_id: Its id.
        pauses_s: How long to wait before each further look.
        patience: How a server that is away is waited for.

    Raises:
        ConnectionException: The server was gone for too long.
        DeadlineExceededException: It was there, but did not answer for too long.
        CuebotDatabaseException: It was there without its database for too long.
        EntityNotFoundException: The server knows the job no more.
    """
    while True:
        job, ending = patiently(lambda: _look(job_id), patience)
        yield job, ending
        if ending:
            return
        time.sleep(next(pauses_s))


def _look(job_id: str) -> tuple[Job, Ending | None]:
    job = api.getJob(job_id)
    return job, find_ending(job)


def patiently(look: Callable[[], T], patience: Patience | None = None) -> T:
    """Return what a look at the server yields; give one that is away time to come back.

    Args:
        look: What asks the server.
        patience: How it is waited for.
    """
    patience = patience or Patience()
    failures, began, is_told = 0, time.monotonic(), False
    while True:
        try:
            found = look()
        except AWAY as error:
            failures += 1
            if _is_lasting(error) or patience.is_over(began, failures):
                raise
            if not is_told and time.monotonic() - began > TELL_AFTER_S:
                patience.say(_away_words(error))
                is_told = True
            time.sleep(_RETRY_S)
        else:
            if is_told:
                patience.say("the farm answers again")
            return found


def _is_lasting(error: CueException) -> bool:
    """Tell whether waiting changes nothing; whose a server is cannot be told while it stops."""
    if isinstance(error, ServerNotOursException):
        return error.owner is not None
    return isinstance(error, FarmNotOursException | NoOpenCueException)


def _away_words(error: CueException) -> str:
    minutes = bound_s() / 60
    how_long = f"{minutes:g} minutes" if minutes >= 1 else f"{bound_s():g} s"
    cause = error.details().partition("; check ")[0]
    return (
        f"the farm does not answer, waiting up to {how_long} for it; jobs go on meanwhile ({cause})"
    )


def find_ending(job: Job) -> Ending | None:
    """Return how a job ended, or why it cannot go on; None while it may."""
    finished = _has_ended(job)
    if not finished and (job.runningFrames() or job.isPaused()):
        return None
    known = farm.call_or_none("GetStuck", job_id=job.id())
    if known is None:
        return _ending_at_cuebot(job, finished=finished)
    if not (finished or known["stuck"]):
        return None
    took_s = (known["stopped_at"] or time.time()) - known["submitted_at"]
    return _ending(job, known["reason"], took_s)


def _has_ended(job: Job) -> bool:
    return bool(job.state() == api.job_pb2.FINISHED)


def _ending_at_cuebot(job: Job, *, finished: bool) -> Ending | None:
    """Judge by counters: a stock Cuebot does not say whether a job can go on."""
    took_s = (job.data.stop_time or time.time()) - job.data.start_time
    if finished:
        return _ending(job, "", took_s)
    if job.waitingFrames() or not job.deadFrames():
        return None
    return _ending(job, "frames are dead", took_s)


def ending_so_far(job: Job) -> Ending:
    """Return what has become of a job by now, for somebody who does not wait for the rest."""
    return _ending(job, "", time.time() - job.data.start_time)


def _ending(job: Job, stuck: str, took_s: float) -> Ending:
    done = job.succeededFrames() + job.eatenFrames()
    return Ending(
        frames=job.totalFrames(),
        succeeded=job.succeededFrames(),
        eaten=job.eatenFrames(),
        dead=job.deadFrames(),
        stuck=stuck,
        was_killed=_has_ended(job) and done < job.totalFrames(),
        took_s=took_s,
    )
