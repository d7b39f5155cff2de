"""Tables as wranglers know them, under the names that scripts know from OpenCue."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from cueadmin.format import (
    cutoff,
    findDuration,
    formatDuration,
    formatLongDuration,
    formatMem,
    formatTime,
)
from opencue.api import host_pb2, job_pb2

_NAME_LENGTH = 52
_POINTS_PER_CORE = 100.0
_PAGE = 1000
"""So many frames are most likely not all."""


def _print_table(layout: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    for row in (header, *rows):
        print(layout % tuple(row))


def displayJobs(jobs: Sequence[Any]) -> None:
    """Print jobs with their figures."""
    layout = "%-56s %-15s %5s %7s %8s %5s %8s %8s"
    header = ("Job", "Group", "Booked", "Cores", "Wait", "Pri", "MinCores", "MaxCores")
    _print_table(layout, header, (_job_row(job.data) for job in jobs))


def _job_row(job: Any) -> tuple[object, ...]:
    paused = " [paused]" if job.is_paused else ""
    return (
        cutoff(job.name + paused, _NAME_LENGTH),
        cutoff(job.group, 15),
        job.job_stats.running_frames,
        f"{job.job_stats.reserved_cores:.2f}",
        job.job_stats.waiting_frames,
        job.priority,
        f"{job.min_cores:.2f}",
        f"{job.max_cores:.2f}",
    )


def displayJobInfo(job: Any) -> None:
    """Print all about a job, and its layers."""
    data, layers = job.data, job.getLayers()
    state = "PAUSED" if data.is_paused else enum_name(job_pb2.JobState, data.state)
    unknown = [(each, "N/A") for each in ("type", "architecture", "services")]
    cores = f"{data.min_cores:.2f} / {data.max_cores:.2f}"
    print(f"{'-' * 60}\njob: {data.name}\n")
    _print_pairs(
        13,
        [
            ("start time", formatTime(data.start_time)),
            ("state", state),
            *unknown,
            ("Min/Max cores", cores),
        ],
    )
    _print_pairs(22, [*_counts(data.job_stats), ("total frame retries", "N/A")])
    print(f"this is a OpenCue job with {len(layers)} layers\n")
    for layer in layers:
        _print_layer(layer.data)


def _print_pairs(width: int, pairs: Iterable[tuple[str, object]]) -> None:
    for name, value in pairs:
        print(f"{name:>{width}}: {value}")
    print()


def _counts(stats: Any) -> list[tuple[str, object]]:
    return [
        ("total number of frames", stats.total_frames),
        ("done", stats.succeeded_frames),
        ("running", stats.running_frames),
        ("waiting (ready)", stats.waiting_frames),
        ("waiting (depend)", stats.depend_frames),
        ("failed", stats.dead_frames),
    ]


def _print_layer(layer: Any) -> None:
    stats = layer.layer_stats
    print(f"{layer.name}  ({stats.total_frames} frames, {stats.succeeded_frames} done)")
    print("   average frame time: N/A\n   average ram usage: N/A")
    print(f"   tags: {' | '.join(layer.tags)}\n")


def displayFrames(frames: Sequence[Any]) -> None:
    """Print frames with what became of them."""
    layout = "%-35s %-11s %-15s %-13s %-12s %-9s %5s %7s %5s"
    names = ("Frame", "Status", "Host", "Start", "End", "Runtime", "Mem", "Retry", "Exit")
    header = layout % names
    print(f"{header}\n{'-' * len(header)}")
    for frame in frames:
        print(layout % _frame_row(frame.data))
    if len(frames) == _PAGE:
        print(f"Warning: these are the first {_PAGE} frames; there may be more")


def _frame_row(frame: Any) -> tuple[object, ...]:
    started, stopped = frame.start_time, frame.stop_time
    return (
        cutoff(frame.name, 35),
        enum_name(job_pb2.FrameState, frame.state),
        frame.last_resource,
        formatTime(started),
        formatTime(stopped),
        formatDuration(findDuration(started, stopped)) if started else "",
        formatMem(frame.max_rss),
        frame.retry_count,
        frame.exit_status,
    )


def displayProcs(procs: Sequence[Any]) -> None:
    """Print what runs."""
    layout = "%-10s %-7s %-24s %-30s / %-30s %-12s %-12s"
    header = ("Host", "Cores", "Memory", "Job", "Frame", "Start", "Runtime")
    _print_table(layout, header, (_proc_row(proc.data) for proc in procs))


def _proc_row(proc: Any) -> tuple[object, ...]:
    used, reserved = proc.used_memory, proc.reserved_memory
    share = f" ({100.0 * used / reserved:.2f}%)" if reserved else ""
    return (
        proc.name.split("/")[0],
        f"{proc.reserved_cores:.2f}",
        f"{formatMem(used)} of {formatMem(reserved)}{share}",
        cutoff(proc.job_name, 30),
        cutoff(proc.frame_name, 30),
        formatTime(proc.dispatch_time),
        formatDuration(time.time() - proc.dispatch_time) if proc.dispatch_time else "",
    )


def displayHosts(
    hosts: Iterable[Any], lock_state: str | None = None, sort_idle: bool = False
) -> None:
    """Print hosts with what they have free.

    Args:
        hosts: The hosts.
        lock_state: Only those in this state: OPEN, LOCKED or NIMBY_LOCKED.
        sort_idle: Those with most idle cores and memory first, not by name.
    """
    layout = "%-15s %-4s %-5s %-8s %-8s %-9s %-5s %-5s %-16s %-8s %-8s %-6s %-9s %-10s %-7s"
    header = (
        "Host", "Load", "NIMBY", "freeMem", "freeSwap", "freeMcp", "Cores", "Mem", "Idle", "Os",
        "Uptime", "State", "Locked", "Alloc", "Thread",
    )  # fmt: skip
    shown = ordered_hosts(hosts, lock_state, sort_idle)
    _print_table(layout, header, (_host_row(host.data) for host in shown))


def ordered_hosts(hosts: Iterable[Any], lock_state: str | None, sort_idle: bool) -> list[Any]:
    """Return the hosts that are shown, in order; for the arguments see `displayHosts`."""
    wanted = None if lock_state is None else host_pb2.LockState.Value(lock_state.upper())
    found = [host for host in hosts if wanted is None or host.data.lock_state == wanted]
    if sort_idle:
        return sorted(found, key=lambda host: (-host.data.idle_cores, -host.data.idle_memory))
    return sorted(found, key=lambda host: str(host.data.name))


def _host_row(host: Any) -> tuple[object, ...]:
    return (
        host.name,
        host.load,
        host.nimby_enabled,
        formatMem(host.free_memory),
        formatMem(host.free_swap),
        formatMem(host.free_mcp),
        host.cores,
        formatMem(host.memory),
        f"[ {host.idle_cores:.2f} / {formatMem(host.idle_memory)} ]",
        host.os,
        formatLongDuration(int(time.time()) - host.boot_time) if host.boot_time else "00:00",
        enum_name(host_pb2.HardwareState, host.state),
        enum_name(host_pb2.LockState, host.lock_state),
        host.alloc_name,
        enum_name(host_pb2.ThreadMode, host.thread_mode),
    )


def enum_name(members: Any, number: int) -> str:
    """Return the name of a protobuf enum's member, or its number when only the server knows it."""
    names: dict[int, str] = {value: name for name, value in members.items()}
    return names.get(number, str(number))


