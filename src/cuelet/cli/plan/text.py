"""A plan as text for a terminal."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from cuelet.cli import tables
from cuelet.cli.plan.script import PlannedScript
from cuelet.cli.terminal import one_line
from cuelet.quantities import count, duration
from outline.frames import format_frames
from outline.planning.detail import PlannedProcess, all_frame_edges, processes
from outline.planning.diff import Change
from outline.planning.edges import FrameEdge
from outline.planning.model import (
    CriticalPath,
    Finding,
    Place,
    Plan,
    PlannedEdge,
    PlannedLayer,
    Severity,
)

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_MAX_VALUE = 2000
"""Characters of a variable's value that are shown."""
_ARROWS = {
    "same": "-->",
    "frames": "-->",
    "whole": "==>",
    "mixed": "=->",
    "any": "-o>",
    "nothing": "- -",
}
_BACKENDS = {
    "cuelet": "the embedded farm",
    "cue": "a stock Cuebot",
    "local": "this process, backend local",
}


def show(
    outcome: PlannedScript, options: argparse.Namespace, numbers: frozenset[int] | None
) -> None:
    """Print everything that was asked for, findings and the verdict last."""
    console = _console()
    for at, plan in enumerate(outcome.plans):
        if at:
            console.rule()
        _print_plan(console, plan, options, numbers)
        if outcome.changes is not None:
            _print_changes(console, options.diff, outcome.changes[at])
    _print_findings(console, outcome)


def show_findings(outcome: PlannedScript, *, stderr: bool) -> None:
    """Print the findings and the verdict alone."""
    _print_findings(_console(stderr=stderr), outcome)


def _console(*, stderr: bool = False) -> Console:
    """Return where a plan is printed: a terminal gets lines that end between words, others get them whole."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.soft_wrap = True
    return console


def _print_plan(
    console: Console, plan: Plan, options: argparse.Namespace, numbers: frozenset[int] | None
) -> None:
    sizes = [count(len(plan.layers), "layer"), count(plan.frames, "frame")]
    if plan.processes != plan.frames:
        sizes.append(f"{plan.processes:,} processes")
    console.print(
        Text(plan.name, style="bold"),
        f" {', '.join(sizes)}, planned for {_BACKENDS[plan.backend]}",
    )
    console.print(plan.full_name, style="dim", soft_wrap=True)
    if plan.layers:
        tables.show(_layer_table(plan))
        for layer in plan.layers:
            if layer.checked or layer.skip_existing:
                console.print(f"{layer.name}: {_outputs_text(layer)}", soft_wrap=True)
    if plan.edges or plan.job_depends:
        tables.show(_edge_table(plan))
    _print_paths(console, plan)
    _print_backends(console, plan)
    if options.layer is not None or numbers is not None:
        _print_processes(console, processes(plan, layer=options.layer, only=numbers))
    if options.edges:
        _print_frame_edges(console, all_frame_edges(plan, layer=options.layer, only=numbers))


def _layer_table(plan: Plan) -> tables.Table:
    table = tables.table(
        ("layer", "left"),
        ("range", "left"),
        ("frames", "right"),
        ("chunk", "right"),
        ("cores", "right"),
        ("memory", "right"),
        ("retries", "right"),
        ("service", "left"),
        ("command", "left"),
        spare=("service", "retries", "chunk", "command", "cores", "memory", "range"),
        cut="command",
    )
    for layer in plan.layers:
        table.add_row(*_layer_cells(layer))
    return table


def _layer_cells(layer: PlannedLayer) -> tuple[str, ...]:
    return (
        layer.name if layer.type == "Render" else f"{layer.name} ({layer.type})",
        _short(layer.range),
        f"{layer.frames:,}",
        str(layer.chunk),
        cores_text(layer),
        memory_text(layer),
        "" if layer.retries is None else str(layer.retries),
        ",".join(layer.services),
        layer.command,
    )


def _outputs_text(layer: PlannedLayer) -> str:
    """Return what becomes of a layer's outputs: ``checked image; skips what is there``."""
    checked = [f"checked {', '.join(layer.checked)}"] if layer.checked else []
    return "; ".join([*checked, *(["skips what is there"] if layer.skip_existing else [])])


def cores_text(layer: PlannedLayer) -> str:
    """Return the reserved cores, ``4`` or ``4-16``; empty when the service decides."""
    if layer.cores is None:
        return "" if layer.max_cores is None else f"-{layer.max_cores:g}"
    most = "" if layer.max_cores is None else f"-{layer.max_cores:g}"
    return f"{layer.cores:g}{most}" if layer.cores else "host"


def memory_text(layer: PlannedLayer) -> str:
    """Return the reserved memory with its unit; empty when the service decides."""
    memory_mb = layer.memory_mb
    if memory_mb is None:
        return ""
    return (
        f"{memory_mb / 1024:g} GB"
        if memory_mb % 512 == 0 and memory_mb >= 1024
        else f"{memory_mb} MB"
    )


