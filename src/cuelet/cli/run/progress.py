"""Watch one job until it ends: one bar per layer on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.quantities import count, duration
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer

POLL_S = 0.25
PLAIN_EVERY_S = 5.0
PATIENCE_S = 20.0
"""How long a server that stopped answering may take to come back."""
PATIENT_TRIES = 5
"""Looks that may fail whatever time they take: where frames render a restart may be slow."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a watched job ended."""

    job: Job
    dead: int
    stuck: str
    """Why it cannot go on; empty when it finished."""
    took_s: float
    """Seconds from its launch to its end, or to now."""

    @property
    def was_killed(self) -> bool:
        """Whether the job ended before its frames were done."""
        done = self.job.succeededFrames() + self.job.eatenFrames()
        return not self.stuck and done < self.job.totalFrames()

    @property
    def status(self) -> Exit:
        """The exit status it calls for."""
        return Exit.DEAD_FRAMES if self.dead or self.stuck or self.was_killed else Exit.OK


def watch(job_id: str, *, quiet: bool = False, timeout_s: float | None = None) -> Ending:
    """Show a job's progress on stderr until it has ended or cannot go on.

    Args:
        job_id: Id of the job.
        quiet: Show nothing.
        timeout_s: Give up after so long; None: never.

    Raises:
        CommandError: The time was up (exit status 124).
    """
    started = time.monotonic()
    with _display(quiet=quiet) as display:
        while True:
            job, layers, ending = _patiently(lambda: _look(job_id))
            display.show(job, layers)
            if ending:
                return ending
            if timeout_s is not None and time.monotonic() - started > timeout_s:
                raise CommandError(
                    f"{job.name()} still runs after {timeout_s:g} s; cuelet watch {job.name()}",
                    Exit.TIMEOUT,
                )
            time.sleep(POLL_S)


def _patiently(look: Callable[[], T]) -> T:
    """Return what a look at the server yields; give one that is gone time to come back."""
    failures, deadline = 0, time.monotonic() + PATIENCE_S
    while True:
        try:
            return look()
        except opencue.exception.FarmNotOursException:
            raise
        except opencue.exception.ConnectionException:
            failures += 1
            if time.monotonic() > deadline and failures >= PATIENT_TRIES:
                raise
            time.sleep(POLL_S)


def _look(job_id: str) -> tuple[Job, list[Layer], Ending | None]:
    job = opencue.api.getJob(job_id)
    return job, job.getLayers(), _ending(job)


def _ending(job: Job) -> Ending | None:
    finished = job.state() == opencue.api.job_pb2.FINISHED
    if not finished and (job.runningFrames() or job.isPaused()):
        return None
    known = opencue.farm.call_or_none("GetStuck", job_id=job.id())
    if known is None:
        return _ending_at_cuebot(job, finished=finished)
    if not (finished or known["stuck"]):
        return None
    took_s = (known["stopped_at"] or time.time()) - known["submitted_at"]
    return Ending(job, job.deadFrames(), known["reason"], took_s)


def _ending_at_cuebot(job: Job, *, finished: bool) -> Ending | None:
    """Judge by counters: a stock Cuebot does not say whether a job can go on."""
    took_s = (job.data.stop_time or time.time()) - job.data.start_time
    if finished:
        return Ending(job, job.deadFrames(), "", took_s)
    if job.waitingFrames():
        return None
    return Ending(job, job.deadFrames(), "frames are dead", took_s) if job.deadFrames() else None


class _Quiet:
    def show(self, job: Job, layers: list[Layer]) -> None:
        pass


class _Lines:
    """One line per change, at most every few seconds."""

    def __init__(self) -> None:
        self._last: tuple[object, ...] = ()
        self._at = -PLAIN_EVERY_S

    def show(self, job: Job, layers: list[Layer]) -> None:
        now = (job.succeededFrames(), job.deadFrames(), job.isPaused(), job.state())
        over = job.state() == opencue.api.job_pb2.FINISHED
        if now == self._last or (time.monotonic() - self._at < PLAIN_EVERY_S and not over):
            return
        self._last, self._at = now, time.monotonic()
        done = job.succeededFrames() + job.eatenFrames()
        extra = f", {job.deadFrames()} dead" if job.deadFrames() else ""
        paused = ", paused" if job.isPaused() else ""
        line = f"{job.name()}: {done}/{job.totalFrames()} done, {job.runningFrames()} running"
        print(line + extra + paused, file=sys.stderr, flush=True)


class _Bars:
    """One bar per layer, with states, elapsed time and estimate."""

    def __init__(self, progress: object) -> None:
        from rich.progress import Progress

        assert isinstance(progress, Progress)
        self._progress = progress
        self._tasks: dict[str, int] = {}

    def show(self, job: Job, layers: list[Layer]) -> None:
        for layer in layers:
            done = layer.succeededFrames() + layer.eatenFrames()
            task = self._task(layer)
            if done or layer.runningFrames():
                self._progress.start_task(task)  # type: ignore[arg-type] # rich's TaskID is an int
            self._progress.update(task, completed=done, states=_states(layer, job))  # type: ignore[arg-type]
        self._progress.refresh()

    def _task(self, layer: Layer) -> int:
        if layer.id() not in self._tasks:
            self._tasks[layer.id()] = self._progress.add_task(
                layer.name(), total=layer.totalFrames(), start=False, states=""
            )
        return self._tasks[layer.id()]


def _states(layer: Layer, job: Job) -> str:
    parts = [
        ("cyan", layer.runningFrames(), "running"),
        ("bold red", layer.deadFrames(), "dead"),
        ("magenta", layer.eatenFrames(), "eaten"),
        ("yellow", layer.waitingFrames(), "waiting"),
        ("dim", layer.dependFrames(), "depend"),
    ]
    words = [f"[{style}]{number} {word}[/]" for style, number, word in parts if number]
    if job.isPaused():
        words.append("[bold yellow]paused[/]")
    return " ".join(words) or "[green]done[/]"


@contextlib.contextmanager
def _display(*, quiet: bool) -> Iterator[_Quiet | _Lines | _Bars]:
    if quiet:
        yield _Quiet()
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]ETA"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[states]}"),
    )
    with Progress(*columns, console=console, auto_refresh=False, speed_estimate_period=120) as bars:
        yield _Bars(bars)


def summary(ending: Ending) -> str:
    """Return one line about an ended job."""
    job = ending.job
    took = duration(max(0.0, ending.took_s))
    done = count(job.succeededFrames(), "frame")
    if ending.status is Exit.OK:
        eaten = f", {job.eatenFrames()} eaten" if job.eatenFrames() else ""
        return f"{job.name()}: {done} succeeded{eaten} in {took}"
    if ending.was_killed:
        return f"{job.name()}: killed after {took}, {done} succeeded"
    return f"{job.name()}: {done} succeeded, {ending.dead} dead after {took}"
