"""The engine between a runner without processes and a store that can fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from cuelet.core.check import check
from cuelet.core.operations import attempts, launching, requests
from cuelet.core.operations.between_jobs import StoredEdge, attach_stored
from cuelet.core.operations.command import Place
from cuelet.core.operations.exit_status import AFTER_KILL, FREE_RETRIES
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.set_aside import SetAside
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from cuelet.core.values.states import (
    DEAD,
    DEPEND,
    EATEN,
    RUNNING,
    SUCCEEDED,
    WAITING,
    Intent,
    JobState,
)
from cuelet.engine.engine import Engine
from cuelet.engine.freshness import check_nothing
from cuelet.engine.ports import CheckFiles
from cuelet.engine.watchdog import LogStamp
from cuelet.runner.testing import FakeRunner
from cuelet.store.errors import SyncError
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, spec_from_dict, spec_to_dict
from tests.unit.core.bench import spec_of

PLACE = Place(host="here", log_root="/logs", scratch="/tmp", base_env={"A": "1"})
SPEC = spec_of(
    LayerSpec(name="main", command="x", range="1-3"),
    LayerSpec(name="then", command="x"),
    edges=(EdgeSpec(layer="then", on="main"),),
    max_retries=0,
)


class DiskFullError(Exception):
    """What the store below raises."""


class MemoryStore:
    """A store that keeps rows, like the real one, and fails when told to."""

    set_aside: tuple[SetAside, ...] = ()

    def __init__(self) -> None:
        self.fails = 0
        self.commits = 0
        self.closed = False
        self._jobs: dict[str, dict[str, Any]] = {}

    def commit(self, decision: Decision) -> None:
        if self.fails:
            self.fails -= 1
            raise DiskFullError
        self.commits += 1
        for job in decision.launched:
            self._jobs[job.id] = {
                "spec": spec_to_dict(job.spec),
                "at": job.submitted_at,
                "rows": {},
            }
        for job in (*decision.launched, *decision.jobs.values()):
            self._jobs[job.id]["job"] = (job.paused, job.state, job.stopped_at)
        for job in (*decision.launched, *(edge.waiter for edge in decision.edges.values())):
            self._jobs[job.id]["edges"] = [edge.index for edge in job.edges if not edge.active]
            self._jobs[job.id]["added"] = [
                StoredEdge(job.id, edge.index, edge.spec, edge.active) for edge in job.added_edges()
            ]
        for (job_id, index), job in decision.frames.items():
            self._jobs[job_id]["rows"][index] = job.row(index)

    def load_machine(self, farm: Farm) -> None:
        """Keep no settings: none of the tests here make any."""

    def load(self) -> Iterator[Job]:
        jobs = {}
        for job_id, kept in self._jobs.items():
            job = Job(spec_from_dict(kept["spec"]), job_id, submitted_at=kept["at"])
            job.paused, job.state, job.stopped_at = kept["job"]
            job.restore(kept["rows"].values(), kept["edges"])
            jobs[job_id] = job
        attach_stored(jobs, [edge for kept in self._jobs.values() for edge in kept["added"]])
        yield from jobs.values()

    def close(self) -> None:
        self.closed = True


class StepClock:
    """A clock that moves a second whenever it is looked at."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        self.at += 1
        return self.at

    def monotonic(self) -> float:
        return self.at

    def since_boot(self) -> float:
        return self.at


