"""Somebody sets the wall clock: ages of what goes on stay right, at once, after failures and restarts."""

from __future__ import annotations

import pytest

from cuelet.core.operations import requests
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.values.runs import RunStarted
from cuelet.engine.clock_watch import ClockWatch
from tests.unit.engine.test_engine import Bay, DiskFullError, run

DAY_S = 86_400.0


class SetClock:
    """A wall clock that somebody sets, and one that nobody does."""

    def __init__(self) -> None:
        self.set_s, self.boot_s = 1.7e9, 1000.0

    def now(self) -> float:
        return self.set_s + self.boot_s

    def monotonic(self) -> float:
        return self.boot_s

    def since_boot(self) -> float:
        return self.boot_s


def bay_with_clock(before: Bay | None = None, drift_s: float | None = None) -> tuple[Bay, SetClock]:
    clock = SetClock()
    bay = Bay(store=before.store) if before else Bay()
    bay.engine._clock = clock
    bay.engine._clock_watch = ClockWatch(clock, drift_s)
    return bay, clock


def pause(farm: Farm, decision: Decision, now: float) -> None:
    (job,) = farm.jobs.values()
    requests.set_paused(job, decision, paused=True)


@pytest.mark.parametrize("by_s", [-DAY_S, 365 * DAY_S, 3.0])
def test_ages_of_a_job_and_its_running_frames_stay(by_s: float) -> None:
    async def session() -> None:
        bay, clock = bay_with_clock()
        async with bay:
            job = await bay.launch()
            clock.boot_s += 100
            clock.set_s += by_s

            await bay.engine.submit(pause)

            assert clock.now() - job.submitted_at == pytest.approx(100)
            assert clock.now() - job.start_at[0] == pytest.approx(100)
            assert job.start_at[2] == 0.0

    run(session)


def test_an_ended_job_keeps_its_times() -> None:
    async def session() -> None:
        bay, clock = bay_with_clock()
        async with bay:
            job = await bay.launch()
            while bay.runner.live:
                bay.runner.finish(bay.runner.live[0])
                acked = len(bay.runner.acked)
                await bay.settle(lambda acked=acked: len(bay.runner.acked) > acked)
            before = job.submitted_at, job.stopped_at
            clock.set_s += DAY_S

            await bay.launch(number=2)

            assert (job.submitted_at, job.stopped_at) == before

    run(session)


def test_a_clock_set_while_the_disk_was_full_is_followed_later() -> None:
    async def session() -> None:
        bay, clock = bay_with_clock()
        async with bay:
            await bay.launch()
            clock.set_s += DAY_S
            bay.store.fails = 1
            with pytest.raises(DiskFullError):
                await bay.engine.submit(pause)

            await bay.engine.submit(pause)

            assert clock.now() - bay.job.submitted_at == pytest.approx(0)

    run(session)


def test_a_clock_set_while_no_farm_ran_is_followed_by_the_next() -> None:
    async def session() -> None:
        first, clock = bay_with_clock()
        async with first:
            await first.launch()
        drift_s = first.engine.drift_s

        second, clock = bay_with_clock(first, drift_s)
        clock.set_s -= DAY_S
        clock.boot_s += 50
        async with second:
            assert clock.now() - second.job.submitted_at == pytest.approx(50)

    run(session)


def test_small_corrections_and_a_long_sleep_are_no_clock_that_was_set() -> None:
    clock = SetClock()
    watch = ClockWatch(clock)

    clock.set_s += 1.9
    assert watch.look() == 0.0
    watch.settle()
    clock.set_s += 1.9
    assert watch.look() == 0.0
    watch.settle()
    clock.boot_s += 8 * 3600
    assert watch.look() == 0.0


def test_a_run_taken_over_began_as_long_ago_as_it_lives() -> None:
    async def session() -> None:
        bay, clock = bay_with_clock()
        async with bay:
            await bay.launch()
            (live,) = (await bay.runner.connect()).running[:1]

            found = bay.engine._started_of(live)

            assert found == RunStarted(live.run_id, live.pid, clock.now() - live.wall_s)

    run(session)
