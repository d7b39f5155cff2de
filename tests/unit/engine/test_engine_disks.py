"""The engine when its disk is full, and when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cuelet.core.operations import launching
from cuelet.core.state.decision import Decision
from cuelet.core.state.disks import DiskUse, FullDisk
from cuelet.core.values import ids
from cuelet.core.values.states import SUCCEEDED, WAITING
from cuelet.engine import engine as module
from cuelet.store.errors import DiskFullError, SyncError
from tests.unit.engine.test_engine import SPEC, Bay, MemoryStore

PATH = Path("/state/farm.db")


class SmallStore(MemoryStore):
    """A store on a disk with room for so many commits, and more behind a ballast."""

    def __init__(self, *, room: int, behind: int = 0) -> None:
        super().__init__()
        self.room, self.behind = room, behind
        self.ballast_kept = 0
        self.fails_to_sync = False

    def commit(self, decision: Decision) -> None:
        if self.fails_to_sync:
            raise SyncError(path=PATH, detail="disk I/O error")
        if not self.room:
            raise DiskFullError(path=PATH, action="write")
        self.room -= 1
        super().commit(decision)

    def make_room(self) -> bool:
        gained, self.room, self.behind = self.behind, self.room + self.behind, 0
        return gained > 0

    def keep_ballast(self) -> bool:
        self.ballast_kept += 1
        return True


def run(bay: Bay, session: Callable[[Bay], Awaitable[None]]) -> None:
    async def live() -> None:
        async with bay:
            await session(bay)

    asyncio.run(live())


async def launch(bay: Bay) -> Any:
    def request(farm: Any, decision: Decision, now: float) -> Any:
        return launching.launch(farm, [SPEC], [ids.job_id(1)], decision, now=now)[0]

    return await bay.engine.submit(request)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def test_an_end_is_kept_with_the_ballast_and_nothing_more_is_started() -> None:
    async def session(bay: Bay) -> None:
        job = await launch(bay)
        assert [request.run_id for request in bay.runner.spawned] == [job.run_id(0), job.run_id(1)]

        bay.runner.finish(job.run_id(0), 0)
        await until(lambda: bay.engine.farm.full_disks)

        job = bay.engine.farm.get_job(job.id)
        assert job.state_of[0] == SUCCEEDED
        await until(lambda: bay.runner.acked)
        bay.runner.finish(job.run_id(1), 0)
        await until(lambda: job.state_of[1] == SUCCEEDED)
        assert len(bay.runner.spawned) <= 3  # the one booked with the end that found it full

    run(Bay(SmallStore(room=1, behind=9)), session)


def test_an_end_that_finds_no_room_at_all_is_asked_of_the_runner_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "COMMIT_AGAIN_S", 0.01)
    store = SmallStore(room=1)

    async def session(bay: Bay) -> None:
        job = await launch(bay)
        bay.runner.finish(job.run_id(0), 0)
        await until(lambda: bay.engine.farm.full_disks)
        await asyncio.sleep(0.1)
        assert bay.runner.acked == [], "forgotten before it was kept"

        store.room = 100
        await until(lambda: bay.runner.acked)

        assert bay.engine.farm.get_job(job.id).state_of[0] == SUCCEEDED

    run(Bay(store), session)


def test_a_failed_sync_ends_the_loop_and_tells_who_waits() -> None:
    store = SmallStore(room=9)

    async def live() -> None:
        bay = Bay(store)
        await bay.engine.start()
        loop = asyncio.create_task(bay.engine.run())
        store.fails_to_sync = True

        with pytest.raises(SyncError, match="check the disk"):
            await launch(bay)
        with pytest.raises(SyncError):
            await loop
        await bay.runner.close()

    asyncio.run(live())
    assert store.commits == 0


def test_what_a_look_finds_stops_the_booking_and_the_next_one_lets_it_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "LOOK_AT_DISKS_S", 0.01)
    full: list[FullDisk] = [FullDisk(DiskUse.LOGS, "/logs", "0.0 of 2 MB are left")]
    store = SmallStore(room=99)

    class Disks:
        def look(self, sessions: object, before: object) -> tuple[FullDisk, ...]:
            return tuple(full)

    async def session(bay: Bay) -> None:
        job = await launch(bay)
        assert job.count(WAITING) == 3
        assert bay.runner.spawned == []

        full.clear()
        await until(lambda: bay.runner.spawned)

        assert store.ballast_kept

    bay = Bay(store)
    bay.engine._disks = Disks()  # type: ignore[assignment]
    run(bay, session)
    said = [record.getMessage() for record in caplog.records]
    assert sum("out of disk for its logs" in line for line in said) == 1
    assert any("there is room again" in line for line in said)