class Bay:
    """An engine and what surrounds it."""

    def __init__(
        self,
        store: MemoryStore | None = None,
        runner: FakeRunner | None = None,
        *,
        rebooted: bool = False,
        check_files: CheckFiles = check_nothing,
    ) -> None:
        self.store = store or MemoryStore()
        self.runner: FakeRunner

        def make(on_events: Any, on_lost: Any) -> FakeRunner:
            self.runner = runner or FakeRunner(on_events=on_events, on_lost=on_lost)
            self.runner._on_events, self.runner._on_lost = on_events, on_lost
            return self.runner

        self.engine = Engine(
            store=self.store,
            make_runner=make,
            clock=StepClock(),
            look_at_log=lambda path: LogStamp(0, 0.0),
            place=lambda: PLACE,
            cores=2.0,
            memory_mb=4096,
            rebooted=rebooted,
            check_files=check_files,
        )

    async def __aenter__(self) -> Self:
        await self.engine.start()
        self._loop = asyncio.create_task(self.engine.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        await self.runner.close()

    async def launch(self, spec: JobSpec = SPEC, number: int = 1) -> Job:
        def request(farm: Farm, decision: Decision, now: float) -> Job:
            (job,) = launching.launch(farm, [spec], [ids.job_id(number)], decision, now=now)
            return job

        return await self.engine.submit(request)

    async def settle(self, what: Callable[[], object]) -> None:
        """Let the loop turn until something holds."""
        async with asyncio.timeout(10):
            while not what():
                await asyncio.sleep(0)
        assert check(self.engine.farm) == []

    @property
    def job(self) -> Job:
        (job,) = self.engine.farm.jobs.values()
        return job

    def states(self) -> list[int]:
        return list(self.job.state_of)


def run(session: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(session(), 30))  # type: ignore[arg-type]


def test_a_launched_job_is_committed_booked_and_spawned_as_far_as_there_is_room() -> None:
    async def session() -> None:
        async with Bay() as bay:
            job = await bay.launch()

            assert bay.states() == [RUNNING, RUNNING, WAITING, DEPEND]
            assert [request.run_id for request in bay.runner.spawned] == [
                job.run_id(0),
                job.run_id(1),
            ]
            assert bay.store.commits == 1

    run(session)


def test_a_job_runs_to_its_end_and_every_exit_is_acknowledged_after_its_commit() -> None:
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()
            while bay.runner.live:
                bay.runner.finish(bay.runner.live[0])
                acked = len(bay.runner.acked)
                await bay.settle(lambda acked=acked: len(bay.runner.acked) > acked)

            assert bay.job.state is JobState.FINISHED
            assert len(bay.runner.acked) == len(set(bay.runner.acked)) == 4
            assert bay.runner._envs == {}

    run(session)


def test_requests_that_come_together_are_committed_together() -> None:
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()
            before = bay.store.commits

            await asyncio.gather(
                *(
                    bay.engine.submit(
                        lambda farm, decision, now: requests.set_paused(
                            bay.job, decision, paused=True
                        )
                    )
                    for _ in range(50)
                )
            )

            assert bay.store.commits == before + 1

    run(session)


def test_a_refused_request_gets_its_error_and_the_others_of_its_batch_their_reply() -> None:
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()

            answers = await asyncio.gather(
                bay.engine.submit(lambda farm, decision, now: farm.get_job("nope")),
                bay.engine.submit(lambda farm, decision, now: 42),
                return_exceptions=True,
            )

            assert isinstance(answers[0], NotFoundError)
            assert answers[1] == 42

    run(session)


def test_a_launch_that_cannot_be_kept_did_not_happen() -> None:
    async def session() -> None:
        async with Bay() as bay:
            bay.store.fails = 1

            with pytest.raises(DiskFullError):
                await bay.launch()

            assert bay.engine.farm.jobs == {}
            assert bay.runner.spawned == []
            assert bay.engine.farm.free_cores == 2.0
            await bay.launch(number=2)
            assert len(bay.runner.spawned) == 2

    run(session)


def test_a_change_that_cannot_be_kept_is_taken_back_and_can_be_asked_again() -> None:
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()
            before = bay.states()

            def pause(farm: Farm, decision: Decision, now: float) -> None:
                requests.set_paused(bay.job, decision, paused=True)

            bay.store.fails = 1
            with pytest.raises(DiskFullError):
                await bay.engine.submit(pause)
            taken_back = bay.job.paused
            await bay.settle(lambda: bay.runner.is_connected and bay.states() == before)
            await bay.engine.submit(pause)

            assert taken_back is False
            assert bay.job.paused is True
            assert len(bay.runner.spawned) == 2

    run(session)


def test_an_exit_that_cannot_be_kept_is_recorded_later_and_the_frame_not_run_again() -> None:
    async def session() -> None:
        async with Bay() as bay:
            job = await bay.launch()
            first = job.run_id(0)

            bay.store.fails = 1
            bay.runner.finish(first)
            await bay.settle(lambda: first in bay.runner.acked)

            assert bay.store.fails == 0
            assert bay.states()[0] == SUCCEEDED
            assert bay.job.attempt[0] == 1
            assert [r.run_id for r in bay.runner.spawned].count(first) == 1

    run(session)


def test_a_store_that_fails_for_long_is_given_a_pause_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cuelet.engine.engine.COMMIT_AGAIN_S", 0.05)

    async def session() -> None:
        async with Bay() as bay:
            job = await bay.launch()
            bay.store.fails = 4
            began = time.monotonic()

            bay.runner.finish(job.run_id(0))
            await bay.settle(lambda: bay.states()[0] == SUCCEEDED)

            assert time.monotonic() - began >= 4 * 0.05

    run(session)


def test_a_request_with_a_bug_ends_itself_and_nothing_else() -> None:
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()

            def bug(farm: Farm, decision: Decision, now: float) -> None:
                requests.set_paused(bay.job, decision, paused=True)
                raise ZeroDivisionError

            answers = await asyncio.gather(
                bay.engine.submit(bug),
                bay.engine.submit(lambda farm, decision, now: 42),
                return_exceptions=True,
            )

            assert isinstance(answers[0], ZeroDivisionError)
            assert isinstance(answers[1], ZeroDivisionError), "the whole batch was dropped"
            assert bay.job.paused is False
            assert await bay.engine.submit(lambda farm, decision, now: 43) == 43

    run(session)


def test_a_request_whose_caller_has_left_is_done_all_the_same() -> None:
    async def session() -> None:
        async with Bay() as bay:
            asked = asyncio.ensure_future(bay.launch())
            await asyncio.sleep(0)
            asked.cancel()

            await bay.settle(lambda: bay.engine.farm.jobs)
            assert bay.job.count(RUNNING) == 2

    run(session)


# -- restart -----------------------------------------------------------------------------------


def test_a_new_engine_keeps_what_runs_and_takes_in_what_ended_meanwhile() -> None:
    async def session() -> None:
        async with Bay() as old:
            job = await old.launch()
            first, second = job.run_id(0), job.run_id(1)
        old.runner._connected = True
        old.runner.finish(first)
        await old.runner.close()

        async with Bay(old.store, old.runner) as new:
            await new.settle(lambda: first in new.runner.acked)

            assert new.states() == [SUCCEEDED, RUNNING, RUNNING, DEPEND]
            assert new.job.run_id(1) == second
            assert [r.run_id for r in new.runner.spawned].count(second) == 1

    run(session)


def test_a_run_the_runner_never_got_is_started_with_a_new_attempt() -> None:
    async def session() -> None:
        async with Bay() as old:
            job = await old.launch()
            first = job.run_id(0)
        del old.runner._live[first]

        async with Bay(old.store, old.runner) as new:
            await new.settle(lambda: new.job.attempt[0] == 2)

            assert new.job.run_id(0) in new.runner.live
            assert new.job.retries[0] == 0

    run(session)


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (lambda farm, job, d: requests.kill_frames(job, [0], d, by="me"), DEAD),
        (lambda farm, job, d: requests.eat_frames(farm, job, [0], d, now=1.0), EATEN),
        (lambda farm, job, d: requests.kill_job(farm, job, d, now=1.0), DEAD),
        (lambda farm, job, d: attempts.time_out(job, 0, "too long", d), DEAD),
    ],
)
def test_a_frame_killed_before_the_runner_got_it_ends_as_wished(act: Any, state: int) -> None:
    async def session() -> None:
        async with Bay() as old:
            job = await old.launch()
            first = job.run_id(0)
            old.runner.obeys_kill = False
            await old.engine.submit(lambda farm, decision, now: act(farm, old.job, decision))
        del old.runner._live[first]

        async with Bay(old.store, old.runner) as new:
            assert new.states()[0] == state
            assert 0 not in new.job.intents
            assert new.job.attempt[0] == 1
            assert check(new.engine.farm) == []

    run(session)


