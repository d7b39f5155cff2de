"""``cuelet jobs``, ``cuelet show`` and the table of dead frames."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from cuelet.cli.exits import Exit
from cuelet.client.causes import LOG_LINES, Cause, causes
from cuelet.client.depends import DependView, list_depends
from cuelet.client.frames import DeadFrame, SkippedFrames, list_dead, list_skipped
from cuelet.client.jobs import JobView, LayerView, job_view, list_jobs, list_layers
from cuelet.client.lookup import get_job
from cuelet.quantities import count, duration, memory
from outline.jobspec.log_tail import last_lines

RECENT_S = 24 * 3600
MAX_CAUSES_SHOWN = 10
MAX_NAMES_SHOWN = 3


def jobs(options: argparse.Namespace) -> int:
    """List pending jobs and those that finished lately, newest last."""
    chosen = list_jobs(ended_since=0 if options.all else time.time() - RECENT_S)
    if options.json:
        print(json.dumps([job.values() for job in chosen]))
    elif chosen:
        _print_jobs(chosen)
    else:
        print("no jobs; run one with cuelet run SCRIPT")
    return Exit.OK


def _table(*columns: tuple[str, str]) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for title, justify in columns:
        table.add_column(title, justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table


def _print(*things: object) -> None:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(*things, markup=False, highlight=False)


def _print_jobs(found: Sequence[JobView]) -> None:
    table = _table(
        ("job", "left"),
        ("state", "left"),
        ("done", "right"),
        ("running", "right"),
        ("dead", "right"),
        ("age", "right"),
    )
    for job in found:
        table.add_row(
            job.name,
            job.state,
            f"{job.done}/{job.frames}",
            str(job.running or ""),
            str(job.dead or ""),
            duration(time.time() - job.submitted_at),
        )
    _print(table)


def show(options: argparse.Namespace) -> int:
    """Show one job: layers, depends, dead frames."""
    handle = get_job(options.job)
    job, layers, depends = job_view(handle), list_layers(handle), list_depends(handle.id())
    skipped = list_skipped(handle.id())
    dead = list_dead(handle) if job.dead else ()
    if options.json:
        print(json.dumps(_show_values(job, layers, depends, skipped, dead)))
        return Exit.OK
    took = (job.stopped_at or time.time()) - job.submitted_at
    _print(f"{job.name}  {job.state}, {duration(took)}, logs in {job.log_dir}")
    _print_layers(layers)
    for line in (*_over_memory_lines(layers), *map(_depend_line, depends), *skipped_lines(skipped)):
        _print(line)
    print_dead(job.name, dead)
    return Exit.OK


def _show_values(
    job: JobView,
    layers: Sequence[LayerView],
    depends: Sequence[DependView],
    skipped: Sequence[SkippedFrames],
    dead: Sequence[DeadFrame],
) -> dict[str, Any]:
    return {
        **job.values(),
        "layers": [layer.values() for layer in layers],
        "depends": [depend.values() for depend in depends],
        "skipped": {each.layer: each.values() for each in skipped},
        "dead_frames": [
            {**frame.values(), "last_lines": last_lines(frame.log_path, LOG_LINES)}
            for frame in dead
        ],
    }


def _print_layers(layers: Sequence[LayerView]) -> None:
    table = _table(
        ("layer", "left"),
        ("range", "left"),
        ("chunk", "right"),
        ("done", "right"),
        ("running", "right"),
        ("waiting", "right"),
        ("dead", "right"),
        ("cores", "right"),
        ("memory", "right"),
        ("peak", "right"),
        ("average", "right"),
    )
    for layer in layers:
        table.add_row(
            layer.name,
            layer.range,
            str(layer.chunk),
            f"{layer.done}/{layer.frames}",
            str(layer.running or ""),
            str(layer.waiting + layer.depend or ""),
            str(layer.dead or ""),
            f"{layer.cores:g}",
            memory(layer.memory_mb * 1024),
            memory(layer.max_rss_kb) if layer.max_rss_kb else "",
            duration(layer.average_s) if layer.succeeded else "",
        )
    _print(table)


def _over_memory_lines(layers: Sequence[LayerView]) -> Iterator[str]:
    for layer in layers:
        if layer.is_over_memory:
            used, reserved = memory(layer.max_rss_kb), memory(layer.memory_kib)
            yield f"{layer.name}: a frame used {used} of {reserved} reserved"


def _depend_line(depend: DependView) -> str:
    released = " (released)" if depend.released else ""
    left = f", {count(depend.left, 'frame')} held" if depend.left else ""
    return f"{depend.layer}: {depend.text}{released}{left}"


def skipped_lines(skipped: Sequence[SkippedFrames]) -> Iterator[str]:
    """Yield one line per layer with skipped frames."""
    for each in skipped:
        yield f"{each.layer}: {count(each.count, 'frame')} ({each.frames}) {each.reason}"


def print_dead(job: str, frames: Sequence[DeadFrame]) -> None:
    """Print a job's dead frames by cause, with the last lines of a log of each."""
    if not frames:
        return
    table = _table(
        ("dead frames", "left"),
        ("ended with", "left"),
        ("last lines of the first one's log", "left"),
    )
    found = causes(frames)
    for cause in found[:MAX_CAUSES_SHOWN]:
        table.add_row(_names(cause), cause.ended, "\n".join(cause.lines))
    _print(table)
    if len(found) > MAX_CAUSES_SHOWN:
        _print(f"... and {count(len(found) - MAX_CAUSES_SHOWN, 'more cause')}")
    first = found[0].frames[0].name
    _print(f"see cuelet logs {job} {first}; again with cuelet retry {job}")


def _names(cause: Cause) -> str:
    """Return a few names, and all of the frames in short when there are more."""
    names = [frame.name for frame in cause.frames[:MAX_NAMES_SHOWN]]
    if len(cause.frames) > MAX_NAMES_SHOWN:
        names[-1] = f"... {len(cause.frames)} frames: {cause.names}"
    return "\n".join(names)
