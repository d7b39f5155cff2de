"""Memory limits of runs: a group of cgroup version 2 for each, where we may make one.

All of this may be refused, and may vanish under us: then a run goes without its limit, never
without its process.
"""

from __future__ import annotations

import os
from binascii import crc32
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
Note = Callable[[str], None]

OFF = "off"
_DELEGATED = ("user.delegate", "trusted.delegate")
"""systemd marks a group with these when it hands it over."""


class GroupsRefusedError(Exception):
    """Say why no group can be made."""

    def __init__(self, *, folder: str, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(f"no memory limits by cgroups in {folder}: {reason}")


class Groups:
    """The groups of one runner, in a folder that controls the memory of what is in it.

    Args:
        folder: A cgroup that this runner has for itself; made if it is not there.
        home: The group this process is in, and returns to.
        note: Takes what somebody should know.
    """

    def __init__(self, folder: str, home: str, note: Note) -> None:
        self.folder, self.home, self.note = folder, home, note
        self.is_broken = False
        """This process could not return home: no more limits."""
        self._made = 0
        self._ended: list[str] = []
        self._remove_all(_subfolders(folder))

    def make(self, limit_mb: int) -> MemoryLimit | None:
        """Return a limit for a run, None when that is refused."""
        if self.is_broken:
            return None
        self._made += 1
        path = f"{self.folder}/run-{os.getpid()}-{self._made}"
        try:
            os.mkdir(path)
        except OSError as error:
            self.note(f"{path} is refused, a run goes without a memory limit: {error.strerror}")
            return None
        return MemoryLimit(self, path, limit_mb)

    def end(self, path: str) -> None:
        """End what is left in the group of a run that is over, and take the group away."""
        with suppress(OSError):
            if _read(f"{path}/cgroup.procs"):
                _write(f"{path}/cgroup.kill", "1")
        self._ended.append(path)
        self.sweep()

    def sweep(self) -> bool:
        """Take away ended groups; return whether some must be tried again later."""
        self._ended = self._remove_all(self._ended)
        return bool(self._ended)

    def _remove_all(self, paths: list[str]) -> list[str]:
        return [path for path in paths if not _remove(path)]

    def close(self) -> None:
        """Take away what can be."""
        self.sweep()
        _remove(self.folder)


class MemoryLimit:
    """The group of one run, with a limit on the memory of everything in it."""

    def __init__(self, groups: Groups, path: str, limit_mb: int) -> None:
        self._groups, self._path, self.limit_mb = groups, path, limit_mb

    def launch_inside(self, launch: Callable[[], T]) -> T:
        """Launch a process in the group.

        A child is born in its parent's group, so this process goes there and comes back: one put
        there later could have children outside by then.  There is no limit while we are inside.
        """
        is_inside = self._enter()
        try:
            return launch()
        finally:
            if is_inside:
                self._return_home()

    def count_kills(self) -> int:
        """Return how many processes the kernel killed here for want of memory."""
        with suppress(OSError, ValueError):
            for line in _read(f"{self._path}/memory.events").splitlines():
                name, _, value = line.partition(" ")
                if name == "oom_kill":
                    return int(value)
        return 0

    def end(self) -> None:
        """End what is left in the group and take it away."""
        self._groups.end(self._path)

    def _enter(self) -> bool:
        try:
            _write(f"{self._path}/memory.max", "max")
            _write(f"{self._path}/cgroup.procs", "0")
        except OSError as error:
            self._note("cannot be entered", error)
            return False
        return True

    def _return_home(self) -> None:
        try:
            _write(f"{self._groups.home}/cgroup.procs", "0")
        except OSError as error:
            self._groups.is_broken = True
            self._note("cannot be left, no run gets a memory limit any more", error)
            return
        try:
            _write(f"{self._path}/memory.oom.group", "1")
            with suppress(OSError):  # a kernel without swap
                _write(f"{self._path}/memory.swap.max", "0")
            _write(f"{self._path}/memory.max", str(self.limit_mb << 20))
        except OSError as error:
            self._note("takes no memory limit", error)

    def _note(self, what: str, error: OSError) -> None:
        self._groups.note(f"{self._path} {what}: {error.strerror}")


def open_groups(wanted: str, runner_dir: str, note: Note) -> Groups | None:
    """Return where limits can be made, None when they are not wanted or not possible.

    Args:
        wanted: A cgroup that its owner lets us use, ``off``, or empty: our own group if it was
            handed over to us.
        runner_dir: Tells several runners in one group apart.
        note: Takes what somebody should know.
    """
    base = wanted or _find_delegated()
    if base in {"", OFF}:
        return None
    try:
        groups = _open(base, f"cuelet-{crc32(os.fsencode(runner_dir)):08x}", note)
    except (OSError, GroupsRefusedError) as error:
        note(str(error))
        return None
    note(f"memory limits by cgroups in {groups.folder}")
    return groups


def _open(base: str, name: str, note: Note) -> Groups:
    """Make the folder of a runner below a group; raises OSError, GroupsRefusedError."""
    home = _own_group(base)
    if not home:
        raise GroupsRefusedError(folder=base, reason="it is no cgroup of version 2")
    if os.path.samefile(home, base):
        home = _move_out(base, f"{base}/{name}-farm")
    folder = f"{base}/{name}"
    for group in (base, folder):
        os.makedirs(group, exist_ok=True)
        if "memory" not in _read(f"{group}/cgroup.controllers").split():
            raise GroupsRefusedError(folder=group, reason="the memory controller is not there")
        _write(f"{group}/cgroup.subtree_control", "+memory")
    _write(f"{home}/cgroup.procs", "0")  # or there would be no way back
    return Groups(folder, home, note)


def _move_out(base: str, leaf: str) -> str:
    """Move what is in a group to one below it, as the kernel wants before it limits others there."""
    os.makedirs(leaf, exist_ok=True)
    for pid in _read(f"{base}/cgroup.procs").split():
        with suppress(ProcessLookupError):
            _write(f"{leaf}/cgroup.procs", pid)
    return leaf


def _own_group(base: str) -> str:
    """Return the folder of this process's group in the hierarchy that a folder is in, or nothing."""
    for line in _read("/proc/self/cgroup").splitlines():
        number, _, group = line.split(":", 2)
        for root, point in _mounts() if number == "0" else ():
            if os.path.commonpath([point, os.path.realpath(base)]) == point:
                return os.path.normpath(f"{point}/{os.path.relpath(group, root)}")
    return ""


def _find_delegated() -> str:
    """Return our own group if it was handed over to us, or nothing."""
    for _, point in _mounts():
        own = _own_group(point)
        for mark in _DELEGATED:
            with suppress(OSError):
                if os.getxattr(own, mark) == b"1" and os.access(f"{own}/cgroup.procs", os.W_OK):
                    return own
    return ""


def _mounts() -> Iterator[tuple[str, str]]:
    """Yield root and mount point of each hierarchy of version 2."""
    for line in _read("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        if right.startswith("cgroup2 "):
            yield left.split(" ")[3], left.split(" ")[4]


def _subfolders(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.path for entry in entries if entry.is_dir()]


def _remove(path: str) -> bool:
    """Remove an empty group; False when it is not empty yet."""
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)  # never makes a file where a group has vanished
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)