def test_a_frame_may_be_lost_while_it_is_killed_whatever_for() -> None:
    assert AFTER_KILL.keys() == set(Intent)


def test_a_retry_of_a_frame_that_the_runner_never_got_runs_it_once_more() -> None:
    async def session() -> None:
        async with Bay() as old:
            job = await old.launch()
            first = job.run_id(0)
            old.runner.obeys_kill = False
            await old.engine.submit(
                lambda farm, decision, now: requests.retry_frames(farm, old.job, [0], decision)
            )
        del old.runner._live[first]

        async with Bay(old.store, old.runner) as new:
            assert new.job.attempt[0] == 2
            new.runner.finish(new.job.run_id(0))
            await new.settle(lambda: new.states()[0] == SUCCEEDED)
            assert new.job.attempt[0] == 2

    run(session)


def test_a_run_of_which_nothing_is_known_after_a_reboot_costs_a_retry_until_they_are_used_up() -> (
    None
):
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()
        store = bay.store

        allowed = FREE_RETRIES + bay.job.layers[0].retries
        for lost in range(1, allowed + 2):
            async with Bay(store, rebooted=True) as bay:
                assert bay.job.exit_status[0] == 301
                assert bay.job.reasons.get(0, "") in ("", "lost: the machine restarted")
                assert bay.states()[0] == (RUNNING if lost <= allowed else DEAD)
        assert bay.job.attempt[0] == allowed + 1
        assert check(bay.engine.farm) == []

    run(session)


