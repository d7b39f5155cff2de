"""One job at run time: its edges, and how a change of a frame's state spreads along them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from cuelet.core.state.changes import AS_A_WHOLE, Changes
from cuelet.core.state.comment import Comment
from cuelet.core.state.edges import ENDED, MET, UNREACHABLE, Edge, EdgeIndex, End
from cuelet.core.state.frame_table import FrameTable, zeros
from cuelet.core.state.layer import Layer, layers_of
from cuelet.core.state.own_cycles import refuse_cycles
from cuelet.core.state.setup.identity import show_id
from cuelet.core.state.setup.settings import JobSettings
from cuelet.core.state.setup.shares import Share
from cuelet.core.values import ids
from cuelet.core.values.states import (
    DEAD,
    DEPEND,
    DONE,
    FRAME_MOVES,
    RUNNING,
    SUCCEEDED,
    WAITING,
    WITH_RUNNER,
    FrameState,
    JobState,
)
from outline.jobspec.model import JobSpec

_FLAGS = bytes(
    MET | ENDED if state in DONE else ENDED | UNREACHABLE if state == DEAD else 0
    for state in range(256)
)
"""Flags of a frame by its state, while its job goes on."""
_FLAGS_KILLED = bytes(
    flags or (0 if state == RUNNING else ENDED | UNREACHABLE) for state, flags in enumerate(_FLAGS)
)
"""The same once its job was killed."""


class Job(FrameTable):
    """One job at run time: its frames, what waits for what, and how a change of one moves others."""

    def __init__(self, spec: JobSpec, job_id: str, *, submitted_at: float) -> None:
        self.spec, self.id, self.submitted_at = spec, job_id, submitted_at
        self.state = JobState.PENDING
        self.paused, self.priority = spec.paused, spec.priority
        self.autoeat, self.max_retries = spec.autoeat, spec.max_retries
        self.min_cores, self.max_cores = 1.0, spec.max_cores
        self.stopped_at = 0.0
        self.cores_in_use = 0.0
        self.show_id, self.group_id = show_id(spec.show), ""
        """Where it belongs; a job without a group is in the root group of its show."""
        self.shares: tuple[Share, ...] = ()
        """What limits it together with other jobs."""
        self.settings = JobSettings(id=job_id)
        self.launch_token = ""
        """What the client called the launch; empty when it said nothing."""
        self.comments: list[Comment] = []
        """Oldest first."""
        super().__init__(layers_of(spec))
        self.queue = list(self.layers)
        """Layers in the order in which they have their turn."""
        self.by_name = {layer.name: layer for layer in self.layers}
        self.edges: list[Edge] = []
        """What waits: those of the spec, then those that came later; the index is their id."""
        self._waits = EdgeIndex(len(self.layers))
        self._awaited = EdgeIndex(len(self.layers))
        for edge in spec.edges:
            self._register(Edge(edge, len(self.edges), self, self))
        refuse_cycles(self)
        self._settle()

    # -- shape -------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Wire name."""
        return self.spec.name

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
        return [edge for edge in self._awaited.every() if edge.waiter is not self]

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

    def sort_layers(self) -> None:
        """Order the layers anew: dispatch order, then order of launch."""
        self.queue = sorted(self.layers, key=lambda layer: (layer.dispatch_order, layer.index))

    def _register(self, edge: Edge) -> None:
        """Make an edge known to the jobs at both ends; this one waits."""
        self.edges.append(edge)
        self._waits.add(edge, edge.waiting_end)
        if edge.links.awaited:
            edge.awaited._awaited.add(edge, edge.awaited_end)

    # -- how a change spreads ----------------------------------------------------------------

    def move(self, index: int, state: FrameState, changes: Changes) -> None:
        """Move a frame, let the change spread, and note every frame that moved.

        WAITING stands for "to be run": it becomes DEPEND while something is unmet.

        Raises:
            AssertionError: `FRAME_MOVES` has no such move.
        """
        if state == WAITING and self.must_wait(index):
            state = DEPEND
        before = FrameState(self.state_of[index])
        assert state == before or state in FRAME_MOVES[before], f"{before.name} -> {state.name}"
        if state == before:
            return
        if state not in WITH_RUNNER:
            self.rerun_pending.discard(index)
            self.prefetched_reservations.pop(index, None)
        self._set_state(index, state)
        changes.frame(self, index)
        self._spread([index], changes)

    def must_wait(self, index: int) -> bool:
        """Tell whether something a frame waits for is unmet."""
        return self.unmet[index] > 0 and index not in self.depends_ignored

    def is_over(self, index: int, *, on_finish: bool) -> bool:
        """Tell whether a frame is what an edge waits for: done, or ended whatever its outcome."""
        return bool(self.flags[index] & (ENDED if on_finish else MET))

    def is_unreachable(self, index: int) -> bool:
        """Tell whether a frame will never be done as things stand."""
        return bool(self.flags[index] & UNREACHABLE)

    def _flags_for(self, index: int) -> int:
        state = self.state_of[index]
        if state in DONE or index in self.marked_done:
            return MET | ENDED
        if state == DEAD or (
            state == DEPEND and self.unreachable[index] > 0 and index not in self.depends_ignored
        ):
            return ENDED | UNREACHABLE
        if self.state is JobState.FINISHED and state != RUNNING:
            return ENDED | UNREACHABLE  # its job was killed
        return 0

    def _spread(self, indexes: Iterable[int], changes: Changes) -> None:
        """Tell followers of changed frames, and theirs, until nothing changes any more."""
        news = (index for index in indexes if self.flags[index] != self._flags_for(index))
        pending = deque((self, index) for index in news)
        while pending:
            job, index = pending.popleft()
            old, new = job.flags[index], job._flags_for(index)
            if old == new:
                continue
            job.flags[index] = new
            again = bool(old & ~new & (MET | ENDED))
            for edge in job.edges_awaiting(index):
                waiter = edge.waiter
                for follower in _propagate(edge, index, old, new):
                    if waiter._recompute(follower, again=again):
                        changes.moved(waiter, follower)
                    pending.append((waiter, follower))

    def _recompute(self, index: int, *, again: bool = False) -> bool:
        """Move a frame to where its unmet count says it belongs; tell whether it changed.

        Args:
            index: The frame.
            again: Something it waits for is being made again: if it has run, it runs again too,
                unless its job has ended.
        """
        state = self.state_of[index]
        if not self.must_wait(index):
            if state == DEPEND:
                self._set_state(index, WAITING)
            return state == DEPEND
        if state == WAITING:
            self._set_state(index, DEPEND)
            return True
        return again and self.state is JobState.PENDING and self._run_again(index, state)

    def _run_again(self, index: int, state: int) -> bool:
        """See to it that a frame whose input is being made again runs after that."""
        if state in WITH_RUNNER and index not in self.rerun_pending:
            self.rerun_pending.add(index)
            return True
        if state in (SUCCEEDED, DEAD):
            self._set_state(index, DEPEND)
            return True
        return False

    # -- depends while the job runs ----------------------------------------------------------

    def attach(self, edge: Edge, changes: Changes, *, active: bool = True) -> None:
        """Take an edge in that is not of the spec; frames that run, or have run, are left alone."""
        self._register(edge)
        edge.recount()
        edge.active = False
        if active:
            self.enforce(edge, changes)

    def leave(self) -> None:
        """Make the jobs that this one waits for forget it."""
        for edge in self.edges:
            if edge.awaited is not self:
                edge.awaited._awaited.remove(edge, edge.awaited_end)

    def enforce(self, edge: Edge, changes: Changes) -> None:
        """Put an edge in force."""
        if not edge.active:
            self._set_active(edge, changes, active=True)

    def release(self, edge: Edge, changes: Changes) -> None:
        """Take an edge out of force."""
        if edge.active:
            self._set_active(edge, changes, active=False)

    def _set_active(self, edge: Edge, changes: Changes, *, active: bool) -> None:
        self._apply_counts(edge, active=active)
        changes.edge(edge)
        self._reconsider(edge.waiting(), changes)

    def _apply_counts(self, edge: Edge, *, active: bool) -> None:
        """Add to the counts of waiting frames what an edge demands, or take it off."""
        sign = 1 if active else -1
        edge.active = active
        for index, unmet, unreachable in edge.outstanding():
            self.unmet[index] += sign * unmet
            self.unreachable[index] += sign * unreachable

    def free(self, index: int, changes: Changes) -> None:
        """Let one frame run whatever it waits for."""
        self.depends_ignored.add(index)
        changes.frame(self, index)
        self._reconsider([index], changes)

    def wait_again(self, index: int, changes: Changes) -> None:
        """Let one frame wait again for what it was freed from."""
        self.depends_ignored.discard(index)
        changes.frame(self, index)
        self._reconsider([index], changes)

    def mark_done(self, index: int, changes: Changes) -> None:
        """Release what waits for a frame, whatever its state."""
        self.marked_done.add(index)
        changes.frame(self, index)
        self._spread([index], changes)

    def unmark_done(self, index: int, changes: Changes) -> None:
        """Take back that a frame was declared done."""
        self.marked_done.discard(index)
        changes.frame(self, index)
        self._spread([index], changes)

    def state_changed(self, changes: Changes) -> None:
        """Tell those that wait for this job that it was killed, or goes on after all."""
        self._spread(range(self.size), changes)

    def _reconsider(self, indexes: Sequence[int], changes: Changes) -> None:
        """Move frames to where their unmet counts say they belong, and let that spread."""
        for index in indexes:
            if self._recompute(index):
                changes.moved(self, index)
        self._spread(indexes, changes)

    # -- what is kept on disk ----------------------------------------------------------------

    def restore(self, rows: Iterable[Sequence[Any]], inactive_edges: Iterable[int]) -> None:
        """Bring a fresh job to a stored state, but for what other jobs and added edges say.

        Args:
            rows: What `row` returned of frames, or plain tuples of it.
            inactive_edges: Indexes of edges that are not in force.

        WAITING and DEPEND are not believed: they follow from the rest.
        """
        self.restore_rows(rows)
        for position in inactive_edges:
            if position < len(self.edges):
                self.edges[position].active = False
        self._settle()

    def _settle(self) -> None:
        """Work out afresh, from the states of all frames, who waits for what and who may run.

        What `_spread` does frame by frame, for all frames of a job and in bulk: a job of a million
        frames is launched, or read, in a fraction of a second.
        """
        self.flags = self._all_flags()
        self.unmet, self.unreachable = zeros("I", self.size), zeros("I", self.size)
        for edge in self.edges:
            edge.recount()
            if edge.active:
                edge.fill(self.unmet, self.unreachable)
        self._hold_back()
        if any(edge.lost for edge in self.edges):
            vain = [index for index, lost in enumerate(self.unreachable) if lost]
            self._spread(vain, AS_A_WHOLE)

    def _all_flags(self) -> bytearray:
        """Return the flags of all frames, but for those that wait in vain."""
        killed = self.state is JobState.FINISHED
        flags = self.state_of.translate(_FLAGS_KILLED if killed else _FLAGS)
        for index in self.marked_done:
            flags[index] = MET | ENDED
        return flags

    def _hold_back(self) -> None:
        """Let frames that are to be run be in DEPEND or WAITING, as what they wait for is unmet."""
        held = bytearray(map(bool, self.unmet))
        for index in self.depends_ignored:
            held[index] = 0
        self.set_to_run(held)


def _propagate(edge: Edge, index: int, old: int, new: int) -> list[int]:
    """Apply one awaited frame's change to an edge; return the waiting frames it touches."""
    bit = ENDED if edge.on_finish else MET
    met = bool(new & bit) - bool(old & bit)
    lost = 0 if edge.on_finish else bool(new & UNREACHABLE) - bool(old & UNREACHABLE)
    if not (met or lost):
        return []
    was = edge.barrier_closed, edge.barrier_unreachable
    edge.open_count -= met
    edge.lost += lost
    if not edge.active:
        return []
    waiter = edge.waiter
    touched = list(edge.followers(index))
    for follower in touched:
        waiter.unmet[follower] -= met
        waiter.unreachable[follower] += lost
    closed = edge.barrier_closed - was[0]
    in_vain = edge.barrier_unreachable - was[1]
    if closed or in_vain:
        for follower in edge.barrier_tasks():
            waiter.unmet[follower] += closed
            waiter.unreachable[follower] += in_vain
            touched.append(follower)
    return touched
