"""Tables as wranglers know them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import opencue
from cueadmin.format import (
    cut,
    days_from_seconds,
    seconds_between,
    text_from_memory,
    text_from_seconds,
    text_from_time,
)
from opencue.api import Allocation, Host, Job, Proc, Service, Show, Subscription, host_pb2

_NAME_LENGTH = 52
_POINTS_PER_CORE = 100.0


def _print_table(layout: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    for row in (header, *rows):
        print((layout % tuple(row)).rstrip())


def print_jobs(jobs: Sequence[Job]) -> None:
    """Print jobs with their figures."""
    layout = "%-56s %-15s %5s %7s %8s %5s %8s %8s"
    header = ("Job", "Group", "Booked", "Cores", "Wait", "Pri", "MinCores", "MaxCores")
    _print_table(layout, header, map(_job_row, jobs))


def _job_row(job: Job) -> tuple[object, ...]:
    paused = " [paused]" if job.isPaused() else ""
    return (
        cut(job.name() + paused, _NAME_LENGTH),
        cut(job.group(), 15),
        job.runningFrames(),
        f"{job.coresReserved():.2f}",
        job.waitingFrames(),
        job.priority(),
        f"{job.minCores():.2f}",
        f"{job.maxCores():.2f}",
    )


def print_procs(procs: Sequence[Proc]) -> None:
    """Print what runs."""
    layout = "%-10s %-7s %-24s %-30s / %-30s %-12s %-12s"
    header = ("Host", "Cores", "Memory", "Job", "Frame", "Start", "Runtime")
    _print_table(layout, header, map(_proc_row, procs))


def _proc_row(proc: Proc) -> tuple[object, ...]:
    used, reserved = proc.memUsed(), proc.memReserved()
    share = f" ({100.0 * used / reserved:.2f}%)" if reserved else ""
    return (
        proc.name().split("/")[0],
        f"{proc.coresReserved():.2f}",
        f"{text_from_memory(used)} of {text_from_memory(reserved)}{share}",
        cut(proc.jobName(), 30),
        cut(proc.frameName(), 30),
        text_from_time(proc.dispatchTime()),
        text_from_seconds(seconds_between(proc.dispatchTime(), 0)),
    )


def print_hosts(hosts: Sequence[Host]) -> None:
    """Print hosts with what they have free."""
    layout = "%-15s %-4s %-5s %-8s %-8s %-9s %-5s %-5s %-16s %-8s %-8s %-6s %-9s %-10s %-7s"
    header = (
        "Host", "Load", "NIMBY", "freeMem", "freeSwap", "freeMcp", "Cores", "Mem", "Idle", "Os",
        "Uptime", "State", "Locked", "Alloc", "Thread",
    )  # fmt: skip
    _print_table(layout, header, map(_host_row, hosts))


def _host_row(host: Host) -> tuple[object, ...]:
    return (
        host.name(),
        host.load(),
        host.isNimbyEnabled(),
        text_from_memory(host.memFree()),
        text_from_memory(host.swapFree()),
        text_from_memory(host.mcpFree()),
        f"{host.cores():g}",
        text_from_memory(host.mem()),
        f"[ {host.coresIdle():.2f} / {text_from_memory(host.memIdle())} ]",
        host.os(),
        days_from_seconds(seconds_between(host.bootTime(), 0)),
        enum_name(host_pb2.HardwareState, host.state()),
        enum_name(host_pb2.LockState, host.lockState()),
        host.alloc(),
        enum_name(host_pb2.ThreadMode, host.threadMode()),
    )


def enum_name(members: Any, number: int) -> str:
    """Return the name of a protobuf enum's member, or its number when only the server knows it."""
    names: dict[int, str] = {value: name for name, value in members.items()}
    return names.get(number, str(number))


def print_shows(shows: Sequence[Show]) -> None:
    """Print shows with their figures."""
    header = ("Show", "Active", "ReservedCores", "RunningFrames", "PendingFrames", "PendingJobs")
    _print_table("%-8s %-6s %15s %15s %15s %15s", header, map(_show_row, shows))


def _show_row(show: Show) -> tuple[object, ...]:
    return (
        show.name(),
        show.isActive(),
        f"{show.reservedCores():.2f}",
        show.runningFrames(),
        show.pendingFrames(),
        show.pendingJobs(),
    )


def print_services(services: Sequence[Service]) -> None:
    """Print services with the resources they need."""
    header = ("Name", "Can Thread", "Min Cores Units", "Min Memory", "Tags")
    _print_table("%-20s %-12s %-20s %-15s %-36s", header, map(_service_row, services))


def _service_row(service: Service) -> tuple[object, ...]:
    return (
        service.name(),
        service.threadable(),
        service.minCores(),
        f"{service.minMemory() // 1024} MB",
        " | ".join(service.tags()),
    )


def print_allocations(allocations: Sequence[Allocation]) -> None:
    """Print allocations with their figures."""
    header = ("Name", "Tag", "Running", "Avail", "Cores", "Hosts", "Locked", "Down", "Billable")
    layout = "%-25s %15s %8s  %8s  %8s %8s %8s %8s %-8s"
    _print_table(layout, header, map(_allocation_row, allocations))


def _allocation_row(allocation: Allocation) -> tuple[object, ...]:
    return (
        allocation.name(),
        allocation.tag(),
        f"{allocation.totalRunningCores():.2f}",
        f"{allocation.totalAvailableCores():.2f}",
        f"{allocation.totalCores():g}",
        allocation.totalHosts(),
        allocation.totalLockedHosts(),
        allocation.totalDownHosts(),
        allocation.isBillable(),
    )


def print_subscriptions(subscriptions: Sequence[Subscription], show: str) -> None:
    """Print the subscriptions of a show."""
    print(f"Subscriptions for {show}")
    header = ("Allocation", "Show", "Size", "Burst", "Run", "Used")
    rows = map(_subscription_row, subscriptions)
    _print_table("%-30s %-12s %6s %8s %8s %8s", header, rows)


def _subscription_row(subscription: Subscription) -> tuple[object, ...]:
    size, run = subscription.size() / _POINTS_PER_CORE, subscription.reservedCores() / 100.0
    share = 100.0 * run / size if size else run
    return (
        subscription.allocation(),
        subscription.show(),
        f"{size:g}",
        f"{subscription.burst() / _POINTS_PER_CORE:g}",
        f"{run:.2f}",
        f"{share:.2f}%",
    )


def print_names(entities: Iterable[object]) -> None:
    """Print one name per line."""
    for entity in entities:
        print(opencue.rep(entity))
