"""Frames that take too long or fall silent are found, whatever the wall clock does."""

from __future__ import annotations

from cuelet.core.operations import attempts, launching
from cuelet.core.operations.command import Place
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.values import ids
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import DEAD
from cuelet.engine.watchdog import Watchdog
from outline.jobspec.model import JobSpec, LayerSpec

PLACE = Place(host="here", log_root="/logs", scratch="/")


class Bench:
    """One running frame and a clock moved by hand."""

    def __init__(self, **layer: int) -> None:
        self.now, self.stamp = 1000.0, 0
        self.farm = Farm(cores=1, memory_mb=1000)
        spec = JobSpec(
            name="a-b-c_job", show="a", shot="b", user="c", layers=(LayerSpec(name="aaa", **layer),)
        )
        (self.job,) = launching.launch(self.farm, [spec], [ids.job_id(1)], Decision(), now=0)
        dispatch(self.farm, Decision(), now=0)
        self.dog = Watchdog(lambda: self.now, lambda path: self.stamp)
        self.dog.began(self.job.run_id(0))

    def overdue(self) -> list[str]:
        return [reason for _, reason in self.dog.overdue(self.farm, PLACE)]


def test_a_frame_may_run_as_long_as_its_timeout_says() -> None:
    bench = Bench(timeout_s=60)

    bench.now += 60
    assert bench.overdue() == []
    bench.now += 1
    assert bench.overdue() == ["killed: ran longer than its timeout of 1 min"]


def test_a_run_taken_over_from_before_counts_from_its_beginning() -> None:
    bench = Bench(timeout_s=60)

    bench.dog.began(bench.job.run_id(0), ago_s=61)

    assert len(bench.overdue()) == 1


def test_a_log_that_grows_keeps_a_frame_alive_and_a_silent_one_does_not() -> None:
    bench = Bench(timeout_llu_s=60)

    for _ in range(5):
        bench.now += 59
        bench.stamp += 1
        assert bench.overdue() == []
    bench.now += 61
    assert "silent longer" in bench.overdue()[0]


def test_a_frame_without_timeouts_is_left_alone() -> None:
    bench = Bench()

    bench.now += 1e9

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
