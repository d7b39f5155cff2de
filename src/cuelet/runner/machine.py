"""Facts of this machine, as far as this process may use it: affinity and cgroup limits count.

Both versions of cgroups are read; a group's limit is the tightest on the way up to the root.
"""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_MB = 1024 * 1024
_NO_LIMIT = 1 << 60
"""Version 1 writes about 2^63 for "no limit"."""


def cores() -> float:
    """Return the cores that may be used: CPU affinity and cgroup quota, at least 0.1."""
    allowed = float(len(os.sched_getaffinity(0)))
    quotas = [quota for folder in _groups("cpu") if (quota := _read_quota(folder))]
    return max(0.1, min([allowed, *quotas]))


def memory_mb() -> int:
    """Return the memory that may be used, in MB (2^20 bytes)."""
    return min([_meminfo("MemTotal"), *_memory_limits()]) // _MB


def free_memory_mb() -> int:
    """Return the memory that can still be had without swapping, in MB (2^20 bytes)."""
    rooms = [
        max(0, limit - _memory_used(folder))
        for folder in _groups("memory")
        if (limit := _memory_limit(folder))
    ]
    return min([_meminfo("MemAvailable"), *rooms]) // _MB


def swap_kb() -> tuple[int, int]:
    """Return the swap space and how much of it is free, in KB."""
    return _meminfo("SwapTotal") // 1024, _meminfo("SwapFree") // 1024


def scratch_kb() -> tuple[int, int]:
    """Return the room for temporary files and how much of it is free, in KB."""
    try:
        room = os.statvfs(tempfile.gettempdir())
    except OSError:
        return 0, 0
    return room.f_blocks * room.f_frsize // 1024, room.f_bavail * room.f_frsize // 1024


def hostname() -> str:
    """Return the name of this machine without its domain."""
    name = platform.node().partition(".")[0] or "localhost"
    return name.encode("utf-8", "replace").decode()


def load_average() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0]


def boot_time() -> int:
    """Return when the machine started, in whole epoch seconds."""
    for line in Path("/proc/stat").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(" ")
        if name == "btime":
            return int(value)
    return 0


def _meminfo(name: str) -> int:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    return 0


def _memory_limits() -> Iterator[int]:
    return (limit for folder in _groups("memory") if (limit := _memory_limit(folder)))


def _memory_limit(folder: Path) -> int | None:
    for name in ("memory.max", "memory.limit_in_bytes"):
        limit = _number(folder / name)
        if limit and limit < _NO_LIMIT:
            return limit
    return None


def _memory_used(folder: Path) -> int:
    """Return what a group uses and the kernel cannot take back at once."""
    used = _number(folder / "memory.current") or _number(folder / "memory.usage_in_bytes") or 0
    for line in _text(folder / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name in {"inactive_file", "total_inactive_file"}:
            return used - int(value)
    return used


def _read_quota(folder: Path) -> float | None:
    """Return a group's limit in cores, None when it has none."""
    quota, _, period = _text(folder / "cpu.max").partition(" ")
    if not quota:
        quota = _text(folder / "cpu.cfs_quota_us")
        period = _text(folder / "cpu.cfs_period_us")
    if quota.isdigit() and period.isdigit() and int(period):
        return int(quota) / int(period)
    return None


def _groups(controller: str) -> list[Path]:
    """Return the folders of our group for a controller and of its parents, innermost first."""
    folders = []
    for mount, group in _memberships(controller):
        inside = Path(group.lstrip("/"))
        folders += [mount / part for part in (inside, *inside.parents)]
    return folders


@cache
def _memberships(controller: str) -> tuple[tuple[Path, str], ...]:
    """Return mount point and our group of each hierarchy that may limit a controller."""
    mounts = _find_mounts()
    found = []
    for line in _text(Path("/proc/self/cgroup")).splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers == "" or controller in controllers.split(","):
            mount = mounts.get(controller if controllers else "")
            found += [(mount, group)] if mount else []
    return tuple(found)


def _find_mounts() -> dict[str, Path]:
    """Return where each version 1 controller is mounted, and version 2 under the empty name."""
    mounts: dict[str, Path] = {}
    for line in _text(Path("/proc/self/mountinfo")).splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(" ", 2)
        point = Path(left.split(" ")[4])
        if kind == "cgroup2":
            mounts[""] = point
        elif kind == "cgroup":
            mounts.update(dict.fromkeys(options.split(","), point))
    return mounts


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