def _edge_table(plan: Plan) -> tables.Table:
    table = tables.table(("edge", "left"), ("type", "left"), ("in words", "left"))
    for edge in plan.edges:
        table.add_row(f"{edge.on} {_ARROWS[edge.shape]} {edge.layer}", type_text(edge), edge.text)
    for job in plan.job_depends:
        table.add_row(
            f"{job} ==> {plan.name}", "JOB_ON_JOB", f"the job waits until {job} has finished"
        )
    return table


def type_text(edge: PlannedEdge) -> str:
    """Return the type of an edge, with the outcome when failure counts as well."""
    return f"{edge.type}, finished" if edge.outcome == "finished" else edge.type


def _print_paths(console: Console, plan: Plan) -> None:
    if plan.critical_path is not None:
        console.print(Text("critical path", style="bold"), f" {path_text(plan.critical_path)}")
    if plan.critical_path_by_time is not None:
        console.print(
            Text("by run times ", style="bold"),
            f" {path_text(plan.critical_path_by_time)}",
        )


def path_text(path: CriticalPath) -> str:
    """Return a critical path in one line."""
    names = [
        step.layer if step.processes == 1 else f"{step.layer} ({step.processes:,} in a row)"
        for step in path.steps
    ]
    length = f"{count(path.processes, 'frame')} one after another"
    if path.seconds is not None:
        length = f"{duration(path.seconds)}, {length}"
    return f"{' -> '.join(names)}: {length}"


def _print_backends(console: Console, plan: Plan) -> None:
    for view in plan.backends:
        words = [*(f"refuses it: {each}" for each in view.refused), *view.lowered]
        label = f"on {_BACKENDS[view.name]}"
        if not words:
            console.print(Text(label, style="bold"), " everything as written")
        for at, each in enumerate(words):
            shown = Text(label if not at else " " * len(label), style="bold")
            console.print(shown, f" {each}")


def _print_processes(console: Console, chosen: Iterator[PlannedProcess]) -> None:
    for process in chosen:
        frames = "" if len(process.frames) == 1 else f"  frames {format_frames(process.frames)}"
        console.print()
        console.print(
            Text(process.name, style="bold").append(Text(frames, style="default")), soft_wrap=True
        )
        for command in process.commands:
            console.print(f"  $ {command}", soft_wrap=True)
        for key, value in process.env.items():
            console.print(f"  {key}={one_line(value, _MAX_VALUE)}", soft_wrap=True)
        for edge in process.waits_for:
            console.print(f"  waits for {_awaited(edge)}", soft_wrap=True)


def _print_frame_edges(console: Console, edges: Iterator[FrameEdge]) -> None:
    console.print()
    for edge in edges:
        console.print(f"{edge.frame:04d}-{edge.layer} waits for {_awaited(edge)}", soft_wrap=True)


def _awaited(edge: FrameEdge) -> str:
    if edge.frames is None:
        return f"{'any frame' if edge.any_one else 'all'} of {edge.on}"
    return ", ".join(f"{number:04d}-{edge.on}" for number in edge.frames)


def _print_changes(console: Console, since: str, changes: list[Change]) -> None:
    console.print()
    if not changes:
        console.print(f"nothing changed since {since}", soft_wrap=True)
        return
    console.print(Text(f"changed since {since}", style="bold"), soft_wrap=True)
    for change in changes:
        console.print(f"  {change_text(change)}", soft_wrap=True)


def change_text(change: Change) -> str:
    """Return a change in one line."""
    thing = "" if change.layer is None else f"{change.layer}: "
    if change.what in {"layer", "depend"}:
        verb = "new" if change.before is None else "no longer"
        shown = change.after if change.before is None else change.before
        what = "" if change.what == "layer" else "depend on "
        return f"{thing}{verb} {what}{shown}" if what else f"{thing}{verb} ({shown})"
    return f"{thing}{change.what} {_value(change.before)} -> {_value(change.after)}"


def _value(value: Any) -> str:
    return "unset" if value is None else str(value)


def _print_findings(console: Console, outcome: PlannedScript) -> None:
    for finding in outcome.all_findings:
        console.print()
        words = Text(f"{finding.severity.word} {finding.code} ", style=_STYLES[finding.severity])
        place = "" if finding.place is None else f"{place_text(finding.place)}: "
        console.print(
            words.append(Text(f"{place}{finding.message}", style="default")), soft_wrap=True
        )
        console.print(f"  {finding.remedy}", style="dim", soft_wrap=True)
    console.print()
    console.print(verdict(outcome.all_findings))


def place_text(place: Place) -> str:
    """Return a place, relative to the working directory when that is shorter."""
    try:
        file = os.path.relpath(place.file)
    except FileNotFoundError:  # the working directory is gone
        file = place.file
    return str(Place(min(file, place.file, key=len), place.line))


def verdict(findings: list[Finding]) -> str:
    """Return how many findings there are of each severity."""
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    counts = {each: sum(f.severity is each for f in findings) for each in words}
    said = [count(number, words[each]) for each, number in counts.items() if number]
    return f"{', '.join(said) or 'no findings'}; nothing was launched"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
