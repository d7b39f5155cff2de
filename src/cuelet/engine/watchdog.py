"""Which running frames exceed their layer's time-outs, by the monotonic clock, or their memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from cuelet.core.operations.command import Place, log_path
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.runs import LiveRun
from cuelet.core.values.states import RUNNING
from cuelet.engine.ports import Clock

_CLOCK_DRIFT_S: Final = 2.0
"""What the wall clock may differ from the monotonic one over a run without having been set."""


class LogStamp(NamedTuple):
    """What changes whenever a log file grows; zeros when it is not there."""

    size: int
    at: float
    """Epoch seconds of its last change."""


LookAtLog = Callable[[str], LogStamp]
"""Looks at the log file of a path."""


class Watchdog:
    """Remember since when runs live and their logs are silent.

    Args:
        clock: The time.
        look_at_log: Looks at a log file.
    """

    def __init__(self, clock: Clock, look_at_log: LookAtLog) -> None:
        self._clock, self._look_at_log = clock, look_at_log
        self._began: dict[str, float] = {}
        self._heard: dict[str, tuple[LogStamp, float]] = {}
        self._taken_over: set[str] = set()
        self._over_memory: set[str] = set()

    def began(self, run_id: str) -> None:
        """Note that a run begins to live."""
        self._began[run_id] = self._clock.monotonic()

    def take_over(self, live: LiveRun) -> None:
        """Note a run that began under another process of the farm.

        How long its log is silent then follows from when the file was last written to, unless
        the wall clock was set since the run began.
        """
        self._began[live.run_id] = self._clock.monotonic() - live.wall_s
        if abs(self._clock.now() - live.wall_s - live.at) < _CLOCK_DRIFT_S:
            self._taken_over.add(live.run_id)

    def ended(self, run_id: str) -> None:
        """Forget a run."""
        self._began.pop(run_id, None)
        self._heard.pop(run_id, None)
        self._taken_over.discard(run_id)
        self._over_memory.discard(run_id)

    def is_first_excess(self, run_id: str) -> bool:
        """Tell whether a run is met for the first time with more memory than it reserved."""
        is_first = run_id not in self._over_memory
        self._over_memory.add(run_id)
        return is_first

    def overdue(self, farm: Farm, place: Place) -> Iterator[tuple[str, str]]:
        """Yield the runs to kill, with the reason in words."""
        for job in farm.order:
            for layer in job.layers:
                timed = layer.timeout_s or layer.timeout_llu_s
                if timed and layer.counts[RUNNING]:
                    yield from self._overdue_in(job, layer, place)

    def _overdue_in(self, job: Job, layer: Layer, place: Place) -> Iterator[tuple[str, str]]:
        for index in job.frames_in(layer, frozenset({RUNNING})):
            if index in job.intents:
                continue
            if reason := self._too_long(job, index, layer) or self._too_quiet(
                job, index, layer, place
            ):
                yield job.run_id(index), reason

    def _too_long(self, job: Job, index: int, layer: Layer) -> str:
        limit_s = layer.timeout_s
        began = self._began.get(job.run_id(index))
        if not limit_s or began is None or self._clock.monotonic() - began <= limit_s:
            return ""
        return f"killed: ran longer than its timeout of {limit_s // 60} min"

    def _too_quiet(self, job: Job, index: int, layer: Layer, place: Place) -> str:
        limit_s = layer.timeout_llu_s
        if not limit_s or self._silent_s(job.run_id(index), log_path(job, index, place)) <= limit_s:
            return ""
        return f"killed: its log was silent longer than timeout_llu of {limit_s // 60} min"

    def _silent_s(self, run_id: str, path: str) -> float:
        """Return the seconds since a run's log was last seen to have grown."""
        stamp, now = self._look_at_log(path), self._clock.monotonic()
        heard = self._heard.get(run_id)
        if heard is None or heard[0] != stamp:
            heard = stamp, now - self._silent_before_s(run_id, stamp)
            self._heard[run_id] = heard
        return now - heard[1]

    def _silent_before_s(self, run_id: str, stamp: LogStamp) -> float:
        if run_id not in self._taken_over:
            return 0.0
        self._taken_over.discard(run_id)
        lived_s = self._clock.monotonic() - self._began[run_id]
        return min(max(self._clock.now() - stamp.at, 0.0), lived_s)
