"""The longest chain of processes that have to run one after another, in time linear in processes and edges."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence

from outline.frames import TaskEdges
from outline.jobspec.release import LayerGraph
from outline.planning.model import CriticalPath, PlannedEdge, PlannedLayer, Step

_Ends = dict[str, list[float]]
"""For each layer and process, the length of the longest chain that ends with it."""


def critical_path(
    layers: Sequence[PlannedLayer],
    edges: Sequence[PlannedEdge],
    seconds: Mapping[str, float] | None = None,
) -> CriticalPath | None:
    """Return the longest chain, or None when there is none: no layers, or a cycle.

    Args:
        layers: The layers of the plan.
        edges: Its edges.
        seconds: What one process takes, in seconds, by layer name; without it processes are counted.
    """
    if not layers:
        return None
    return _Search(layers, edges, seconds).run()


_Gates = dict[int, float]
"""For each edge, by its id, when all (or the first) of what it awaits has ended."""


class _Search:
    """One search: chain lengths forward, then the chain itself backward."""

    def __init__(
        self,
        layers: Sequence[PlannedLayer],
        edges: Sequence[PlannedEdge],
        seconds: Mapping[str, float] | None,
    ) -> None:
        self.layers = {layer.name: layer for layer in layers}
        self.seconds = seconds
        self.weight = {
            layer.name: 1.0 if seconds is None else seconds[layer.name] for layer in layers
        }
        self.waits: dict[str, list[PlannedEdge]] = {name: [] for name in self.layers}
        for edge in edges:
            self.waits[edge.layer].append(edge)
        self.ends: _Ends = {}

    def run(self) -> CriticalPath | None:
        order = self._order()
        if order is not None:
            for name in order:
                self.ends[name] = self._layer_ends(name)
        elif not self._process_ends():
            return None
        return self._path()

    def _order(self) -> list[str] | None:
        """Return the layers, each after those it waits for; None when layers wait for each other."""
        unmet = {name: sum(e.on != name for e in waits) for name, waits in self.waits.items()}
        followers: dict[str, list[str]] = {name: [] for name in self.layers}
        for name, waits in self.waits.items():
            for edge in waits:
                if edge.on != name:
                    followers[edge.on].append(name)
        ready = deque(name for name, count in unmet.items() if not count)
        order = []
        while ready:
            order.append(ready.popleft())
            for name in followers[order[-1]]:
                unmet[name] -= 1
                if not unmet[name]:
                    ready.append(name)
        return order if len(order) == len(self.layers) else None

    def _layer_ends(self, name: str) -> list[float]:
        starts = [0.0] * len(self.layers[name].tasks)
        itself = [edge.links for edge in self.waits[name] if edge.on == name]
        for edge in self.waits[name]:
            if edge.on != name:
                _raise_starts(starts, edge.links, self.ends[edge.on])
        weight = self.weight[name]
        if not itself:
            return [start + weight for start in starts]
        return _own_chain(starts, itself, weight)

    def _process_ends(self) -> bool:
        """Find the lengths process by process, for layers that lean on each other's previous frames."""
        sizes = {name: len(layer.tasks) for name, layer in self.layers.items()}
        self.ends = {name: [math.inf] * size for name, size in sizes.items()}
        graph = LayerGraph(
            sizes,
            ((e.layer, e.on, e.links, False) for waits in self.waits.values() for e in waits),
        )
        gates: _Gates = {}
        left = len(graph.places)
        for index in graph.release.in_order():
            name, task = graph.places[index]
            self.ends[name][task] = self._start(name, task, gates) + self.weight[name]
            left -= 1
        return left == 0

    def _start(self, name: str, task: int, gates: _Gates) -> float:
        """Return when a process may start, all it waits for having ended."""
        start = 0.0
        for edge in self.waits[name]:
            ends = self.ends[edge.on]
            if not edge.links.same and task in edge.links.whole:
                if id(edge) not in gates:
                    gates[id(edge)] = min(ends) if edge.links.any_one else max(ends)
                start = max(start, gates[id(edge)])
            else:
                start = max([start, *(ends[each] for each in edge.links.waits_for(task))])
        return start

    # Backward.

    def _path(self) -> CriticalPath:
        name = max(self.ends, key=lambda each: (max(self.ends[each]), self._bulk(each)))
        task = _argmax(self.ends[name])
        length = self.ends[name][task]
        chain = [(name, task)]
        while (before := self._before(*chain[-1])) is not None:
            chain.append(before)
        chain.reverse()
        return CriticalPath(
            tuple(self._steps(chain)), len(chain), None if self.seconds is None else length
        )

    def _before(self, name: str, task: int) -> tuple[str, int] | None:
        """Return the awaited process that ends last; of several layers the one with most to do."""
        found = []
        for edge in self.waits[name]:
            awaited = _latest(edge.links, task, self.ends[edge.on])
            if awaited is not None:
                end = self.ends[edge.on][awaited]
                found.append((end, self._bulk(edge.on), edge.on, awaited))
        return None if not found else max(found, key=lambda each: each[:2])[2:]

    def _bulk(self, name: str) -> float:
        layer = self.layers[name]
        return layer.frames * (layer.cores or 1.0)

    def _steps(self, chain: list[tuple[str, int]]) -> list[Step]:
        steps: list[Step] = []
        for name, task in chain:
            taken = None if self.seconds is None else self.weight[name]
            if steps and steps[-1].layer == name:
                last = steps.pop()
                total = None if taken is None or last.seconds is None else last.seconds + taken
                steps.append(Step(name, last.first, last.processes + 1, total))
            else:
                steps.append(Step(name, self.layers[name].tasks.head(task), 1, taken))
        return steps


def _raise_starts(starts: list[float], links: TaskEdges, ends: list[float]) -> None:
    """Let the processes of a layer start no earlier than an edge allows."""
    if links.same:
        starts[:] = map(max, starts, ends)
        return
    if links.whole:
        gate = min(ends) if links.any_one else max(ends)
        for task in links.whole:
            starts[task] = max(starts[task], gate)
    for task, awaited in links.pairs():
        starts[task] = max(starts[task], ends[awaited])


def _own_chain(starts: list[float], itself: list[TaskEdges], weight: float) -> list[float]:
    """Return the ends where processes wait for earlier ones of their own layer."""
    ends: list[float] = []
    for task, start in enumerate(starts):
        waited = [ends[each] for links in itself for each in links.waits_for(task) if each < task]
        ends.append(max([start, *waited]) + weight)
    return ends


def _latest(links: TaskEdges, task: int, ends: list[float]) -> int | None:
    """Return the process that decides when ``task`` may start through an edge, or None."""
    if not links.same and task in links.whole:
        return ends.index(min(ends)) if links.any_one else _argmax(ends)
    awaited = links.waits_for(task)
    return max(awaited, key=ends.__getitem__) if awaited else None


def _argmax(values: list[float]) -> int:
    return values.index(max(values))
