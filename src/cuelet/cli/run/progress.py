"""Watch one job until it ends: one bar per layer on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence

from cuelet.cli.exits import CommandError, Exit
from cuelet.client.jobs import JobView, LayerView
from cuelet.client.watching import JobEnding, watch
from cuelet.quantities import count, duration

PLAIN_EVERY_S = 5.0


def exit_status(ending: JobEnding) -> Exit:
    """Return the exit status that the end of a job calls for."""
    return Exit.OK if ending.is_success else Exit.DEAD_FRAMES


def show(job_id: str, *, quiet: bool = False, timeout_s: float | None = None) -> JobEnding:
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
        for look in watch(job_id):
            display.show(look.job, look.layers)
            if look.ending:
                return look.ending
            if timeout_s is not None and time.monotonic() - started > timeout_s:
                name = look.job.name
                raise CommandError(
                    f"{name} still runs after {timeout_s:g} s; cuelet watch {name}", Exit.TIMEOUT
                )
    raise AssertionError("watching ends with an ending")


class _Quiet:
    def show(self, job: JobView, layers: Sequence[LayerView]) -> None:
        pass


class _Lines:
    """One line per change, at most every few seconds."""

    def __init__(self) -> None:
        self._last: tuple[object, ...] = ()
        self._at = -PLAIN_EVERY_S

    def show(self, job: JobView, layers: Sequence[LayerView]) -> None:
        now = (job.succeeded, job.dead, job.is_paused, job.has_ended)
        if now == self._last or (time.monotonic() - self._at < PLAIN_EVERY_S and not job.has_ended):
            return
        self._last, self._at = now, time.monotonic()
        extra = f", {job.dead} dead" if job.dead else ""
        paused = ", paused" if job.is_paused else ""
        line = f"{job.name}: {job.done}/{job.frames} done, {job.running} running"
        print(line + extra + paused, file=sys.stderr, flush=True)


class _Bars:
    """One bar per layer, with states, elapsed time and estimate."""

    def __init__(self, progress: object) -> None:
        from rich.progress import Progress

        assert isinstance(progress, Progress)
        self._progress = progress
        self._tasks: dict[str, int] = {}

    def show(self, job: JobView, layers: Sequence[LayerView]) -> None:
        for layer in layers:
            task = self._task(layer)
            if layer.done or layer.running:
                self._progress.start_task(task)  # type: ignore[arg-type] # rich's TaskID is an int
            self._progress.update(task, completed=layer.done, states=_states(layer, job))  # type: ignore[arg-type]
        self._progress.refresh()

    def _task(self, layer: LayerView) -> int:
        if layer.id not in self._tasks:
            self._tasks[layer.id] = self._progress.add_task(
                layer.name, total=layer.frames, start=False, states=""
            )
        return self._tasks[layer.id]


def _states(layer: LayerView, job: JobView) -> str:
    parts = [
        ("cyan", layer.running, "running"),
        ("bold red", layer.dead, "dead"),
        ("magenta", layer.eaten, "eaten"),
        ("yellow", layer.waiting, "waiting"),
        ("dim", layer.depend, "depend"),
    ]
    words = [f"[{style}]{number} {word}[/]" for style, number, word in parts if number]
    if job.is_paused:
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


def summary(ending: JobEnding) -> str:
    """Return one line about an ended job."""
    job = ending.job
    took = duration(max(0.0, ending.took_s))
    done = count(job.succeeded, "frame")
    if ending.is_success:
        eaten = f", {job.eaten} eaten" if job.eaten else ""
        return f"{job.name}: {done} succeeded{eaten} in {took}"
    if ending.was_killed:
        return f"{job.name}: killed after {took}, {done} succeeded"
    return f"{job.name}: {done} succeeded, {ending.dead} dead after {took}"
