"""One job at run time: its frames in arrays, its edges, and how a change of state spreads."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from cuelet.core import ids
from cuelet.core.errors import InvalidSpecError
from cuelet.core.graph import ENDED, LOST, MET, Edge, EdgeIndex, End
from cuelet.core.ordering import FrameOrder
from cuelet.core.pace import Pace
from cuelet.core.spec import JobSpec, LayerSpec
from cuelet.core.states import (
    DEAD,
    DEPEND,
    DONE,
    EATEN,
    FRAME_MOVES,
    HANDED_OVER,
    RUNNING,
    SETUP,
    SUCCEEDED,
    WAITING,
    FrameState,
    Intent,
    JobState,
)
from cuelet.core.totals import Totals
from outline.frames import EdgeKind, FrameRangeError, Tasks
from outline.graph import find_cycle

MAX_FRAMES = 1_000_000
"""Frames (tasks) per job."""
MAX_LAYERS = 20_000
_NEXT_TO_ZERO_S = 1e-6


class Moves(list[int]):
    """Indexes of the frames of one job that were moved, and what that moved in other jobs."""

    def __init__(self, indexes: Iterable[int] = ()) -> None:
        super().__init__(indexes)
        self.elsewhere: list[tuple[Job, int]] = []

    def note(self, home: Job, job: Job, index: int) -> None:
        """Add a frame; ``home`` is the job whose frames are plain indexes."""
        if job is home:
            self.append(index)
        else:
            self.elsewhere.append((job, index))

    def join(self, other: Moves) -> Moves:
        """Add what another change moved."""
        self.extend(other)
        self.elsewhere.extend(other.elsewhere)
        return self


class Layer:
    """One layer at run time; settings may change while it runs."""

    __slots__ = (
        "cores",
        "counts",
        "cursor",
        "dispatch_order",
        "end",
        "gpus",
        "index",
        "limits",
        "max_cores",
        "memory_mb",
        "order",
        "pace",
        "retries",
        "spec",
        "start",
        "start_after",
        "start_after_reason",
        "tags",
        "tasks",
        "threadable",
        "totals",
    )

    def __init__(self, spec: LayerSpec, index: int, start: int, default_retries: int) -> None:
        self.spec, self.index, self.start = spec, index, start
        self.tasks = _tasks_of(spec)
        self.end = start + len(self.tasks)
        """Job-wide index after the last frame."""
        self.cores, self.max_cores = spec.cores, spec.max_cores
        self.memory_mb = spec.memory_mb
        self.retries = default_retries if spec.retries is None else spec.retries
        self.tags = spec.tags
        self.limits, self.gpus = tuple(dict.fromkeys(spec.limits)), spec.gpus
        self.threadable = spec.threadable
        self.start_after, self.start_after_reason = spec.start_after, ""
        """Epoch seconds before which no frame starts, and who said so; 0 for at once."""
        self.dispatch_order = index + 1
        """Lower goes first in the job."""
        self.order: FrameOrder | None = None
        """In which order frames start; None: that of the range."""
        self.counts = [0] * 8
        """Frames per state, indexed by FrameState."""
        self.cursor = start
        """No frame at a place before this one is WAITING; without an order, places are indexes."""
        self.pace = Pace()
        """How long its frames take lately."""
        self.totals = Totals()
        """What its frames took together."""

    @property
    def name(self) -> str:
        """Wire name."""
        return self.spec.name

    def number(self, index: int) -> int:
        """Return the frame number of a job-wide index."""
        return self.tasks.head(index - self.start)

    def place_of(self, index: int) -> int:
        """Return where in the order of starting a job-wide index stands."""
        if self.order is None:
            return index
        return self.start + self.order.place_of[index - self.start]

    def index_at(self, place: int) -> int:
        """Return the job-wide index at a place in the order of starting."""
        if self.order is None:
            return place
        return self.start + self.order.tasks[place - self.start]

    def set_order(self, order: FrameOrder | None) -> None:
        """Start frames in another order from now on."""
        self.order, self.cursor = order, self.start


def _tasks_of(spec: LayerSpec) -> Tasks:
    try:
        return Tasks.from_range(spec.range, spec.chunk)
    except FrameRangeError as error:
        raise InvalidSpecError(
            where=f"layer {spec.name!r}, range", value=spec.range, reason=str(error)
        ) from error
    except ValueError as error:
        raise InvalidSpecError(
            where=f"layer {spec.name!r}, chunk", value=spec.chunk, reason=str(error)
        ) from error


class FrameRow(NamedTuple):
    """What is kept of one frame that has been touched; the others follow from the spec."""

    frame: int
    state: int
    attempt: int
    retries: int
    exit_status: int
    exit_signal: int
    start_at: float
    stop_at: float
    wall_s: float
    cpu_s: float
    max_rss_kb: int
    freed: bool
    assumed: bool
    intent: str
    reason: str
    spared: int
    raises: int
    held_cores: float
    """What a running frame has reserved, 0 for others."""
    held_mb: int
    outdated: bool


class Look(NamedTuple):
    """What is known of a waiting frame's files, for layers with `skip_existing`."""

    serial: int = 0
    """Number of the look that is under way, 0 when it is over."""
    note: str = ""
    """What a run gives back when it ends well; empty when it could not be told apart later."""
    reason: str = ""
    """Why the frame is not skipped."""


