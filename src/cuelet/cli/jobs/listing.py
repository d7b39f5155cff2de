"""``cuelet jobs``, ``cuelet show`` and the table of dead frames."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import opencue
from cuelet.cli.exits import Exit
from cuelet.cli.jobs.logs import log_path
from cuelet.client.causes import LOG_LINES, Cause, causes
from cuelet.client.lookup import find_job
from cuelet.client.skipped import skipped, skipped_lines
from cuelet.quantities import count, duration, memory
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer
from outline.jobspec.log_tail import last_lines

RECENT_S = 24 * 3600
MAX_CAUSES_SHOWN = 10
MAX_NAMES_SHOWN = 3


def jobs(options: argparse.Namespace) -> int:
    """List pending jobs and those that finished lately, newest last."""
    found = sorted(opencue.api.getJobs(include_finished=True), key=lambda job: job.data.start_time)
    since = time.time() - RECENT_S
    chosen = [
        job for job in found if options.all or not _finished(job) or job.data.stop_time >= since
    ]
    if options.json:
        print(json.dumps([job_values(job) for job in chosen]))
    elif chosen:
        _print_jobs(chosen)
    else:
        print("no jobs; run one with cuelet run SCRIPT")
    return Exit.OK


def _finished(job: Job) -> bool:
    return bool(job.state() == opencue.api.job_pb2.FINISHED)


def state_word(job: Job) -> str:
    """Return a job's state in one word."""
    if _finished(job):
        done = job.succeededFrames() + job.eatenFrames() == job.totalFrames()
        return "finished" if done else "killed"
    if job.isPaused():
        return "paused"
    if job.runningFrames():
        return "running"
    if job.waitingFrames():
        return "waiting"
    return "stuck" if job.deadFrames() else "waiting"


def job_values(job: Job) -> dict[str, Any]:
    """Return a job as JSON-ready values."""
    data = job.data
    return {
        "id": job.id(),
        "name": job.name(),
        "state": state_word(job),
        "user": job.user(),
        "priority": job.priority(),
        "frames": job.totalFrames(),
        "succeeded": job.succeededFrames(),
        "running": job.runningFrames(),
        "waiting": job.waitingFrames(),
        "depend": job.dependFrames(),
        "dead": job.deadFrames(),
        "eaten": job.eatenFrames(),
        "submitted_at": data.start_time,
        "stopped_at": data.stop_time or None,
        "log_dir": job.logDir(),
    }


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


def _print_jobs(found: list[Job]) -> None:
    table = _table(
        ("job", "left"),
        ("state", "left"),
        ("done", "right"),
        ("running", "right"),
        ("dead", "right"),
        ("age", "right"),
    )
    for job in found:
        done = job.succeededFrames() + job.eatenFrames()
        table.add_row(
            job.name(),
            state_word(job),
            f"{done}/{job.totalFrames()}",
            str(job.runningFrames() or ""),
            str(job.deadFrames() or ""),
            duration(time.time() - job.data.start_time),
        )
    _print(table)


def show(options: argparse.Namespace) -> int:
    """Show one job: layers, depends, dead frames."""
    job = find_job(options.job)
    layers = job.getLayers()
    depends = (opencue.farm.call_or_none("GetDepends", job_id=job.id()) or {}).get("depends", [])
    if options.json:
        values = job_values(job)
        values["layers"] = [layer_values(layer) for layer in layers]
        values["depends"] = depends
        values["skipped"] = skipped(job)["layers"]
        frames = dead_frames(job)
        usage = frame_usage(frames) if frames else {}
        values["dead_frames"] = [dead_values(job, f, usage.get(f.id(), {})) for f in frames]
        print(json.dumps(values))
        return Exit.OK
    took = (job.data.stop_time or time.time()) - job.data.start_time
    _print(f"{job.name()}  {state_word(job)}, {duration(took)}, logs in {job.logDir()}")
    _print_layers(layers)
    _print_over_memory(layers)
    for depend in depends:
        released = " (released)" if depend["released"] else ""
        left = f", {count(depend['left'], 'frame')} held" if depend["left"] else ""
        _print(f"{depend['layer']}: {depend['text']}{released}{left}")
    for line in skipped_lines(job):
        _print(line)
    print_dead(job)
    return Exit.OK


