"""Which running frames exceed their layer's time-outs, by the monotonic clock, or their memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cuelet.core.operations.command import Place, log_path
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.states import RUNNING

LogStamp = Callable[[str], object]
"""Returns something that changes whenever a log file grows."""


class Watchdog:
    """Remember since when runs live and their logs are silent.

    Args:
        monotonic: Seconds of a clock that nobody sets.
        log_stamp: Looks at a log file.
    """

    def __init__(self, monotonic: Callable[[], float], log_stamp: LogStamp) -> None:
        self._monotonic, self._log_stamp = monotonic, log_stamp
        self._began: dict[str, float] = {}
        self._heard: dict[str, tuple[object, float]] = {}
        self._over_memory: set[str] = set()

    def began(self, run_id: str, *, ago_s: float = 0.0) -> None:
        """Note that a run lives, for ``ago_s`` seconds already."""
        self._began[run_id] = self._monotonic() - ago_s

    def ended(self, run_id: str) -> None:
        """Forget a run."""
        self._began.pop(run_id, None)
        self._heard.pop(run_id, None)
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
                timed = layer.spec.timeout_s or layer.spec.timeout_llu_s
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
        limit_s = layer.spec.timeout_s
        began = self._began.get(job.run_id(index))
        if not limit_s or began is None or self._monotonic() - began <= limit_s:
            return ""
        return f"killed: ran longer than its timeout of {limit_s // 60} min"

    def _too_quiet(self, job: Job, index: int, layer: Layer, place: Place) -> str:
        limit_s, now = layer.spec.timeout_llu_s, self._monotonic()
        if not limit_s:
            return ""
        run, stamp = job.run_id(index), self._log_stamp(log_path(job, index, place))
        heard = self._heard.get(run)
        if heard is None or heard[0] != stamp:
            self._heard[run] = stamp, now
            return ""
        if now - heard[1] <= limit_s:
            return ""
        return f"killed: its log was silent longer than timeout_llu of {limit_s // 60} min"
