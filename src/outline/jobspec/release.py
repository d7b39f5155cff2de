"""Who may start when others end: one rule for a job here, for plans, and for finding frames that never start.

Pure: indexes in, indexes out. A frame is *met* when it succeeded or was dropped, *lost* when it never will be.
"""

from __future__ import annotations

from array import array
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    from outline.frames import TaskEdges

    class Wait(Protocol):
        """One depend, resolved to frames of a job."""

        index: int
        links: TaskEdges

        @property
        def on_finish(self) -> bool:
            """It waits for the end of frames, whatever their outcome."""

        def followers(self, on_index: int, /) -> Sequence[int]:
            """Return the frames that wait for just this one."""

        def barrier_tasks(self) -> Iterable[int]:
            """Return the frames that wait for all awaited ones, or for any of them."""

        def waiters(self) -> Iterable[tuple[int, int]]:
            """Yield the other frames that wait, and for how many."""


class LayerWait:
    """One depend between two layers of a job.

    Args:
        index: Its place among the depends.
        starts: Job-wide index of the first frame of the layer that waits, and of the awaited one.
        links: Which task waits for which.
        on_finish: It waits for the end of frames, whatever their outcome.
    """

    __slots__ = ("_followers", "er_start", "index", "links", "on_finish", "on_start")

    def __init__(
        self, index: int, starts: tuple[int, int], links: TaskEdges, *, on_finish: bool = False
    ) -> None:
        self.index, (self.er_start, self.on_start) = index, starts
        self.links, self.on_finish = links, on_finish
        self._followers: dict[int, list[int]] = {}
        if not links.same:
            for er, on in links.pairs():
                self._followers.setdefault(on, []).append(self.er_start + er)

    def followers(self, on_index: int, /) -> Sequence[int]:
        """Return the frames that wait for just this one."""
        task = on_index - self.on_start
        return (self.er_start + task,) if self.links.same else self._followers.get(task, ())

    def barrier_tasks(self) -> Iterable[int]:
        """Return the frames that wait for the whole layer, or for any frame of it."""
        return (self.er_start + task for task in self.links.whole)

    def waiters(self) -> Iterable[tuple[int, int]]:
        """Yield each frame that waits for single ones, once for each of them."""
        return ((self.er_start + er, 1) for er, _ in self.links.pairs())


class Release:
    """Counts what every frame of a job still waits for.

    Args:
        size: Frames of the job.
        waits: Its depends, each at its own ``index``.
        waits_on: Returns the depends that await a frame.
    """

    def __init__(
        self, size: int, waits: Sequence[Wait], waits_on: Callable[[int], Iterable[Wait]]
    ) -> None:
        self._waits_on = waits_on
        self._unmet = array("I", bytes(4 * size))
        self._lost = bytearray(size)
        for wait in waits:
            for index, count in wait.waiters():
                self._unmet[index] += count
            for index in wait.barrier_tasks():
                self._unmet[index] += 1
        sizes = [(wait.links.any_one, wait.links.awaited) for wait in waits]
        self._until_open = [1 if any_one else awaited for any_one, awaited in sizes]
        self._until_shut = [awaited if any_one else 1 for any_one, awaited in sizes]

    def free(self) -> list[int]:
        """Return the frames that wait for nothing."""
        return [index for index, count in enumerate(self._unmet) if not count]

    def end(self, index: int, *, met: bool = True) -> list[int]:
        """Note that a frame has ended for good; return those that nothing holds any more."""
        free: list[int] = []
        ended = deque([(index, met)])
        while ended:
            index, met = ended.popleft()
            for wait in self._waits_on(index):
                if met or wait.on_finish:
                    free += self._meet(wait, index)
                else:
                    ended.extend((each, False) for each in self._lose(wait, index))
        return free

    def _meet(self, wait: Wait, index: int) -> Iterator[int]:
        self._until_open[wait.index] -= 1
        opened = wait.barrier_tasks() if not self._until_open[wait.index] else ()
        for follower in (*wait.followers(index), *opened):
            self._unmet[follower] -= 1
            if not self._unmet[follower]:
                yield follower

    def _lose(self, wait: Wait, index: int) -> Iterator[int]:
        """Yield the frames that now never run."""
        self._until_shut[wait.index] -= 1
        shut = wait.barrier_tasks() if not self._until_shut[wait.index] else ()
        for follower in (*wait.followers(index), *shut):
            if not self._lost[follower]:
                self._lost[follower] = 1
                yield follower

    def in_order(self) -> Iterator[int]:
        """Yield every frame after all it waits for; those in a cycle, and those behind one, never."""
        ready = deque(self.free())
        while ready:
            index = ready.popleft()
            yield index
            ready.extend(self.end(index))


class LayerGraph:
    """The frames of a job's layers under one index, layer after layer, and who waits for whom.

    Args:
        sizes: For each layer, by name, how many tasks it has.
        waits: Waiting layer, awaited layer, which task waits for which, whether for the end whatever the outcome.
    """

    def __init__(
        self, sizes: Mapping[str, int], waits: Iterable[tuple[str, str, TaskEdges, bool]]
    ) -> None:
        self.starts: dict[str, int] = {}
        self.places: list[tuple[str, int]] = []
        """For each frame its layer, and its task in it."""
        for name, size in sizes.items():
            self.starts[name] = len(self.places)
            self.places += ((name, task) for task in range(size))
        self._on: dict[str, list[LayerWait]] = {name: [] for name in sizes}
        every = []
        for at, (er, on, links, on_finish) in enumerate(waits):
            starts = self.starts[er], self.starts[on]
            every.append(LayerWait(at, starts, links, on_finish=on_finish))
            self._on[on].append(every[-1])
        self.release = Release(len(self.places), every, self._waits_on)

    def _waits_on(self, index: int) -> Sequence[LayerWait]:
        return self._on[self.places[index][0]]
