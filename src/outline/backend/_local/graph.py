"""Which frames of a local job may start: their states, and what the end of one sets free.

A frame that has ended for good stays so, as nobody interferes with a job here. Pure: no processes, no clock.
"""

from __future__ import annotations

import enum
import heapq

from outline.frames import resolve
from outline.jobspec.model import EdgeSpec, Outcome
from outline.jobspec.release import LayerGraph

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from outline.frames import TaskEdges, Tasks


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


class Graph:
    """The frames of a job under one index, layer after layer, and their states.

    Args:
        tasks: The tasks of each layer, by name.
        edges: The depends between the layers.
    """

    def __init__(self, tasks: Mapping[str, Tasks], edges: Iterable[EdgeSpec]) -> None:
        sizes = {name: len(each) for name, each in tasks.items()}
        graph = LayerGraph(sizes, (_resolved(tasks, edge) for edge in edges))
        self.places, self._release = graph.places, graph.release
        self.size = len(self.places)
        self.states = [State.DEPEND] * self.size
        self._rank = {name: at for at, name in enumerate(tasks)}
        self._ready: dict[str, list[int]] = {}
        for index in self._release.free():
            self._make_ready(index)

    def _make_ready(self, index: int) -> None:
        self.states[index] = State.WAITING
        heapq.heappush(self._ready.setdefault(self.places[index][0], []), index)

    def ready_layers(self) -> list[str]:
        """Return the layers that have frames to start, in order."""
        return sorted(self._ready, key=self._rank.__getitem__)

    def start_next(self, layer: str) -> int:
        """Make the first waiting frame of a layer a running one and return it."""
        waiting = self._ready[layer]
        index = heapq.heappop(waiting)
        if not waiting:
            del self._ready[layer]
        self.states[index] = State.RUNNING
        return index

    def has_ready(self, layer: str) -> bool:
        """Tell whether a layer has a frame to start."""
        return layer in self._ready

    def again(self, index: int) -> None:
        """Let a running frame wait for its next attempt."""
        self._make_ready(index)

    def end(self, index: int, state: State) -> None:
        """Record the end of a running frame, for good, and let it spread."""
        self.states[index] = state
        for each in self._release.end(index, met=state is not State.DEAD):
            self._make_ready(each)

    def count(self, state: State) -> int:
        """Return how many frames are in a state."""
        return self.states.count(state)


def _resolved(tasks: Mapping[str, Tasks], edge: EdgeSpec) -> tuple[str, str, TaskEdges, bool]:
    links = resolve(edge.kind, tasks[edge.layer], tasks[edge.on], on_frame=edge.on_frame)
    return edge.layer, edge.on, links, edge.outcome is Outcome.FINISHED
