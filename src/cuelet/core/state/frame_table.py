"""The frames of one job in arrays: states, figures, reservations, and the counters of their layers.

What frames wait for is the business of `job.Job`, which is this table with edges.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, islice
from operator import itemgetter
from typing import Any, TypeAlias

from cuelet.core.state.frame_row import FrameRow, FreshnessCheck, Lane
from cuelet.core.state.layer import Layer
from cuelet.core.values.states import (
    DEPEND,
    EATEN,
    RUNNING,
    SETUP,
    SUCCEEDED,
    WAITING,
    FrameState,
    Intent,
)

_NEXT_TO_ZERO_S = 1e-6


class Moment:
    """The time of the batch that is decided on, in whole epoch seconds; one for all jobs of a farm."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = 0


class FrameTable:
    """Frames of all layers of a job under one index, layer after layer.

    ``unmet[i]`` counts what frame i still waits for, ``unreachable[i]`` what of it cannot come any more.

    Args:
        layers: The layers, in submit order.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = layers
        self._ends = [layer.end for layer in layers]
        self.size = size = layers[-1].end
        for layer in layers:
            layer.counts[WAITING] = len(layer.tasks)
        self.state_of = bytearray(size)
        self.flags = bytearray(size)
        self.unmet, self.unreachable = zeros("I", size), zeros("I", size)
        self.attempt, self.retries = zeros("I", size), zeros("H", size)
        self.free_retries = bytearray(size)
        """Ends that cost no retry because they were not the frame's fault."""
        self.memory_retries = bytearray(size)
        """Times a frame ran out of memory and was tried again with more."""
        self.exit_status = array("h", [-1]) * size
        self.exit_signal = bytearray(size)
        self.start_at, self.stop_at = float_zeros("d", size), float_zeros("d", size)
        self.wall_s, self.cpu_s = float_zeros("f", size), float_zeros("f", size)
        self.max_rss_kb = zeros("I", size)
        self.depends_ignored: set[int] = set()
        """Frames that somebody released from all they wait for."""
        self.marked_done: set[int] = set()
        """Frames that somebody declared done for those that wait for them."""
        self.rerun_pending: set[int] = set()
        """Running frames whose input is being made again: they run again if they succeed too early."""
        self.intents: dict[int, Intent] = {}
        self.reasons: dict[int, str] = {}
        self.reserved: dict[int, tuple[float, int]] = {}
        """Cores and memory (MB) held by each running frame."""
        self.checks: dict[int, FreshnessCheck] = {}
        """Waiting frames that are or were looked at; forgotten with every change of state."""
        self.started_with: dict[int, FreshnessCheck] = {}
        """The check before the start, of running frames."""
        self.gpus_held: dict[int, int] = {}
        """GPUs held by each running frame that asked for some."""
        self.prefetched_reservations: dict[int, tuple[float, int]] = {}
        """Cores and memory (MB) that each frame in SETUP will hold: those of its lane."""
        self.lanes: dict[int, Lane] = {}
        """What follows a running frame without further reservation."""
        self.moment = Moment()
        self.changed_at = array("q", bytes(8 * size))
        """When each frame last changed, as far as this process knows."""
        self.rss_kb: dict[int, int] = {}
        """Resident memory of running frames, as last measured."""

    def layer_at(self, index: int) -> Layer:
        """Return the layer of a job-wide frame index."""
        return self.layers[bisect_right(self._ends, index)]

    def count(self, *states: FrameState) -> int:
        """Return how many frames are in one of some states."""
        return sum(layer.counts[state] for layer in self.layers for state in states)

    def is_complete(self) -> bool:
        """Tell whether every frame is done."""
        return all(
            layer.counts[SUCCEEDED] + layer.counts[EATEN] == len(layer.tasks)
            for layer in self.layers
        )

    def frames_in(self, layer: Layer, states: frozenset[FrameState] | None) -> Iterator[int]:
        """Yield the indexes of a layer's frames that are in one of the states, in order."""
        indexes = range(layer.start, layer.end)
        if states is None:
            yield from indexes
        else:
            yield from (index for index in indexes if self.state_of[index] in states)

    def next_waiting(self, layer: Layer) -> int:
        """Return the waiting frame of a layer that starts first; there must be one."""
        if layer.order is None:
            layer.cursor = self.state_of.find(WAITING, layer.cursor, layer.end)
            return layer.cursor
        while self.state_of[layer.index_at(layer.cursor)] != WAITING:
            layer.cursor += 1
        return layer.index_at(layer.cursor)

    def first_waiting(self, layer: Layer, count: int) -> Iterator[int]:
        """Yield the waiting frames of a layer that start first, ``count`` at most."""
        places = range(layer.cursor, layer.end)
        waiting = (i for i in map(layer.index_at, places) if self.state_of[i] == WAITING)
        yield from islice(waiting, count)

    # -- states and figures --------------------------------------------------------------------

    def follow(self, moment: Moment) -> None:
        """Tell the time by a farm's clock; every frame counts as changed now, for nobody knows better."""
        self.moment = moment
        self.changed_at = array("q", [moment.at]) * self.size

    def touch(self, index: int) -> None:
        """Note that something of a frame changed."""
        self.changed_at[index] = self.moment.at

    def _set_state(self, index: int, state: FrameState) -> None:
        """Set a state and the counters that follow from it, and nothing else."""
        layer = self.layer_at(index)
        layer.counts[self.state_of[index]] -= 1
        layer.counts[state] += 1
        self.state_of[index] = state
        self.changed_at[index] = self.moment.at
        if self.checks:
            self.checks.pop(index, None)
        if state == WAITING:
            layer.cursor = min(layer.cursor, layer.place_of(index))

    def begin_attempt(self, index: int) -> None:
        """Make a frame's figures those of an attempt that has not begun."""
        self.attempt[index] += 1
        self.start_at[index] = self.stop_at[index] = 0.0
        self.set_figures(index, wall_s=0.0, cpu_s=0.0, max_rss_kb=0)
        self.reasons.pop(index, None)

    def note_start(self, index: int, at: float) -> None:
        """Set when a frame began; on disk one that runs without a start is in SETUP, so never to 0."""
        self.start_at[index] = at or _NEXT_TO_ZERO_S

    def set_figures(self, index: int, *, wall_s: float, cpu_s: float, max_rss_kb: int) -> None:
        """Set what a frame's attempt took, in the layer's totals too."""
        totals = self.layer_at(index).totals
        totals.drop(self.wall_s[index], self.cpu_s[index], self.max_rss_kb[index])
        self.wall_s[index], self.cpu_s[index] = wall_s, cpu_s
        self.max_rss_kb[index] = max_rss_kb
        # What the arrays hold is rounded, and has to be the same when it is taken out again.
        totals.add(self.wall_s[index], self.cpu_s[index], max_rss_kb)

    # -- what is kept on disk ------------------------------------------------------------------

    def row(self, index: int) -> FrameRow:
        """Return what must be kept of a frame.

        One in SETUP is kept as RUNNING without a start: after a crash only the runner knows.
        """
        intent = self.intents.get(index)
        state = self.state_of[index]
        return FrameRow(
            index,
            RUNNING if state == SETUP else state,
            self.attempt[index],
            self.retries[index],
            self.exit_status[index],
            self.exit_signal[index],
            self.start_at[index],
            self.stop_at[index],
            self.wall_s[index],
            self.cpu_s[index],
            self.max_rss_kb[index],
            index in self.depends_ignored,
            index in self.marked_done,
            intent.value if intent else "",
            self.reasons.get(index, ""),
            self.free_retries[index],
            self.memory_retries[index],
            *(self.reserved.get(index) or self.prefetched_reservations.get(index, (0.0, 0))),
            index in self.rerun_pending,
        )

    def restore_rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Set frames of a fresh job to what was kept of them: values in the order of `FrameRow`."""
        in_order = sorted(rows, key=itemgetter(0))
        if not in_order:
            return
        columns = dict(zip(FrameRow._fields, zip(*in_order, strict=True), strict=True))
        at: tuple[int, ...] = columns["frame"]
        place = _places(at, self.size)
        _put(self.state_of, place, _kept_states(columns["state"], columns["start_at"]))
        for name in _COLUMNS:
            _put(getattr(self, name), place, columns[name])
        for name in ("depends_ignored", "marked_done", "rerun_pending"):
            getattr(self, name).update(compress(at, columns[name]))
        self.intents.update((i, Intent(word)) for i, word in _said(at, columns["intent"]))
        self.reasons.update(_said(at, columns["reason"]))
        self._restore_holds(at, columns["held_cores"], columns["held_mb"])
        for layer in self.layers:
            if bisect_left(at, layer.start) < bisect_left(at, layer.end):
                self._add_up(layer)

    def _restore_holds(self, at: Sequence[int], cores: Sequence[float], mb: Sequence[int]) -> None:
        for index, held_cores, held_mb in compress(zip(at, cores, mb, strict=True), cores):
            in_setup = self.state_of[index] == SETUP
            holds = self.prefetched_reservations if in_setup else self.reserved
            holds[index] = held_cores, held_mb

    def _add_up(self, layer: Layer) -> None:
        part = slice(layer.start, layer.end)
        layer.totals.recount(self.wall_s[part], self.cpu_s[part], self.max_rss_kb[part])

    def set_to_run(self, held: bytearray) -> None:
        """Let every frame that is to be run be in DEPEND or WAITING, and count all states anew.

        Args:
            held: 1 for each frame that waits for something.
        """
        to_run, waits = self.state_of.translate(_TO_RUN), held.translate(_AS_DEPEND)
        others = self.state_of.translate(_OTHERS)
        in_depend = int.from_bytes(to_run, "little") & int.from_bytes(waits, "little")
        states = in_depend | int.from_bytes(others, "little")
        self.state_of = bytearray(states.to_bytes(self.size, "little"))
        for layer in self.layers:
            part = self.state_of[layer.start : layer.end]
            layer.counts[:] = [part.count(state) for state in range(len(layer.counts))]
            layer.cursor = layer.start


_COLUMNS = (
    "attempt",
    "retries",
    "exit_status",
    "exit_signal",
    "start_at",
    "stop_at",
    "wall_s",
    "cpu_s",
    "max_rss_kb",
    "free_retries",
    "memory_retries",
)
"""Arrays of `FrameTable` that a row has a column of."""
_IDLE = (WAITING, DEPEND)
_TO_RUN = bytes(DEPEND if state in _IDLE else 0 for state in range(256))
_OTHERS = bytes(0 if state in _IDLE else state for state in range(256))
_AS_DEPEND = bytes((0, *[DEPEND] * 255))

Column: TypeAlias = "array[Any] | bytearray"


def zeros(code: str, size: int) -> array[int]:
    """Return an array of so many zeros."""
    return array(code, bytes(array(code).itemsize * size))


def float_zeros(code: str, size: int) -> array[float]:
    """Return the same of numbers with fractions."""
    return array(code, bytes(array(code).itemsize * size))


def _kept_states(states: Sequence[int], start_at: Sequence[float]) -> bytes:
    """Return states as they are in memory; WAITING and DEPEND are told apart later.

    Raises:
        ValueError: One is no state.
    """
    FrameState(max(states))
    kept = bytearray(states).translate(_OTHERS)
    for position, started in enumerate(start_at):
        if not started and kept[position] == RUNNING:
            kept[position] = SETUP
    return bytes(kept)


def _places(at: tuple[int, ...], size: int) -> slice | tuple[int, ...]:
    """Return where rows belong: a slice when there is no gap between them.

    Raises:
        IndexError: The job has no such frame.
    """
    if at[0] < 0 or at[-1] >= size:
        raise IndexError(at[-1])
    return slice(at[0], at[-1] + 1) if at == tuple(range(at[0], at[-1] + 1)) else at


def _put(column: Column, places: slice | tuple[int, ...], values: Sequence[Any]) -> None:
    if not isinstance(places, slice):
        for index, value in zip(places, values, strict=True):
            column[index] = value
    elif isinstance(column, bytearray):
        column[places] = bytearray(values)
    else:
        column[places] = array(column.typecode, values)


def _said(at: Sequence[int], words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the frames of which a word is kept."""
    return compress(zip(at, words, strict=True), words)
