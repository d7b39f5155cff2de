"""Which run follows which: in a lane there is one live run at most, others wait behind it.

A lane is named by the run that was first in it, and known as long as one of its runs lives.
"""

from __future__ import annotations

from collections import deque

from cuelet.core.values.runs import RunRequest


class Lanes:
    """All lanes of one resident; every live run is in front of one."""

    def __init__(self) -> None:
        self._lane_of: dict[str, str] = {}
        self._waiting: dict[str, deque[tuple[float, RunRequest]]] = {}

    def has(self, run_id: str) -> bool:
        """Return whether a run lives or waits."""
        return run_id in self._lane_of

    def enter(self, request: RunRequest, now_s: float) -> bool:
        """Take a run in; True when it has to wait for its turn."""
        lane = request.lane or request.run_id
        self._lane_of[request.run_id] = lane
        if lane not in self._waiting:
            self._waiting[lane] = deque()
            return False
        self._waiting[lane].append((now_s, request))
        return True

    def occupy(self, run_id: str) -> None:
        """Let a run be in front that was begun by a resident that died."""
        self._lane_of[run_id] = run_id
        self._waiting[run_id] = deque()

    def leave(self, run_id: str) -> RunRequest | None:
        """Forget a run in front, which is over, and return the one whose turn it is now."""
        lane = self._lane_of.pop(run_id)
        if self._waiting[lane]:
            return self._waiting[lane].popleft()[1]
        del self._waiting[lane]
        return None

    def take_late(self, run_id: str, now_s: float) -> list[str]:
        """Take out what has waited too long behind a run in front; return the ids."""
        waiting = self._waiting[self._lane_of[run_id]]
        taken: list[str] = []
        while waiting and now_s - waiting[0][0] > waiting[0][1].patience_s:
            taken.append(waiting.popleft()[1].run_id)
        for each in taken:
            del self._lane_of[each]
        return taken

    def remove(self, run_id: str) -> RunRequest | None:
        """Take out a run that waits; None when it does not."""
        waiting = self._waiting.get(self._lane_of.get(run_id, ""), deque())
        for item in waiting:
            if item[1].run_id == run_id:
                waiting.remove(item)
                del self._lane_of[run_id]
                return item[1]
        return None

    def restart(self) -> None:
        """Take out everything that waits, and name each lane by the run that lives in it.

        A farm that comes back knows the live runs, but not which run was first in their lanes.
        """
        waiting = {request.run_id for queue in self._waiting.values() for _, request in queue}
        live = self._lane_of.keys() - waiting
        self._lane_of = {run_id: run_id for run_id in live}
        self._waiting = {run_id: deque() for run_id in live}
