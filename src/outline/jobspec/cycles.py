"""Cycles among layers, and among their frames where layers lean on each other's previous frames."""

from __future__ import annotations

from outline.frames import EdgeKind, Tasks, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any, TypeVar

    T = TypeVar("T")


def find_cycle(starts: Iterable[T], waits_for: Callable[[T], Iterable[T]]) -> list[T] | None:
    """Return one cycle as ``[a, b, a]``, or None; linear, and without recursion however long the chain.

    Args:
        starts: Where to begin; any cycle that is looked for is reached from here.
        waits_for: Returns what one of them waits for.
    """
    done: set[T] = set()
    for start in starts:
        if start not in done:
            cycle = _cycle_from(start, waits_for, done)
            if cycle is not None:
                return cycle
    return None


def _cycle_from(start: T, waits_for: Callable[[T], Iterable[T]], done: set[T]) -> list[T] | None:
    path: dict[T, Iterator[T]] = {start: iter(waits_for(start))}
    while path:
        here, ahead = next(reversed(path.items()))
        following = next((place for place in ahead if place not in done), None)
        if following is None:
            done.add(here)
            del path[here]
        elif following in path:
            places = list(path)
            return [*places[places.index(following) :], following]
        else:
            path[following] = iter(waits_for(following))
    return None


def find_path(
    start: Any, goal: Any, waits_for: Callable[[Any], Iterable[Any]], *, most: int
) -> list[Any] | None:
    """Return a path from ``start`` to ``goal``, or None when there is none among the first ``most`` places."""
    came_from: dict[Any, Any] = {start: None}
    queue = [start]
    while queue and len(came_from) <= most:
        here = queue.pop()
        if here is goal:
            return _unwind(here, came_from)
        for place in waits_for(here):
            if place not in came_from:
                came_from[place] = here
                queue.append(place)
    return None


def _unwind(place: Any, came_from: Mapping[Any, Any]) -> list[Any]:
    path = []
    while place is not None:
        path.append(place)
        place = came_from[place]
    return path[::-1]


def has_deadlock(tasks: Mapping[str, Tasks], edges: Sequence[tuple[str, str, EdgeKind]]) -> bool:
    """Tell whether some frame could never start; linear in frames and edges.

    Args:
        tasks: The tasks of each layer.
        edges: Waiting layer, awaited layer, kind.
    """
    dependents, unmet = _task_graph(tasks, edges)
    ready = [node for node, count in unmet.items() if count == 0]
    left = len(unmet) - len(ready)
    while ready:
        for node in dependents.get(ready.pop(), ()):
            unmet[node] -= 1
            if unmet[node] == 0:
                ready.append(node)
                left -= 1
    return left > 0


def _task_graph(
    tasks: Mapping[str, Tasks], edges: Sequence[tuple[str, str, EdgeKind]]
) -> tuple[dict[tuple[str, int], list[tuple[str, int]]], dict[tuple[str, int], int]]:
    """Return who waits for each task and how many each waits for; task -1 is the end of its layer."""
    dependents: dict[tuple[str, int], list[tuple[str, int]]] = {}
    unmet = {(name, index): 0 for name, each in tasks.items() for index in range(len(each))}
    for name, each in tasks.items():
        unmet[name, -1] = len(each)
        for index in range(len(each)):
            dependents.setdefault((name, index), []).append((name, -1))
    for er, on, kind in edges:
        links = resolve(kind, tasks[er], tasks[on])
        gate = 0 if links.any_one else -1
        waits = [(task, gate) for task in links.whole]
        for task, awaited in [*waits, *links.pairs()]:
            dependents.setdefault((on, awaited), []).append((er, task))
            unmet[er, task] += 1
    return dependents, unmet