def displayShows(shows: Sequence[Any]) -> None:
    """Print shows with their figures."""
    header = ("Show", "Active", "ReservedCores", "RunningFrames", "PendingFrames", "PendingJobs")
    rows = (_show_row(show.data) for show in shows)
    _print_table("%-8s %-6s %15s %15s %15s %15s", header, rows)


def _show_row(show: Any) -> tuple[object, ...]:
    return (
        show.name,
        show.active,
        f"{show.show_stats.reserved_cores:.2f}",
        show.show_stats.running_frames,
        show.show_stats.pending_frames,
        show.show_stats.pending_jobs,
    )


def displayServices(services: Sequence[Any]) -> None:
    """Print services with the resources they need."""
    header = ("Name", "Can Thread", "Min Cores Units", "Min Memory", "Tags")
    rows = (_service_row(service.data) for service in services)
    _print_table("%-20s %-12s %-20s %-15s %-36s", header, rows)


def _service_row(service: Any) -> tuple[object, ...]:
    return (
        service.name,
        service.threadable,
        service.min_cores,
        f"{service.min_memory // 1024} MB",
        " | ".join(service.tags),
    )


def displayAllocations(allocations: Iterable[Any]) -> None:
    """Print allocations with their figures, facility by facility."""
    header = ("Name", "Tag", "Running", "Avail", "Cores", "Hosts", "Locked", "Down", "Billable")
    layout = "%-25s %15s %8s  %8s  %8s %8s %8s %8s %-8s"
    shown = sorted(allocations, key=lambda each: (each.data.facility, each.data.name))
    _print_table(layout, header, (_allocation_row(each.data) for each in shown))


def _allocation_row(allocation: Any) -> tuple[object, ...]:
    stats = allocation.stats
    return (
        allocation.name,
        allocation.tag,
        f"{stats.running_cores:.2f}",
        f"{stats.available_cores:.2f}",
        stats.cores,
        stats.hosts,
        stats.locked_hosts,
        stats.down_hosts,
        allocation.billable,
    )


def displaySubscriptions(subscriptions: Sequence[Any], show: str) -> None:
    """Print the subscriptions of a show, which is named above them."""
    print(f"Subscriptions for {show}")
    header = ("Allocation", "Show", "Size", "Burst", "Run", "Used")
    rows = (_subscription_row(each.data) for each in subscriptions)
    _print_table("%-30s %-12s %6s %8s %8s %8s", header, rows)


def _subscription_row(subscription: Any) -> tuple[object, ...]:
    size, run = subscription.size / _POINTS_PER_CORE, subscription.reserved_cores / 100.0
    share = 100.0 * run / size if size else run
    return (
        subscription.allocation_name,
        subscription.show_name,
        size,
        subscription.burst / _POINTS_PER_CORE,
        f"{run:.2f}",
        f"{share:.2f}%",
    )
