"""Which frames of a local job may start: states, and how the end of one spreads to those that wait for it.

The same rules as on the farm, for a job that nobody interferes with: a frame that has ended for good stays so.
Pure: no processes, no clock.
"""

from __future__ import annotations

import enum
import heapq
from collections import deque

from outline.frames import Links, Tasks, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from outline.frames import EdgeKind


class State(enum.Enum):
    """Where a frame is; the names are OpenCue's."""

    WAITING = "WAITING"
    """May start as soon as cores are free."""
    DEPEND = "DEPEND"
    """Waits for other frames; at the end of the job: what it waited for never came."""
    RUNNING = "RUNNING"
    """A process works on it."""
    SUCCEEDED = "SUCCEEDED"
    """Ended with exit status 0."""
    DEAD = "DEAD"
    """Failed and used up its retries."""
    EATEN = "EATEN"
    """Failed in a job that drops frames that fail: counts as done."""


class Edge:
    """One depend, resolved to tasks.

    Args:
        er_start: Job-wide index of the first frame of the layer that waits.
        on_start: Job-wide index of the first frame of the layer that is waited for.
        links: Which task waits for which.
        on_finish: It waits for the end of frames, whatever their outcome.
    """

    __slots__ = ("_followers", "er_start", "links", "lost", "met", "on_finish", "on_start")

    def __init__(self, er_start: int, on_start: int, links: Links, *, on_finish: bool) -> None:
        self.er_start, self.on_start = er_start, on_start
        self.links, self.on_finish = links, on_finish
        self.met = self.lost = 0
        self._followers: dict[int, list[int]] = {}
        if not links.same:
            for er, on in links.pairs():
                self._followers.setdefault(on, []).append(er_start + er)

    def followers(self, index: int) -> Sequence[int]:
        """Return the frames that wait for just this one."""
        task = index - self.on_start
        return (self.er_start + task,) if self.links.same else self._followers.get(task, ())

    def gated(self) -> Iterable[int]:
        """Return the frames that wait for the whole layer."""
        return (self.er_start + task for task in self.links.whole)

    def waits(self) -> Iterable[int]:
        """Yield each waiting frame once for each thing it waits for."""
        yield from (self.er_start + er for er, _ in self.links.pairs())
        yield from self.gated()

    def count_met(self) -> bool:
        """Count an awaited frame that came; tell whether that opened the gate."""
        self.met += 1
        return self.met == (1 if self.links.any_one else self.links.awaited)

    def count_lost(self) -> bool:
        """Count an awaited frame that never comes; tell whether the gate stays shut for ever."""
        self.lost += 1
        return self.lost == (self.links.awaited if self.links.any_one else 1)


class Graph:
    """The frames of a job under one index, layer after layer, and who waits for whom.

    Args:
        tasks: The tasks of each layer; a layer that waits for itself is recognised by being the same object.
        edges: Waiting layer, awaited layer, kind, whether it waits for the end whatever the outcome.
    """

    def __init__(
        self, tasks: Sequence[Tasks], edges: Iterable[tuple[int, int, EdgeKind, bool]]
    ) -> None:
        self.starts = _starts(tasks)
        self.size = self.starts.pop()
        self.layer_of = [at for at, each in enumerate(tasks) for _ in range(len(each))]
        self.states = [State.WAITING] * self.size
        self._unmet = [0] * self.size
        self._doomed = bytearray(self.size)
        self._edges_on: list[list[Edge]] = [[] for _ in tasks]
        self._ready: dict[int, list[int]] = {}
        for er, on, kind, on_finish in edges:
            self._join(er, on, resolve(kind, tasks[er], tasks[on]), on_finish)
        for index, state in enumerate(self.states):
            if state is State.WAITING:
                self._make_ready(index)

    def _join(self, er: int, on: int, links: Links, on_finish: bool) -> None:
        edge = Edge(self.starts[er], self.starts[on], links, on_finish=on_finish)
        self._edges_on[on].append(edge)
        for index in edge.waits():
            self._unmet[index] += 1
            self.states[index] = State.DEPEND

    def _make_ready(self, index: int) -> None:
        self.states[index] = State.WAITING
        heapq.heappush(self._ready.setdefault(self.layer_of[index], []), index)

    def ready_layers(self) -> list[int]:
        """Return the layers that have frames to start, in order."""
        return sorted(self._ready)

    def start_next(self, layer: int) -> int:
        """Make the first waiting frame of a layer a running one and return it."""
        waiting = self._ready[layer]
        index = heapq.heappop(waiting)
        if not waiting:
            del self._ready[layer]
        self.states[index] = State.RUNNING
        return index

    def has_ready(self, layer: int) -> bool:
        """Tell whether a layer has a frame to start."""
        return layer in self._ready

    def again(self, index: int) -> None:
        """Let a running frame wait for its next attempt."""
        self._make_ready(index)

    def end(self, index: int, state: State) -> None:
        """Record the end of a running frame, for good, and let it spread."""
        self.states[index] = state
        pending = deque([(index, state is not State.DEAD)])
        while pending:
            ended, came = pending.popleft()
            for edge in self._edges_on[self.layer_of[ended]]:
                if came or edge.on_finish:
                    self._spread_met(edge, ended)
                else:
                    pending.extend((each, False) for each in self._spread_lost(edge, ended))

    def _spread_met(self, edge: Edge, index: int) -> None:
        touched = list(edge.followers(index))
        if edge.count_met():
            touched += edge.gated()
        for each in touched:
            self._unmet[each] -= 1
            if not self._unmet[each]:
                self._make_ready(each)

    def _spread_lost(self, edge: Edge, index: int) -> list[int]:
        """Return the frames that now never run."""
        touched = list(edge.followers(index))
        if edge.count_lost():
            touched += edge.gated()
        fresh = [each for each in dict.fromkeys(touched) if not self._doomed[each]]
        for each in fresh:
            self._doomed[each] = 1
        return fresh

    def count(self, state: State) -> int:
        """Return how many frames are in a state."""
        return self.states.count(state)


def _starts(tasks: Sequence[Tasks]) -> list[int]:
    """Return the first index of every layer, and the number of frames."""
    starts = [0]
    for each in tasks:
        starts.append(starts[-1] + len(each))
    return starts
