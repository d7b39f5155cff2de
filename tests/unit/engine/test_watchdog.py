"""Frames that take too long or fall silent are found, whatever the wall clock does."""

from __future__ import annotations

import pytest

from cuelet.core.operations import attempts, launching
from cuelet.core.operations.command import Place
from cuelet.core.operations.site.settings import set_of_layer
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.values import ids
from cuelet.core.values.runs import LiveRun, RunExited
from cuelet.core.values.states import DEAD
from cuelet.engine.watchdog import LogStamp, Watchdog
from outline.jobspec.model import JobSpec, LayerSpec

PLACE = Place(host="here", log_root="/logs", scratch="/")


class Bench:
    """One running frame and a clock moved by hand."""

    def __init__(self, **layer: int) -> None:
        self.elapsed_s, self.set_s = 1000.0, 1.7e9
        self.stamp = LogStamp(0, self.now())
        self.farm = Farm(cores=1, memory_mb=1000)
        spec = JobSpec(
            name="a-b-c_job", show="a", shot="b", user="c", layers=(LayerSpec(name="aaa", **layer),)
        )
        (self.job,) = launching.launch(self.farm, [spec], [ids.job_id(1)], Decision(), now=0)
        dispatch(self.farm, Decision(), now=0)
        self.dog = Watchdog(self, lambda path: self.stamp)
        self.dog.began(self.job.run_id(0))

    def now(self) -> float:
        return self.set_s + self.elapsed_s

    def monotonic(self) -> float:
        return self.elapsed_s

    def since_boot(self) -> float:
        return self.elapsed_s

    def restart(self, live: LiveRun) -> None:
        self.dog = Watchdog(self, lambda path: self.stamp)
        self.dog.take_over(live)

    def live(self, wall_s: float) -> LiveRun:
        return LiveRun(self.job.run_id(0), 1, 1, self.now() - wall_s, wall_s)

    def overdue(self) -> list[str]:
        return [reason for _, reason in self.dog.overdue(self.farm, PLACE)]


def test_a_frame_may_run_as_long_as_its_timeout_says() -> None:
    bench = Bench(timeout_s=60)

    bench.elapsed_s += 60
    assert bench.overdue() == []
    bench.elapsed_s += 1
    assert bench.overdue() == ["killed: ran longer than its timeout of 1 min"]


def test_a_timeout_set_while_a_frame_runs_holds_for_it() -> None:
    bench = Bench()
    bench.elapsed_s += 61
    assert bench.overdue() == []

    set_of_layer(bench.farm, bench.job, bench.job.layers[0], Decision(), timeout_s=60)
    assert bench.overdue() == ["killed: ran longer than its timeout of 1 min"]
    set_of_layer(bench.farm, bench.job, bench.job.layers[0], Decision(), timeout_s=0)
    assert bench.overdue() == []


def test_a_run_taken_over_from_before_counts_from_its_beginning() -> None:
    bench = Bench(timeout_s=60)

    bench.restart(bench.live(61))

    assert len(bench.overdue()) == 1


def test_a_log_that_grows_keeps_a_frame_alive_and_a_silent_one_does_not() -> None:
    bench = Bench(timeout_llu_s=60)

    for _ in range(5):
        bench.elapsed_s += 59
        bench.stamp = LogStamp(bench.stamp.size + 1, bench.now())
        assert bench.overdue() == []
    bench.elapsed_s += 61
    assert "silent longer" in bench.overdue()[0]


def test_silence_goes_on_counting_over_restarts_of_the_farm() -> None:
    bench = Bench(timeout_llu_s=60)

    for _ in range(3):
        bench.elapsed_s += 20
        bench.restart(bench.live(bench.elapsed_s - 1000))
        assert bench.overdue() == []
    bench.elapsed_s += 1

    assert "silent longer" in bench.overdue()[0]


@pytest.mark.parametrize("set_by_s", [-86_400.0, 365 * 86_400.0])
def test_a_clock_set_while_no_farm_ran_ends_no_frame(set_by_s: float) -> None:
    bench = Bench(timeout_llu_s=60)
    live = bench.live(600)
    bench.set_s += set_by_s

    bench.restart(live)
    assert bench.overdue() == []
    bench.elapsed_s += 61

    assert len(bench.overdue()) == 1


def test_a_log_older_than_its_run_was_silent_as_long_as_the_run_lived() -> None:
    bench = Bench(timeout_llu_s=60)
    bench.stamp = LogStamp(0, 0.0)

    bench.restart(bench.live(59))

    assert bench.overdue() == []


def test_a_frame_without_timeouts_is_left_alone() -> None:
    bench = Bench()

    bench.elapsed_s += 1e9

    assert bench.overdue() == []


def test_a_timed_out_frame_ends_dead_whatever_retries_are_left() -> None:
    bench = Bench(timeout_s=60, retries=5)
    decision = Decision()
    attempts.time_out(bench.job, 0, "killed: too long", decision)
    assert decision.kills == [bench.job.run_id(0)]

    attempts.on_run_exited(
        bench.farm, RunExited(bench.job.run_id(0), 143, 15, 0, 0, 0, 1.0), Decision()
    )

    assert bench.job.state_of[0] == DEAD
    assert bench.job.reasons[0] == "killed: too long"
    assert bench.overdue() == []
