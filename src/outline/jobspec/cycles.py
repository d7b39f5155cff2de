"""Cycles among layers, and among their frames where layers lean on each other's previous frames."""

from __future__ import annotations

from outline.frames import EdgeKind, Tasks, resolve
from outline.jobspec.release import LayerGraph

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
    sizes = {name: len(each) for name, each in tasks.items()}
    waits = ((er, on, resolve(kind, tasks[er], tasks[on]), False) for er, on, kind in edges)
    graph = LayerGraph(sizes, waits)
    return sum(1 for _ in graph.release.in_order()) < len(graph.places)
