"""After a resident has died: end what it left running, and account for it as lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from cuelet.core.values.runs import ORPHANED, LiveRun, RunExited
from cuelet.runner import procfs
from cuelet.runner.procfs import Process
from cuelet.runner.resident.journal import Entry
from cuelet.runner.resident.runlock import RunLocks
from cuelet.runner.resident.timers import Timers

FIRST_WAIT_S = 0.02
LAST_WAIT_S = 1.0
_SURE_LOOKS = 2
"""Looks in a row that must find nothing: a scan of /proc is no snapshot."""


class Recovery:
    """The runs a dead predecessor left open, until none of their processes is left."""

    def __init__(
        self,
        runner_dir: str,
        entries: list[Entry],
        timers: Timers,
        locks: RunLocks,
        on_lost: Callable[[RunExited], None],
    ) -> None:
        self.lost = {entry.run_id: entry for entry in entries}
        self._runner_dir = runner_dir
        self._boot_id = procfs.boot_id()
        self._timers = timers
        self._locks = locks
        self._on_lost = on_lost
        self._clean_looks = 0
        self._wait_s = FIRST_WAIT_S

    def proceed(self) -> None:
        """Kill the survivors, and again until there are none; then report the runs as lost.

        As long as somebody holds the lock of a run, seen or not, none is reported.
        """
        while self.lost and self._clean_looks < _SURE_LOOKS:
            survivors = self._freeze_survivors()
            if survivors:
                self._clean_looks = 0
                for process in survivors:
                    procfs.signal_process(process, signal.SIGKILL)
                self._look_later()
                return
            self._clean_looks += 1
        if self._locks.is_left(self.lost):
            self._clean_looks = 0
            self._look_later()
            return
        for entry in list(self.lost.values()):
            del self.lost[entry.run_id]
            self._on_lost(self._conclude(entry))

    def _look_later(self) -> None:
        # One that even SIGKILL does not end, stuck in the kernel, must not cost a core.
        self._timers.call_in(self._wait_s, self.proceed)
        self._wait_s = min(LAST_WAIT_S, self._wait_s * 1.5)

    def describe_runs(self) -> list[LiveRun]:
        """Return the runs that still have processes, or may have."""
        return [
            LiveRun(e.run_id, e.pid, e.start_ticks, e.at, self._measure_wall_s(e))
            for e in self.lost.values()
        ]

    def _freeze_survivors(self) -> list[Process]:
        """Stop the survivors before any is killed: whose parent is dead can no longer be proven."""
        frozen: dict[tuple[int, int], Process] = {}
        while fresh := [p for p in self._find_survivors() if (p.pid, p.start_ticks) not in frozen]:
            for process in fresh:
                procfs.signal_process(process, signal.SIGSTOP)
                frozen[process.pid, process.start_ticks] = process
        return list(frozen.values())

    def _find_survivors(self) -> list[Process]:
        """Return the processes proven to be of a lost run, and those that belong to them.

        Proof is the lock of the run, the marker in the environment, or being the process the
        journal names. To them belong the rest of their sessions and their children.
        """
        alive = [process for process in procfs.iter_processes() if process.is_alive]
        found = {p.pid: p for p in alive if self._is_named(p) or self._is_marked(p)}
        found.update({p.pid: p for p in self._locks.find_left(self.lost) if p.is_alive})
        while more := [p for p in alive if p.pid not in found and _belongs(p, found)]:
            found.update({p.pid: p for p in more})
        return list(found.values())

    def _is_named(self, process: Process) -> bool:
        return any(
            (entry.pid, entry.start_ticks) == (process.pid, process.start_ticks)
            and entry.boot_id == self._boot_id
            for entry in self.lost.values()
        )

    def _is_marked(self, process: Process) -> bool:
        markers = procfs.read_markers(process.pid)
        return markers is not None and markers[1] == self._runner_dir and markers[0] in self.lost

    def _conclude(self, entry: Entry) -> RunExited:
        rebooted = entry.boot_id != self._boot_id
        return RunExited(
            run_id=entry.run_id,
            exit_status=ORPHANED,
            exit_signal=0,
            cpu_s=0.0,
            wall_s=self._measure_wall_s(entry),
            max_rss_kb=0,
            at=time.time(),
            reason="lost: the machine restarted" if rebooted else "lost: its runner died",
        )

    def _measure_wall_s(self, entry: Entry) -> float:
        if entry.boot_id != self._boot_id:
            return 0.0
        return round(self._timers.now() - entry.began_s, 6)


def _belongs(process: Process, found: dict[int, Process]) -> bool:
    return process.ppid in found or any(process.session == p.session for p in found.values())
