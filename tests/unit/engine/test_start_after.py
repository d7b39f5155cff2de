"""A layer that waits for its time starts when the clock says so, and nobody has to ask."""

from __future__ import annotations

import asyncio

import pytest

from cuelet.core.operations.machine import offer
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.values.errors import InvalidRequestError
from cuelet.core.values.states import RUNNING, WAITING
from cuelet.engine import engine
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import spec_of
from tests.unit.engine.test_engine import Bay, run


class SetClock:
    """A clock that somebody sets."""

    at = 100.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    def since_boot(self) -> float:
        return 0.0


def bay_with_clock() -> tuple[Bay, SetClock]:
    bay, clock = Bay(), SetClock()
    bay.engine._clock = clock
    return bay, clock


def waiting_until(at: float) -> LayerSpec:
    return LayerSpec(name="main", command="x", start_after=at)


def test_a_layer_starts_when_its_time_has_come_without_any_event() -> None:
    async def session() -> None:
        bay, clock = bay_with_clock()
        async with bay:
            job = await bay.launch(spec_of(waiting_until(100.02)))
            assert job.state_of[0] == WAITING
            await asyncio.sleep(0.05)  # the alarm goes off early by the clock that counts
            assert job.state_of[0] == WAITING

            clock.at = 100.02
            await bay.settle(lambda: job.state_of[0] == RUNNING)

    run(session)


def test_a_clock_that_is_set_forward_is_noticed_within_a_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "TICK_S", 0.01)

    async def session() -> None:
        bay, clock = bay_with_clock()
        async with bay:
            job = await bay.launch(spec_of(waiting_until(1e9)))
            clock.at = 2e9
            await bay.settle(lambda: job.state_of[0] == RUNNING)

    run(session)


def test_no_timer_is_set_while_nothing_waits_for_its_time() -> None:
    async def session() -> None:
        bay, _ = bay_with_clock()
        async with bay:
            await bay.launch()
            await bay.settle(lambda: True)
            assert bay.engine._start_timer is None

    run(session)


def test_what_the_machine_offers_counts_before_anything_is_booked() -> None:
    async def session() -> None:
        bay, _ = bay_with_clock()
        async with bay:
            job = await bay.launch(spec_of(LayerSpec(name="main", command="x", services=("maya",))))
            assert job.state_of[0] == RUNNING
        again = Bay(store=bay.store)
        again.store._jobs[job.id]["rows"].clear()  # it has never run

        def first(farm: Farm, decision: Decision, now: float) -> None:
            offer(farm, decision, services=["nuke"])

        await again.engine.start(first)
        assert again.states() == [WAITING]
        await again.runner.close()

    run(session)


def test_an_offer_that_makes_no_sense_keeps_the_farm_from_starting() -> None:
    async def session() -> None:
        def first(farm: Farm, decision: Decision, now: float) -> None:
            offer(farm, decision, gpus=-1)

        with pytest.raises(InvalidRequestError):
            await Bay().engine.start(first)

    run(session)