NOT_LOOKED = Look()


class Lane(NamedTuple):
    """Frames that the runner starts one after the other, within one reservation."""

    id: str
    """Run id of the frame that made the reservation."""
    queue: deque[int]
    """Indexes of those in SETUP, next first."""


class Comment(NamedTuple):
    """A remark somebody left on a job."""

    number: int
    """Random, unique in the job; its id carries it."""
    at: float
    user: str
    subject: str
    message: str


class Job:
    """One job at run time.

    Frames of all layers share one index, layer after layer.
    ``unmet[i]`` counts what frame i still waits for, ``doomed[i]`` what of it cannot come any more.
    """

    def __init__(self, spec: JobSpec, job_id: str, *, submitted_at: float) -> None:
        self.spec, self.id, self.submitted_at = spec, job_id, submitted_at
        self.state = JobState.PENDING
        self.paused, self.priority = spec.paused, spec.priority
        self.autoeat, self.max_retries = spec.autoeat, spec.max_retries
        self.min_cores, self.max_cores = 1.0, spec.max_cores
        self.stopped_at = 0.0
        self.cores_in_use = 0.0
        self.comments: list[Comment] = []
        """Oldest first."""
        self.layers = _layers_of(spec)
        self.queue = list(self.layers)
        """Layers in the order in which they have their turn."""
        self._ends = [layer.end for layer in self.layers]
        self.by_name = {layer.name: layer for layer in self.layers}
        self._allocate(self.layers[-1].end)
        self.edges: list[Edge] = []
        """What waits: those of the spec, then those that came later; the index is their id."""
        self._waits = EdgeIndex(len(self.layers))
        self._awaited = EdgeIndex(len(self.layers))
        for edge in spec.edges:
            self._file(Edge(edge, len(self.edges), self, self))
        self._refuse_cycles()
        for layer in self.layers:
            layer.counts[WAITING] = len(layer.tasks)
        for edge_ in self.edges:
            self._close(edge_)

    def _allocate(self, size: int) -> None:
        self.size = size
        self.state_of = bytearray(size)
        self.flags = bytearray(size)
        self.unmet = array("I", bytes(4 * size))
        self.doomed = array("I", bytes(4 * size))
        self.attempt = array("I", bytes(4 * size))
        self.retries = array("H", bytes(2 * size))
        self.spared = bytearray(size)
        """Ends that cost no retry because they were not the frame's fault."""
        self.raises = bytearray(size)
        """Times a frame ran out of memory and was tried again with more."""
        self.exit_status = array("h", [-1]) * size
        self.exit_signal = bytearray(size)
        self.start_at = array("d", bytes(8 * size))
        self.stop_at = array("d", bytes(8 * size))
        self.wall_s = array("f", bytes(4 * size))
        self.cpu_s = array("f", bytes(4 * size))
        self.max_rss_kb = array("I", bytes(4 * size))
        self.freed: set[int] = set()
        """Frames that somebody released from all they wait for."""
        self.assumed: set[int] = set()
        """Frames that somebody declared done for those that wait for them."""
        self.outdated: set[int] = set()
        """Running frames whose input is being made again: they run again if they succeed too early."""
        self.intents: dict[int, Intent] = {}
        self.reasons: dict[int, str] = {}
        self.reserved: dict[int, tuple[float, int]] = {}
        """Cores and memory (MB) held by each running frame."""
        self.looks: dict[int, Look] = {}
        """Waiting frames that are or were looked at; forgotten with every change of state."""
        self.started_with: dict[int, Look] = {}
        """The look before the start, of running frames."""
        self.gpus_held: dict[int, int] = {}
        """GPUs held by each running frame that asked for some."""
        self.promised: dict[int, tuple[float, int]] = {}
        """Cores and memory (MB) that each frame in SETUP will hold: those of its lane."""
        self.lanes: dict[int, Lane] = {}
        """What follows a running frame without further reservation."""
        self.rss_kb: dict[int, int] = {}
        """Resident memory of running frames, as last measured."""

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

    # -- shape -------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Wire name."""
        return self.spec.name

    def layer_at(self, index: int) -> Layer:
        """Return the layer of a job-wide frame index."""
        return self.layers[bisect_right(self._ends, index)]

    def frame_id(self, index: int) -> str:
        """Return the id of a frame."""
        return ids.part_id(self.id, ids.Kind.FRAME, index)

    def run_id(self, index: int) -> str:
        """Return the id of the current attempt of a frame."""
        return ids.run_id(self.frame_id(index), self.attempt[index])

    def frame_name(self, index: int) -> str:
        """Return ``0012-render``."""
        layer = self.layer_at(index)
        return f"{layer.number(index):04d}-{layer.name}"

    def edges_into(self, layer: Layer) -> list[Edge]:
        """Return the edges by which a layer, or a single frame of it, waits."""
        return self._waits.of_layer(layer.index)

    def edges_from(self, layer: Layer) -> list[Edge]:
        """Return the edges by which others wait for a layer, or for a single frame of it."""
        return self._awaited.of_layer(layer.index)

    def edges_of_job(self) -> list[Edge]:
        """Return the edges by which the job as a whole waits."""
        return self._waits.whole

    def edges_from_jobs(self) -> list[Edge]:
        """Return the edges by which other jobs wait for this one or a part of it."""
        return [edge for edge in self._awaited.every() if edge.er is not self]

    def edges_holding(self, index: int) -> Iterable[Edge]:
        """Return every edge by which a frame may wait: its own, its layer's and its job's."""
        return self._waits.at(self.layer_at(index).index, index)

    def edges_awaiting(self, index: int) -> Iterable[Edge]:
        """Return every edge that awaits a frame, as such or as one of its layer or job."""
        return self._awaited.at(self.layer_at(index).index, index)

    def edges_into_end(self, end: End) -> Iterable[Edge]:
        """Return every edge by which frames at an end wait."""
        return self._waits.touching(end)

    def edges_from_end(self, end: End) -> Iterable[Edge]:
        """Return every edge that awaits frames at an end."""
        return self._awaited.touching(end)

    def added_edges(self) -> list[Edge]:
        """Return the edges that the spec does not say by itself: to other jobs, or added later."""
        return self.edges[len(self.spec.edges) :]

    def count(self, *states: FrameState) -> int:
        """Return how many frames are in one of some states."""
        return sum(layer.counts[state] for layer in self.layers for state in states)

    def sort_layers(self) -> None:
        """Order the layers anew: dispatch order, then order of launch."""
        self.queue = sorted(self.layers, key=lambda layer: (layer.dispatch_order, layer.index))

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

    def _file(self, edge: Edge) -> None:
        """Make an edge known to the jobs at both ends; this one waits."""
        self.edges.append(edge)
        self._waits.add(edge, edge.er_end)
        if edge.links.awaited:
            edge.on._awaited.add(edge, edge.on_end)

    def _refuse_cycles(self) -> None:
        """Refuse layers that wait for each other in a circle.

        A circle through single or previous frames is sound when its frames are not in one.
        """
        cycle = find_cycle(_waits(edge for edge in self.edges if not _is_partial(edge)))
        if cycle is None:
            cycle = find_cycle(_waits(self.edges)) or _own_frames(self.edges)
            if cycle is None or not self._frames_in_circle():
                return
        raise InvalidSpecError(
            where="depends",
            value=" -> ".join(cycle),
            reason="layers wait for each other in a circle; take one of these depends out",
        )

    def _frames_in_circle(self) -> bool:
        """Let every frame succeed in thought; tell whether some can never start."""
        unmet = array("I", bytes(4 * self.size))
        for edge in self.edges:
            for index, count in edge.waiters():
                unmet[index] += count
            for index in edge.gated():
                unmet[index] += 1
        left = [1 if edge.links.any_one else edge.links.awaited for edge in self.edges]
        ready = deque(index for index in range(self.size) if not unmet[index])
        started = 0
        while ready:
            index = ready.popleft()
            started += 1
            for edge in self.edges_awaiting(index):
                left[edge.index] -= 1
                opened = edge.gated() if left[edge.index] == 0 else ()
                for follower in (*edge.followers(index), *opened):
                    unmet[follower] -= 1
                    if not unmet[follower]:
                        ready.append(follower)
        return started < self.size

    # -- how a change spreads ----------------------------------------------------------------

    def _close(self, edge: Edge) -> None:
        """Make every frame of a fresh edge wait."""
        for index, count in edge.waiters():
            self.unmet[index] += count
            self._sit_down(index)
        for index in edge.gated():
            self.unmet[index] += 1
            self._sit_down(index)

    def _sit_down(self, index: int) -> None:
        if self.state_of[index] == WAITING:
            self._put(index, DEPEND)

    def _put(self, index: int, state: FrameState) -> None:
        """Set a state and the counters that follow from it, and nothing else."""
        layer = self.layer_at(index)
        layer.counts[self.state_of[index]] -= 1
        layer.counts[state] += 1
        self.state_of[index] = state
        if self.looks:
            self.looks.pop(index, None)
        if state == WAITING:
            layer.cursor = min(layer.cursor, layer.place_of(index))

    def move(self, index: int, state: FrameState) -> Moves:
        """Move a frame and let the change spread; return every frame whose state changed.

        WAITING stands for "to be run": it becomes DEPEND while something is unmet.

        Raises:
            AssertionError: `FRAME_MOVES` has no such move.
        """
        if state == WAITING and self.must_wait(index):
            state = DEPEND
        before = FrameState(self.state_of[index])
        assert state == before or state in FRAME_MOVES[before], f"{before.name} -> {state.name}"
        if state == before:
            return Moves()
        if state not in HANDED_OVER:
            self.outdated.discard(index)
            self.promised.pop(index, None)
        self._put(index, state)
        return Moves([index]).join(self._spread([index]))

    def must_wait(self, index: int) -> bool:
        """Tell whether something a frame waits for is unmet."""
        return self.unmet[index] > 0 and index not in self.freed

    def is_over(self, index: int, *, on_finish: bool) -> bool:
        """Tell whether a frame is what an edge waits for: done, or ended whatever its outcome."""
        return bool(self.flags[index] & (ENDED if on_finish else MET))

    def is_lost(self, index: int) -> bool:
        """Tell whether a frame will never be done as things stand."""
        return bool(self.flags[index] & LOST)

    def _flags_for(self, index: int) -> int:
        state = self.state_of[index]
        if state in DONE or index in self.assumed:
            return MET | ENDED
        if state == DEAD or (
            state == DEPEND and self.doomed[index] > 0 and index not in self.freed
        ):
            return ENDED | LOST
        if self.state is JobState.FINISHED and state != RUNNING:
            return ENDED | LOST  # its job was killed
        return 0

    def _spread(self, indexes: Iterable[int]) -> Moves:
        """Tell followers of changed frames, and theirs, until nothing changes any more."""
        news = (index for index in indexes if self.flags[index] != self._flags_for(index))
        pending = deque((self, index) for index in news)
        changed = Moves()
        while pending:
            job, index = pending.popleft()
            old, new = job.flags[index], job._flags_for(index)
            if old == new:
                continue
            job.flags[index] = new
            again = bool(old & ~new & (MET | ENDED))
            for edge in job.edges_awaiting(index):
                er = edge.er
                for follower in _tell(edge, index, old, new):
                    if er._settle(follower, again=again):
                        changed.note(self, er, follower)
                    pending.append((er, follower))
        return changed

    def _settle(self, index: int, *, again: bool = False) -> bool:
        """Move a frame to where its unmet count says it belongs; tell whether it changed.

        Args:
            index: The frame.
            again: Something it waits for is being made again: if it has run, it runs again too,
                unless its job has ended.
        """
        state = self.state_of[index]
        if not self.must_wait(index):
            if state == DEPEND:
                self._put(index, WAITING)
            return state == DEPEND
        if state == WAITING:
            self._put(index, DEPEND)
            return True
        return again and self.state is JobState.PENDING and self._run_again(index, state)

    def _run_again(self, index: int, state: int) -> bool:
        """See to it that a frame whose input is being made again runs after that."""
        if state in HANDED_OVER and index not in self.outdated:
            self.outdated.add(index)
            return True
        if state in (SUCCEEDED, DEAD):
            self._put(index, DEPEND)
            return True
        return False

    # -- depends while the job runs ----------------------------------------------------------

    def attach(self, edge: Edge, *, active: bool = True) -> Moves:
        """Take an edge in that is not of the spec; return the frames whose state changed.

        Frames that run, or have run, are left alone.
        """
        self._file(edge)
        edge.recount()
        edge.active = False
        return self.enforce(edge) if active else Moves()

    def leave(self) -> None:
        """Make the jobs that this one waits for forget it."""
        for edge in self.edges:
            if edge.on is not self:
                edge.on._awaited.remove(edge, edge.on_end)

    def enforce(self, edge: Edge) -> Moves:
        """Put an edge in force; return the frames whose state changed."""
        return Moves() if edge.active else self._set_active(edge, active=True)

    def release(self, edge: Edge) -> Moves:
        """Take an edge out of force; return the frames whose state changed."""
        return self._set_active(edge, active=False) if edge.active else Moves()

    def _set_active(self, edge: Edge, *, active: bool) -> Moves:
        self._weigh(edge, active=active)
        changed = Moves(index for index in edge.waiting() if self._settle(index))
        return changed.join(self._spread(edge.waiting()))

    def _weigh(self, edge: Edge, *, active: bool) -> None:
        """Add to the counts of waiting frames what an edge demands, or take it off."""
        sign = 1 if active else -1
        edge.active = active
        for index, unmet, doomed in edge.outstanding():
            self.unmet[index] += sign * unmet
            self.doomed[index] += sign * doomed

    def free(self, index: int) -> Moves:
        """Let one frame run whatever it waits for; return the frames whose state changed."""
        self.freed.add(index)
        return self._reconsider([index])

    def wait_again(self, index: int) -> Moves:
        """Let one frame wait again for what it was freed from."""
        self.freed.discard(index)
        return self._reconsider([index])

    def assume_done(self, index: int) -> Moves:
        """Release what waits for a frame, whatever its state; return the frames that moved."""
        self.assumed.add(index)
        return self._spread([index])

    def doubt(self, index: int) -> Moves:
        """Take back that a frame was declared done; return the frames that moved."""
        self.assumed.discard(index)
        return self._spread([index])

    def state_changed(self) -> Moves:
        """Tell those that wait for this job that it was killed, or goes on after all."""
        return self._spread(range(self.size))

    def _reconsider(self, indexes: Sequence[int]) -> Moves:
        changed = Moves(index for index in indexes if self._settle(index))
        return changed.join(self._spread(indexes))

    # -- what is kept on disk ----------------------------------------------------------------

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
            index in self.freed,
            index in self.assumed,
            intent.value if intent else "",
            self.reasons.get(index, ""),
            self.spared[index],
            self.raises[index],
            *(self.reserved.get(index) or self.promised.get(index, (0.0, 0))),
            index in self.outdated,
        )

    def restore(self, rows: Iterable[FrameRow], inactive_edges: Iterable[int]) -> None:
        """Bring a fresh job to a stored state, but for what other jobs and added edges say.

        WAITING and DEPEND are not believed: they follow from the rest.
        """
        touched = [self._restore_row(row) for row in rows]
        for position in inactive_edges:
            if position < len(self.edges):
                self._weigh(self.edges[position], active=False)
        for index in range(self.size):
            self._settle(index)
        self._spread(touched if self.state is JobState.PENDING else range(self.size))

    def _restore_row(self, row: FrameRow) -> int:
        index = row.frame
        if row.state == RUNNING and not row.start_at:
            self._put(index, SETUP)
        elif row.state not in (WAITING, DEPEND):
            self._put(index, FrameState(row.state))
        self.attempt[index], self.retries[index] = row.attempt, row.retries
        self.exit_status[index], self.exit_signal[index] = row.exit_status, row.exit_signal
        self.start_at[index], self.stop_at[index] = row.start_at, row.stop_at
        self.set_figures(index, wall_s=row.wall_s, cpu_s=row.cpu_s, max_rss_kb=row.max_rss_kb)
        self.spared[index], self.raises[index] = row.spared, row.raises
        if row.held_cores:
            holds = self.promised if self.state_of[index] == SETUP else self.reserved
            holds[index] = row.held_cores, row.held_mb
        if row.freed:
            self.freed.add(index)
        if row.assumed:
            self.assumed.add(index)
        if row.intent:
            self.intents[index] = Intent(row.intent)
        if row.reason:
            self.reasons[index] = row.reason
        if row.outdated:
            self.outdated.add(index)
        return index

    # -- questions ---------------------------------------------------------------------------

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


