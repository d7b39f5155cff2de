"""What Linux knows about processes: /proc and pidfds, read without psutil.

A process is named by pid and start ticks, never by pid alone: pids are used again.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

RUN_MARKER = "CUELET_RUN_ID"
"""Environment variable of every process of a run: the run's id."""
RUNNER_MARKER = "CUELET_RUNNER"
"""Environment variable of every process of a run: the directory of its runner."""

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PAGE_KB = _PAGE // 1024
_CHUNK = 1 << 16
_HAS_CHILDREN_FILES = os.path.exists("/proc/thread-self/children")
_EXEC_TRIES = 5
_EXEC_WAIT_S = 0.001
_GONE = (ProcessLookupError, FileNotFoundError, PermissionError)


class Process(NamedTuple):
    """One process as /proc/PID/stat showed it."""

    pid: int
    ppid: int
    session: int
    state: bytes
    threads: int
    start_ticks: int
    cpu_ticks: int
    """User and system time of the process and of the children it has waited for."""

    @property
    def is_alive(self) -> bool:
        """Whether it may still run code; a zombie does only while a thread outlives the first."""
        return self.state not in {b"Z", b"X"} or self.threads > 1


def read_process(pid: int) -> Process | None:
    """Return the facts of a process, None when it does not exist."""
    try:
        text = _read(f"/proc/{pid}/stat")
    except _GONE:
        return None
    # The name may hold blanks and parentheses: everything after the last ")" is regular.
    part = text[text.rfind(b")") + 2 :].split()
    return Process(
        pid=pid,
        ppid=int(part[1]),
        session=int(part[3]),
        state=part[0],
        threads=int(part[17]),
        start_ticks=int(part[19]),
        cpu_ticks=sum(map(int, part[11:15])),
    )


def iter_processes() -> Iterator[Process]:
    """Yield every process of this machine that can be seen."""
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := read_process(int(name))):
            yield process


def list_children(pid: int, threads: int = 1) -> list[int]:
    """Return the children of a process, those of all its threads."""
    if not _HAS_CHILDREN_FILES:  # a kernel without CONFIG_PROC_CHILDREN
        return [process.pid for process in iter_processes() if process.ppid == pid]
    tids = [str(pid)] if threads == 1 else _list_threads(pid)
    children: list[int] = []
    for tid in tids:
        with suppress(*_GONE):
            children += map(int, _read(f"/proc/{pid}/task/{tid}/children").split())
    return children


class ChildList:
    """The kernel's list of this process's own children, kept open: it must have one thread."""

    def __init__(self) -> None:
        self._handle = -1
        if _HAS_CHILDREN_FILES:
            self._handle = os.open("/proc/thread-self/children", os.O_RDONLY)

    def read(self) -> list[int]:
        """Return the children, zombies included."""
        if self._handle < 0:
            return list_children(os.getpid())
        text = os.pread(self._handle, _PAGE, 0)
        if len(text) > _PAGE - 16:  # the kernel gives a page at a time, whole numbers only
            return list_children(os.getpid())
        return list(map(int, text.split()))


def _list_threads(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except _GONE:
        return []


def walk(roots: Iterable[int]) -> list[Process]:
    """Return the processes of the trees below and including `roots`; those gone are left out."""
    found: dict[int, Process] = {}
    todo = list(roots)
    while todo:
        pid = todo.pop()
        process = None if pid in found else read_process(pid)
        if process is not None:
            found[pid] = process
            todo += list_children(pid, process.threads)
    return list(found.values())


def measure_memory_kb(processes: Iterable[Process]) -> int:
    """Return an estimate of what a group of processes holds in memory.

    Adding resident sizes would count a library once per process. What is private is added up, and
    of what is shared with files or others only the largest share counts. Exact sharing (PSS)
    would need a walk through all page tables, which costs milliseconds per gigabyte.
    """
    private, shared = 0, 0
    for process in processes:
        with suppress(*_GONE):
            sizes = _read(f"/proc/{process.pid}/statm").split()
            private += int(sizes[1]) - int(sizes[2])
            shared = max(shared, int(sizes[2]))
    return (private + shared) * _PAGE_KB


def read_markers(pid: int) -> tuple[str, str] | None:
    """Return run id and runner directory from the environment of a process.

    None when it carries none, is not ours to read, or does not exist. A process whose exec is
    under way shows no environment for some microseconds: a young one is asked again.
    """
    for _ in range(_EXEC_TRIES):
        try:
            text = _read(f"/proc/{pid}/environ")
        except _GONE:
            return None
        if text:
            return _find_markers(text)
        if not _is_young(pid):
            return None
        time.sleep(_EXEC_WAIT_S)
    return None


def _find_markers(text: bytes) -> tuple[str, str] | None:
    found = {}
    for part in text.split(b"\0"):
        if part.startswith(b"CUELET_RUN"):
            name, _, value = part.partition(b"=")
            found[os.fsdecode(name)] = os.fsdecode(value)
    if RUN_MARKER in found and RUNNER_MARKER in found:
        return found[RUN_MARKER], found[RUNNER_MARKER]
    return None


def _is_young(pid: int) -> bool:
    process = read_process(pid)
    if process is None or not process.is_alive:
        return False
    return time.clock_gettime(time.CLOCK_BOOTTIME) - process.start_ticks / TICKS_PER_S < 1


def boot_id() -> str:
    """Return the id of this boot of the machine."""
    return _read("/proc/sys/kernel/random/boot_id").decode("ascii").strip()


def signal_process(process: Process, number: int) -> bool:
    """Send a signal to exactly this process; False when it is gone or not ours.

    The pidfd is opened before the start time is compared, so a process that took over the pid
    in between cannot be hit.
    """
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        now = read_process(process.pid)
        if now is None or now.start_ticks != process.start_ticks:
            return False
        signal.pidfd_send_signal(handle, number)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(handle)
    return True


def _read(path: str) -> bytes:
    handle = os.open(path, os.O_RDONLY)
    try:
        text = chunk = os.read(handle, _CHUNK)
        while chunk:
            chunk = os.read(handle, _CHUNK)
            text += chunk
    finally:
        os.close(handle)
    return text