def test_only_what_ran_at_the_reboot_is_lost_with_it() -> None:
    async def session() -> None:
        async with Bay() as old:
            job = await old.launch()
        async with Bay(old.store, rebooted=True) as new:
            second = new.job.run_id(1)
            del new.runner._live[second]

            new.runner._on_lost()
            await new.settle(lambda: new.job.attempt[1] == 3)

            assert new.job.free_retries[1] == 1, "the first time only"
            assert job.free_retries[1] == 0

    run(session)


class BrokenDiskStore(MemoryStore):
    """A store whose disk says at one commit that it does not keep what it was given."""

    breaks_at = -1

    def commit(self, decision: Decision) -> None:
        if self.commits == self.breaks_at:
            self.breaks_at = -1
            raise SyncError(path=Path("farm.db"), detail="as planned")
        super().commit(decision)


def test_nothing_more_is_decided_once_a_sync_has_failed_while_the_runner_is_met() -> None:
    async def session() -> None:
        store = BrokenDiskStore()
        async with Bay(store) as old:
            job = await old.launch()
        del old.runner._live[job.run_id(0)]
        store.breaks_at = before = store.commits

        new = Bay(store, old.runner)
        asked = asyncio.ensure_future(new.launch(spec_of(LayerSpec(name="x"), name="a"), number=2))
        await asyncio.sleep(0)
        with pytest.raises(SyncError):
            await new.engine.start()
            await new.engine.run()

        assert not asked.done()
        assert store.commits == before
        asked.cancel()

    run(session)


def test_a_run_that_nobody_waits_for_is_killed() -> None:
    async def session() -> None:
        async with Bay() as old:
            job = await old.launch()
            first = job.run_id(0)
            old.runner.obeys_kill = False
        old.store._jobs.clear()

        async with Bay(old.store, old.runner) as new:
            assert {run for run, _ in new.runner.kills} >= {first}

    run(session)


def test_a_kill_that_was_committed_is_done_again_after_a_restart() -> None:
    async def session() -> None:
        async with Bay() as old:
            job = await old.launch()
            old.runner.obeys_kill = False
            await old.engine.submit(
                lambda farm, decision, now: requests.kill_frames(old.job, [0], decision, by="me")
            )
        old.runner.kills.clear()

        async with Bay(old.store, old.runner) as new:
            assert [run for run, _ in new.runner.kills] == [job.run_id(0)]
            new.runner.finish(job.run_id(0), 143, exit_signal=15)
            await new.settle(lambda: new.states()[0] == DEAD)

    run(session)


def test_a_lost_runner_costs_its_runs_no_retry() -> None:
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()

            bay.runner.crash()
            await bay.settle(lambda: bay.job.attempt[0] == bay.job.attempt[1] == 2)

            assert bay.states()[:2] == [RUNNING, RUNNING]
            assert list(bay.job.free_retries) == [1, 1, 0, 0]
            assert not any(bay.job.retries)

    run(session)


def test_a_broken_connection_costs_nothing() -> None:
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()
            live = bay.runner.live

            bay.runner.drop()
            await bay.settle(lambda: not bay.runner.is_connected)
            await bay.settle(lambda: bay.runner.is_connected)

            assert bay.runner.live == live
            assert list(bay.job.attempt[:2]) == [1, 1]

    run(session)


def test_a_frame_whose_job_was_refused_something_stays_as_it_is() -> None:
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()

            def refuse(farm: Farm, decision: Decision, now: float) -> None:
                raise InvalidRequestError(request="this", reason="no")

            before = bay.states()
            with pytest.raises(InvalidRequestError):
                await bay.engine.submit(refuse)

            assert bay.states() == before

    run(session)


def test_closing_leaves_what_runs_to_the_runner() -> None:
    async def session() -> None:
        async with Bay() as bay:
            await bay.launch()

            await bay.engine.close()

            assert len(bay.runner.live) == 2
            assert not bay.runner.is_connected

    run(session)