def _tell(edge: Edge, index: int, old: int, new: int) -> list[int]:
    """Apply one awaited frame's change to an edge; return the waiting frames it touches."""
    bit = ENDED if edge.on_finish else MET
    met = bool(new & bit) - bool(old & bit)
    lost = 0 if edge.on_finish else bool(new & LOST) - bool(old & LOST)
    if not (met or lost):
        return []
    was = edge.gate_closed, edge.gate_lost
    edge.open_count -= met
    edge.lost += lost
    if not edge.active:
        return []
    er = edge.er
    touched = list(edge.followers(index))
    for follower in touched:
        er.unmet[follower] -= met
        er.doomed[follower] += lost
    closed = edge.gate_closed - was[0]
    in_vain = edge.gate_lost - was[1]
    if closed or in_vain:
        for follower in edge.gated():
            er.unmet[follower] += closed
            er.doomed[follower] += in_vain
            touched.append(follower)
    return touched


def _waits(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Return the layers that each layer waits for, itself left out."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        if edge.spec.layer != edge.spec.on:
            found.setdefault(edge.spec.layer, []).append(edge.spec.on)
    return found


def _is_partial(edge: Edge) -> bool:
    """Tell whether layers may wait for each other by this without their frames doing so."""
    return edge.spec.kind is EdgeKind.PREVIOUS_FRAME or edge.er_end.single or edge.on_end.single


def _own_frames(edges: Iterable[Edge]) -> list[str] | None:
    """Return a layer, as a cycle, of which single frames wait for each other."""
    own = (edge.spec for edge in edges if edge.er_end.single and edge.spec.layer == edge.spec.on)
    return next(([spec.layer, spec.on] for spec in own), None)


def _layers_of(spec: JobSpec) -> list[Layer]:
    if not spec.layers:
        raise InvalidSpecError(where="job", value=spec.name, reason="has no layers; add one")
    if len(spec.layers) > MAX_LAYERS:
        raise InvalidSpecError(
            where="number of layers", value=len(spec.layers), reason=f"more than {MAX_LAYERS:,}"
        )
    layers: list[Layer] = []
    names: set[str] = set()
    start = 0
    for index, layer_spec in enumerate(spec.layers):
        if layer_spec.name in names:
            raise InvalidSpecError(
                where="layer", value=layer_spec.name, reason="is there twice; rename one of them"
            )
        names.add(layer_spec.name)
        layer = Layer(layer_spec, index, start, spec.max_retries)
        layers.append(layer)
        start = layer.end
        if start > MAX_FRAMES:
            raise InvalidSpecError(
                where=f"layer {layer.name!r}, range",
                value=layer_spec.range,
                reason=f"the job has more than {MAX_FRAMES:,} frames; use a larger chunk",
            )
    return layers
