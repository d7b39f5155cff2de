"""``cuelet show``: jobs with their layers, depends, skipped and dead frames; layers alone, and frames."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cuelet.cli import tables
from cuelet.cli.exits import Exit
from cuelet.cli.jobs.leftovers import print_dead, skipped_lines, state_text
from cuelet.cli.jobs.show_frame import show_frame
from cuelet.client.causes import LOG_LINES
from cuelet.client.depends import DependView, list_depends
from cuelet.client.frames import DeadFrame, SkippedFrames, list_dead, list_skipped
from cuelet.client.jobs import JobView, LayerView, current_view, list_layers
from cuelet.client.lookup import word_for
from cuelet.client.naming.targets import Target, find_targets
from cuelet.core.values.names import is_glob
from cuelet.quantities import count, duration, memory
from outline.jobspec.log_tail import last_lines


def show(options: argparse.Namespace) -> int:
    """Show what is named, one after the other; as JSON a list, unless one thing was asked for."""
    targets = find_targets(options.words)
    found = [_show_one(target, options) for target in targets]
    if options.json:
        is_list = len(found) > 1 or any(map(is_glob, options.words))
        print(json.dumps(found if is_list else found[0]))
    return Exit.OK


def _show_one(target: Target, options: argparse.Namespace) -> dict[str, Any] | None:
    """Show a job, a layer of it or a frame; with --json return its values instead."""
    if target.frames:
        return show_frame(target, as_values=options.json)
    handle, only = target.job, target.layer
    job, layers, depends = current_view(handle), list_layers(handle), list_depends(handle.id())
    skipped = list_skipped(handle.id())
    dead = list_dead(handle) if job.dead else ()
    if only:
        layers = tuple(layer for layer in layers if layer.name == only)
        depends = tuple(depend for depend in depends if depend.layer == only)
        skipped = tuple(each for each in skipped if each.layer == only)
        dead = tuple(frame for frame in dead if frame.layer == only)
    if options.json:
        return _show_values(job, layers, depends, skipped, dead)
    took = (job.stopped_at or time.time()) - job.submitted_at
    tables.show(f"{job.name}  {state_text(job)}, {duration(took)}")
    tables.show(f"logs in {job.log_dir}")
    _print_layers(layers, {each.layer: each.count for each in skipped})
    for line in (*_over_memory_lines(layers), *map(_depend_line, depends), *skipped_lines(skipped)):
        tables.show(line)
    print_dead(word_for(handle), dead)
    return None


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


def _print_layers(layers: Sequence[LayerView], skipped: Mapping[str, int]) -> None:
    """Print a table of layers; eaten and skipped frames get a column where there are some.

    Args:
        layers: The layers.
        skipped: Frames of each that were skipped.
    """
    eaten = any(layer.eaten for layer in layers)
    table = tables.table(
        ("layer", "left"),
        ("range", "left"),
        ("chunk", "right"),
        ("done", "right"),
        ("running", "right"),
        ("waiting", "right"),
        ("dead", "right"),
        *([("eaten", "right")] if eaten else ()),
        *([("skipped", "right")] if skipped else ()),
        ("cores", "right"),
        ("memory", "right"),
        ("peak", "right"),
        ("average", "right"),
        spare=("average", "peak", "memory", "cores", "chunk", "range", "waiting"),
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
            *([str(layer.eaten or "")] if eaten else ()),
            *([str(skipped.get(layer.name, ""))] if skipped else ()),
            f"{layer.cores:g}",
            memory(layer.memory_mb * 1024),
            memory(layer.max_rss_kb) if layer.max_rss_kb else "",
            duration(layer.average_s) if layer.succeeded else "",
        )
    tables.show(table)


def _over_memory_lines(layers: Sequence[LayerView]) -> Iterator[str]:
    for layer in layers:
        if layer.is_over_memory:
            used, reserved = memory(layer.max_rss_kb), memory(layer.memory_kib)
            yield f"{layer.name}: a frame used {used} of {reserved} reserved"


def _depend_line(depend: DependView) -> str:
    released = " (released)" if depend.released else ""
    left = f", {count(depend.left, 'frame')} held" if depend.left else ""
    return f"{depend.layer}: {depend.text}{released}{left}"
