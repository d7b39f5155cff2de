"""Watch one job until it ends: one bar per layer on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cuelet.cli.exits import MAX_MESSAGE, CommandError, Exit, say
from cuelet.cli.jobs.leftovers import notable
from cuelet.cli.terminal import readable
from cuelet.client.jobs import JobView, LayerView
from cuelet.client.watching import IDLE_S, watch
from cuelet.pasting import pasteable
from cuelet.quantities import count, duration
from opencue.ending import AWAY, Ending, Patience
from opencue.stock.explanation import Reason

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

PLAIN_EVERY_S = 5.0
_ROWS_BESIDE = 3
"""Rows of a terminal that are not for layers."""


def exit_status(ending: Ending) -> Exit:
    """Return the exit status that the end of a job calls for."""
    return Exit.OK if ending.is_success else Exit.DEAD_FRAMES


def show(
    job_id: str, *, quiet: bool = False, timeout_s: float | None = None
) -> tuple[JobView, Ending]:
    """Show a job's progress on stderr until it has ended or cannot go on; return its last look.

    Args:
        job_id: Id of the job.
        quiet: Show nothing.
        timeout_s: Give up after so long; None: never.

    Raises:
        CommandError: The time was up (exit status 124).
    """
    until = None if timeout_s is None else time.monotonic() + timeout_s
    name, held = job_id, None
    with _display(quiet=quiet) as display:
        try:
            for look in watch(job_id, Patience(display.say, until)):
                name = look.job.name
                display.show(look.job, look.layers)
                if look.ending:
                    return look.job, look.ending
                if look.held and look.held != held:
                    display.say(_held_words(look.held))
                held = look.held
                if until is not None and time.monotonic() > until:
                    break
        except AWAY:
            if until is None or time.monotonic() < until:
                say(
                    f"{name} is no longer watched; come back with {pasteable('cuelet', 'watch', name)}"
                )
                raise
    raise CommandError(
        f"{name} still runs after {timeout_s:g} s; {pasteable('cuelet', 'watch', name)}",
        Exit.TIMEOUT,
    )


def _held_words(reason: Reason) -> str:
    remedy = f"; {reason.remedy}" if reason.remedy else ""
    return f"nothing has started for {IDLE_S:g} s: {reason.text}{remedy}"


class _Quiet:
    def show(self, job: JobView, layers: Sequence[LayerView]) -> None:
        pass

    def say(self, text: str) -> None:
        pass


class _Lines:
    """One line per change, at most every few seconds."""

    def __init__(self) -> None:
        self._last: tuple[object, ...] = ()
        self._at = -PLAIN_EVERY_S

    def show(self, job: JobView, layers: Sequence[LayerView]) -> None:
        now = (job.succeeded, job.dead, job.eaten, job.is_paused, job.waits, job.has_ended)
        if now == self._last or (time.monotonic() - self._at < PLAIN_EVERY_S and not job.has_ended):
            return
        self._last, self._at = now, time.monotonic()
        line = f"{job.name}: {job.done}/{job.frames} done, {job.running} running"
        print(", ".join([line, *_asides(job)]), file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        say(text)


def _asides(job: JobView) -> Iterator[str]:
    """Yield what is to be told of a job beside how far it is."""
    yield from (f"{number} {word}" for number, word in notable(job))
    if job.is_paused:
        yield "paused"
    elif job.waits:
        yield f"waits {job.waits}"


class _Bars:
    """Below the job's name a bar for all of it and one per layer, each with its numbers first."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def show(self, job: JobView, layers: Sequence[LayerView]) -> None:
        if job.id not in self._tasks:
            self._progress.console.print(job.name, style="bold", markup=False, highlight=False)
        whole = ", ".join([*_running(job), *(f"[yellow]{aside}[/]" for aside in _asides(job))])
        self._update(self._task(job, "total"), job, whole)
        shown = _most_telling(layers, self._progress.console.height - _ROWS_BESIDE)
        for layer in layers:
            self._update(self._task(layer, layer.name), layer, _states(layer))
            self._progress.update(self._task(layer, ""), visible=layer in shown)
        self._progress.refresh()

    def say(self, text: str) -> None:
        shown = readable(text, MAX_MESSAGE)
        self._progress.console.print(shown, markup=False, highlight=False, soft_wrap=True)

    def _task(self, thing: JobView | LayerView, title: str) -> TaskID:
        if thing.id not in self._tasks:
            self._tasks[thing.id] = self._progress.add_task(
                title, total=thing.frames, start=False, states=""
            )
        return self._tasks[thing.id]

    def _update(self, task: TaskID, thing: JobView | LayerView, states: str) -> None:
        if thing.done or thing.running:
            self._progress.start_task(task)
        self._progress.update(task, completed=thing.done, states=states)


def _running(job: JobView) -> Iterator[str]:
    if job.running:
        yield f"[cyan]{job.running} running[/]"


def _most_telling(layers: Sequence[LayerView], rows: int) -> Sequence[LayerView]:
    """Return the layers there is room for: those with dead or running frames before those that wait or are done."""
    if len(layers) <= rows:
        return layers
    ranked = sorted(layers, key=lambda layer: (not layer.dead, not layer.running, _is_done(layer)))
    return ranked[: max(rows, 1)]


def _is_done(layer: LayerView) -> bool:
    return layer.done == layer.frames


def _states(layer: LayerView) -> str:
    parts = [
        ("cyan", layer.running, "running"),
        ("bold red", layer.dead, "dead"),
        ("magenta", layer.eaten, "eaten"),
        ("yellow", layer.waiting, "waiting"),
        ("dim", layer.depend, "depend"),
    ]
    words = [f"[{style}]{number} {word}[/]" for style, number, word in parts if number]
    return " ".join(words) or "[green]done[/]"


@contextlib.contextmanager
def _display(*, quiet: bool) -> Iterator[_Quiet | _Lines | _Bars]:
    if quiet:
        yield _Quiet()
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines()
        return
    with _bars(console) as bars:
        yield _Bars(bars)


def _bars(console: Console) -> Progress:
    """Return the empty display; names give way where the terminal is narrow, numbers do not."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    name = Column(overflow="ellipsis", no_wrap=True, max_width=max(console.width * 3 // 8, 12))
    columns = (
        TextColumn("{task.description}", table_column=name),
        MofNCompleteColumn(table_column=Column(justify="right", no_wrap=True)),
        BarColumn(
            bar_width=max(console.width // 8, 5), complete_style="green", pulse_style="bar.back"
        ),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[states]}"),
    )
    return Progress(*columns, console=console, auto_refresh=False, speed_estimate_period=120)


def summary(job: JobView, ending: Ending) -> str:
    """Return one line about an ended job, which tells eaten and skipped frames from rendered ones."""
    took = duration(max(0.0, ending.took_s))
    parts = [
        f"{count(job.rendered, 'frame')} succeeded",
        *(f"{number} {word}" for number, word in notable(job)),
    ]
    if ending.is_success:
        return f"{job.name}: {', '.join(parts)} in {took}"
    if ending.was_killed:
        return f"{job.name}: killed after {took}, {', '.join(parts)}"
    return f"{job.name}: {', '.join(parts)} after {took}"
