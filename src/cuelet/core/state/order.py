"""In which order a layer's frames start: the order of its range, unless somebody changed it."""

from __future__ import annotations

import enum
from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from outline.frames import format_frames, parse_range

if TYPE_CHECKING:
    from collections.abc import Callable

    _Arrange = Callable[[list[int]], Sequence[int]]


class Placing(enum.IntEnum):
    """Where the chosen frames go; the numbers are OpenCue's."""

    FIRST = 0
    """Before all others, in the order they are given."""
    LAST = 1
    """After all others, in the order they are given."""
    REVERSE = 2
    """They swap places among themselves, last one first."""


class FrameOrder:
    """A permutation of a layer's tasks.

    Args:
        tasks: Every task of the layer, in the order in which they start.
    """

    __slots__ = ("place_of", "tasks")

    def __init__(self, tasks: Sequence[int]) -> None:
        self.tasks = array("I", tasks)
        """Task by place."""
        self.place_of = array("I", bytes(4 * len(tasks)))
        """Place by task."""
        for place, task in enumerate(tasks):
            self.place_of[task] = place

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FrameOrder) and self.tasks == other.tasks

    def __hash__(self) -> int:
        return hash(self.tasks.tobytes())

    def text(self) -> str:
        """Return the order as range text, for the disk."""
        return format_frames(self.tasks)


def order_from_text(text: str, size: int) -> FrameOrder | None:
    """Rebuild what `FrameOrder.text` wrote; empty is the order of the range."""
    return make_order(list(parse_range(text)), size) if text else None


def make_order(tasks: Sequence[int], size: int) -> FrameOrder | None:
    """Return an order, or None when it is that of the range."""
    assert len(tasks) == size, "an order names every task"
    return None if _is_plain(tasks) else FrameOrder(tasks)


def _is_plain(tasks: Sequence[int]) -> bool:
    return all(place == task for place, task in enumerate(tasks))


def placed(order: Sequence[int], chosen: Iterable[int], placing: Placing) -> list[int]:
    """Return an order with some of its tasks placed elsewhere; the others keep their order."""
    wanted = list(dict.fromkeys(chosen))
    if placing is Placing.REVERSE:
        return _swapped(order, wanted, lambda held: held[::-1])
    moved = frozenset(wanted)
    rest = [task for task in order if task not in moved]
    return [*wanted, *rest] if placing is Placing.FIRST else [*rest, *wanted]


def staggered(order: Sequence[int], chosen: Iterable[int], step: int) -> list[int]:
    """Return an order in which every step-th of the chosen tasks starts first, then those between.

    The chosen ones swap places among themselves: each step-th, then each half of that, down to all.
    """
    return _swapped(order, list(chosen), lambda held: _interleaved(held, step))


def _interleaved(tasks: Sequence[int], step: int) -> list[int]:
    return [tasks[place] for place in parse_range(f"0-{len(tasks) - 1}:{step}")] if tasks else []


def _swapped(order: Sequence[int], chosen: Sequence[int], arrange: _Arrange) -> list[int]:
    """Put the chosen tasks, arranged anew, into the places that they hold together."""
    moved = frozenset(chosen)
    places = [place for place, task in enumerate(order) if task in moved]
    made = list(order)
    for place, task in zip(places, arrange([order[place] for place in places]), strict=True):
        made[place] = task
    return made
