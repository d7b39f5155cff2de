"""Which process belongs to which run: leaders, their trees, and what they left behind.

The resident is a child subreaper, so whatever outlives its parent becomes the resident's child
and stays on the kernel's list of its children. As only the resident reaps them, that list is
exact, and a pid on it is not used again.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable

from cuelet.runner import procfs
from cuelet.runner.procfs import Process
from cuelet.runner.resident.runlock import RunLocks

_PASSES = 10
"""Times a tree is killed in one go: what was forked between look and kill is met by the next."""


class ProcessTrees:
    """The processes of all runs of one resident."""

    def __init__(self, runner_dir: str, locks: RunLocks) -> None:
        self._runner_dir = runner_dir
        self._locks = locks
        self._children = procfs.ChildList()
        self._leaders: dict[int, str] = {}
        self._orphans: dict[int, str] = {}
        self._sessions: dict[int, str] = {}
        self._unclaimed: dict[int, set[str]] = {}

    def add_leader(self, pid: int, run_id: str) -> None:
        """Take in the process of a run's new step: leader of its session."""
        self._leaders[pid] = run_id
        self._sessions[pid] = run_id

    def pop(self, pid: int) -> tuple[str, bool]:
        """Forget a child that has ended, before it is reaped.

        Returns:
            Its run ("" when unknown), and whether it led the current step.
        """
        if pid in self._leaders:
            return self._leaders.pop(pid), True
        self._find_orphans()
        self._unclaimed.pop(pid, None)
        return self._orphans.pop(pid, ""), False

    def forget_run(self, run_id: str, live_runs: Iterable[str]) -> None:
        """Drop what is kept for a run that has ended, and end what nobody can claim any more."""
        for pid in [pid for pid, owner in self._sessions.items() if owner == run_id]:
            del self._sessions[pid]
        if self._unclaimed:
            self._end_unclaimed(set(live_runs))

    def list_tree(self, run_id: str, leader: int = 0) -> list[Process]:
        """Return every process of a run that may still run code."""
        self._find_orphans()
        roots = [pid for pid, owner in self._orphans.items() if owner == run_id]
        if leader:
            roots.append(leader)
        if not roots:
            return []
        tree = [process for process in procfs.walk(roots) if process.is_alive]
        for process in tree:
            self._sessions[process.session] = run_id
        return tree

    def signal_tree(self, run_id: str, *numbers: int) -> None:
        """Send signals to each process that outlived the leader of its run."""
        for process in self.list_tree(run_id):
            for number in numbers:
                procfs.signal_process(process, number)

    def sigkill_tree(self, run_id: str, leader: int = 0) -> None:
        """SIGKILL every process of a run, and those they were just starting."""
        killed: set[tuple[int, int]] = set()
        for _ in range(_PASSES):
            tree = self.list_tree(run_id, leader)
            fresh = [p for p in tree if (p.pid, p.start_ticks) not in killed]
            if not fresh:
                return
            for process in fresh:
                procfs.signal_process(process, signal.SIGKILL)
                killed.add((process.pid, process.start_ticks))

    def _find_orphans(self) -> None:
        children = self._children.read()
        if len(children) == len(self._leaders):
            return
        for pid in children:
            if pid not in self._leaders and pid not in self._orphans:
                self._adopt(pid)

    def _adopt(self, pid: int) -> None:
        owner = (
            self._locks.owner_of(pid) or self._owner_by_marker(pid) or self._owner_by_session(pid)
        )
        if owner:
            self._orphans[pid] = owner
            self._unclaimed.pop(pid, None)
        else:
            self._unclaimed.setdefault(pid, set(self._sessions.values()))

    def _owner_by_marker(self, pid: int) -> str:
        markers = procfs.read_markers(pid)
        if markers and markers[1] == self._runner_dir and markers[0] in self._sessions.values():
            return markers[0]
        return ""

    def _owner_by_session(self, pid: int) -> str:
        process = procfs.read_process(pid)
        return self._sessions.get(process.session, "") if process else ""

    def _end_unclaimed(self, live_runs: set[str]) -> None:
        # Without lock, marker and session of a run, it belongs to one of the runs that lived
        # when it was first seen; it may stay as long as one of those does.
        for pid, candidates in self._unclaimed.items():
            candidates.intersection_update(live_runs)
            if not candidates and (process := procfs.read_process(pid)):
                procfs.signal_process(process, signal.SIGKILL)