def layer_values(layer: Layer) -> dict[str, Any]:
    """Return a layer as JSON-ready values."""
    return {
        "name": layer.name(),
        "range": layer.range(),
        "chunk": layer.chunkSize(),
        "frames": layer.totalFrames(),
        "succeeded": layer.succeededFrames(),
        "running": layer.runningFrames(),
        "waiting": layer.waitingFrames(),
        "depend": layer.dependFrames(),
        "dead": layer.deadFrames(),
        "eaten": layer.eatenFrames(),
        "cores": layer.minimumCores(),
        "memory_mb": layer.minimumMemory(),
        "max_rss_kb": layer.data.layer_stats.max_rss,
        "average_s": layer.avgFrameTimeSeconds(),
    }


def _print_layers(layers: list[Layer]) -> None:
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
        stats = layer.data.layer_stats
        table.add_row(
            layer.name(),
            layer.range(),
            str(layer.chunkSize()),
            f"{layer.succeededFrames() + layer.eatenFrames()}/{layer.totalFrames()}",
            str(layer.runningFrames() or ""),
            str(layer.waitingFrames() + layer.dependFrames() or ""),
            str(layer.deadFrames() or ""),
            f"{layer.minimumCores():g}",
            memory(layer.minimumMemory() * 1024),
            memory(stats.max_rss) if stats.max_rss else "",
            duration(stats.avg_frame_sec) if layer.succeededFrames() else "",
        )
    _print(table)


def _print_over_memory(layers: list[Layer]) -> None:
    for layer in layers:
        peak_kb, reserved_kb = layer.data.layer_stats.max_rss, layer.minMemory()
        if 0 < reserved_kb < peak_kb:
            _print(
                f"{layer.name()}: a frame used {memory(peak_kb)} of {memory(reserved_kb)} reserved"
            )


def dead_frames(job: Job) -> list[Frame]:
    """Return the dead frames of a job."""
    return job.getFrames(state=[opencue.api.job_pb2.DEAD]) if job.deadFrames() else []


def dead_values(job: Job, frame: Frame, usage: dict[str, Any]) -> dict[str, Any]:
    """Return a dead frame as JSON-ready values."""
    path = log_path(job, frame)
    return {
        "name": frame.name(),
        "exit_status": frame.exitStatus(),
        "exit_signal": usage.get("exit_signal", 0),
        "reason": usage.get("reason", ""),
        "retries": frame.retries(),
        "log_path": str(path),
        "last_lines": last_lines(path, LOG_LINES),
    }


def frame_usage(frames: list[Frame]) -> dict[str, Any]:
    """Return what only a Cuelet farm knows of frames; nothing from a stock Cuebot."""
    asked = opencue.farm.call_or_none("GetUsage", frame_ids=[frame.id() for frame in frames])
    found: dict[str, Any] = asked["frames"] if asked else {}
    return found


def print_dead(job: Job) -> None:
    """Print a job's dead frames by cause, with the last lines of a log of each."""
    frames = dead_frames(job)
    if not frames:
        return
    table = _table(
        ("dead frames", "left"),
        ("ended with", "left"),
        ("last lines of the first one's log", "left"),
    )
    found = causes(job, frames, frame_usage(frames))
    for cause in found[:MAX_CAUSES_SHOWN]:
        table.add_row(_names(cause), cause.ended, "\n".join(cause.lines))
    _print(table)
    if len(found) > MAX_CAUSES_SHOWN:
        _print(f"... and {count(len(found) - MAX_CAUSES_SHOWN, 'more cause')}")
    first = found[0].frames[0].name()
    _print(f"see cuelet logs {job.name()} {first}; again with cuelet retry {job.name()}")


def _names(cause: Cause) -> str:
    """Return a few names, and all of the frames in short when there are more."""
    names = [frame.name() for frame in cause.frames[:MAX_NAMES_SHOWN]]
    if len(cause.frames) > MAX_NAMES_SHOWN:
        names[-1] = f"... {len(cause.frames)} frames: {cause.names}"
    return "\n".join(names)
