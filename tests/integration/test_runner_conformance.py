"""One suite for the real runner and the fake one."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from cuelet.core.values.runs import RunExited, RunnerState, RunStarted
from cuelet.runner.client import ResidentRunner
from cuelet.runner.testing import (
    FakeRunner,
    Listener,
    list_processes_of,
    make_request,
    open_resident,
)


class Rig(Protocol):
    """A runner, and what a test can do to it from outside."""

    runner: ResidentRunner | FakeRunner
    heard: Listener
    folder: Path

    def finish(self, run_id: str, status: int) -> None: ...
    def crash(self) -> None: ...


class RealRig:
    def __init__(self, runner: ResidentRunner, heard: Listener, folder: Path) -> None:
        self.runner, self.heard, self.folder = runner, heard, folder

    def finish(self, run_id: str, status: int) -> None:
        gate = self.folder / f"{run_id}.gate"
        gate.with_suffix(".new").write_text(str(status))
        gate.with_suffix(".new").rename(gate)

    def crash(self) -> None:
        os.kill(self.runner.pid, signal.SIGKILL)


class FakeRig:
    def __init__(self, runner: FakeRunner, heard: Listener, folder: Path) -> None:
        self.runner, self.heard, self.folder = runner, heard, folder

    def finish(self, run_id: str, status: int) -> None:
        self.runner.finish(run_id, status)

    def crash(self) -> None:
        self.runner.crash()


@asynccontextmanager
async def real(folder: Path) -> AsyncIterator[Rig]:
    heard = Listener()
    async with open_resident(folder / "home", heard) as runner:
        yield RealRig(runner, heard, folder)
    assert list_processes_of(folder / "home") == []


@asynccontextmanager
async def fake(folder: Path) -> AsyncIterator[Rig]:
    heard = Listener()
    runner = FakeRunner(on_events=heard.on_events, on_lost=heard.on_lost)
    await runner.connect()
    runner.define_env("base", os.environ)
    yield FakeRig(runner, heard, folder)


@pytest.fixture(params=[real, fake])
def rig(request, tmp_path) -> Callable[[Callable[[Rig], object]], None]:
    """Run a coroutine against a rig."""

    async def session(test) -> None:
        async with request.param(tmp_path) as opened:
            await test(opened)

    return lambda test: asyncio.run(session(test))


def spawn(rig: Rig, run_id: str, **more: Any) -> None:
    gate = rig.folder / f"{run_id}.gate"
    argv = ["sh", "-c", f"until test -s {gate}; do sleep 0.005; done; exit $(cat {gate})"]
    rig.runner.spawn(make_request(run_id, argv, log_path=rig.folder / f"{run_id}.log", **more))


async def reconnect(rig: Rig, *open_runs: str) -> tuple[RunnerState, dict[str, RunExited]]:
    """Connect again; return the state and the ends, told at once or soon after."""
    state = await rig.runner.connect()
    told = {exited.run_id: exited for exited in state.exited}
    late = await rig.heard.wait_exits(*(set(open_runs) - told.keys()))
    return state, told | {exited.run_id: exited for exited in late}


def test_a_run_starts_and_ends_once(rig):
    async def test(rig: Rig) -> None:
        spawn(rig, "a")
        await rig.heard.wait_started("a")
        rig.finish("a", 3)
        (exited,) = await rig.heard.wait_exits("a")

        assert (exited.exit_status, exited.exit_signal, exited.reason) == (3, 0, "")
        assert [type(event) for event in rig.heard.events] == [RunStarted, RunExited]

    rig(test)


def test_a_known_run_is_not_started_again(rig):
    async def test(rig: Rig) -> None:
        spawn(rig, "a")
        spawn(rig, "a")
        await rig.heard.wait_started("a")
        rig.finish("a", 0)
        await rig.heard.wait_exits("a")
        spawn(rig, "a")
        spawn(rig, "b")
        await rig.heard.wait_started("b")
        rig.finish("b", 0)
        await rig.heard.wait_exits("b")

        assert len(rig.heard.events) == 4

    rig(test)


def test_a_killed_run_ends_by_sigterm(rig):
    async def test(rig: Rig) -> None:
        rig.runner.kill("nobody", 1.0)
        spawn(rig, "a")
        await rig.heard.wait_started("a")
        rig.runner.kill("a", 5.0)
        (exited,) = await rig.heard.wait_exits("a")

        assert (exited.exit_status, exited.exit_signal) == (143, 15)
        assert exited.reason == "killed on request"

    rig(test)


def test_an_environment_nobody_defined_fails_the_launch(rig):
    async def test(rig: Rig) -> None:
        rig.runner.define_env("gone", {})
        rig.runner.forget_env("gone")
        spawn(rig, "a", env_key="gone")
        (exited,) = await rig.heard.wait_exits("a")

        assert exited.exit_status == 256
        assert exited.reason == "environment 'gone' was never defined"
        assert "a" not in rig.heard.started

    rig(test)


def test_a_farm_that_comes_back_is_told_what_is_open(rig):
    async def test(rig: Rig) -> None:
        for run_id in ("ended", "acked", "live"):
            spawn(rig, run_id)
        await rig.heard.wait_started("ended", "acked", "live")
        rig.finish("ended", 1)
        rig.finish("acked", 0)
        await rig.heard.wait_exits("ended", "acked")
        rig.runner.ack(["acked", "nobody", "live"])
        await rig.runner.close()
        assert not rig.runner.is_connected
        spawn(rig, "unheard")

        state = await rig.runner.connect()

        assert [run.run_id for run in state.running] == ["live"]
        assert state.running[0].pid == rig.heard.started["live"].pid
        assert [exited.run_id for exited in state.exited] == ["ended"]
        assert rig.heard.times_lost == 0
        rig.finish("live", 0)
        await rig.heard.wait_exits("live")
        assert "unheard" not in rig.heard.started

    rig(test)


def test_what_a_dead_runner_ran_is_lost(rig):
    async def test(rig: Rig) -> None:
        spawn(rig, "a")
        spawn(rig, "b")
        await rig.heard.wait_started("a", "b")
        rig.finish("a", 0)
        await rig.heard.wait_exits("a")

        rig.crash()
        await rig.heard.wait_until(lambda: rig.heard.times_lost == 1)
        assert not rig.runner.is_connected
        _, ends = await reconnect(rig, "b")

        assert ends["a"].exit_status == 0
        assert (ends["b"].exit_status, ends["b"].reason) == (301, "lost: its runner died")
        spawn(rig, "c")
        await rig.heard.wait_started("c")

    rig(test)


def test_stop_waits_for_the_last_run(rig):
    async def test(rig: Rig) -> None:
        spawn(rig, "a")
        await rig.heard.wait_started("a")
        rig.runner.stop()
        rig.finish("a", 0)
        await rig.heard.wait_until(lambda: rig.heard.times_lost == 1)

        assert "a" in rig.heard.exits
        assert not rig.runner.is_connected
        _, ends = await reconnect(rig, "a")
        assert ends["a"].exit_status == 0

    rig(test)


async def begin_lane(rig: Rig, *waiting: str) -> None:
    """Have "a" run, and others wait behind it."""
    spawn(rig, "a")
    for run_id in waiting:
        spawn(rig, run_id, lane="a")
    await rig.heard.wait_started("a")


def test_runs_of_a_lane_follow_each_other(rig):
    async def test(rig: Rig) -> None:
        await begin_lane(rig, "b", "c")
        assert not {"b", "c"} & set(rig.heard.started)

        for run_id, following in (("a", "b"), ("b", "c")):
            rig.finish(run_id, 0)
            await rig.heard.wait_started(following)
        rig.finish("c", 5)

        (last,) = await rig.heard.wait_exits("c")
        assert last.exit_status == 5

    rig(test)


def test_a_lane_keeps_its_name_until_its_last_run_has_ended(rig):
    async def test(rig: Rig) -> None:
        await begin_lane(rig, "b")
        rig.finish("a", 0)
        await rig.heard.wait_started("b")

        spawn(rig, "c", lane="a")
        await settle(rig)
        assert "c" not in rig.heard.started
        for run_id in "bc":
            rig.finish(run_id, 0)
        await rig.heard.wait_exits("b", "c")
        spawn(rig, "e", lane="a")
        await rig.heard.wait_started("e")
        rig.finish("e", 0)
        await rig.heard.wait_exits("e")

    rig(test)


async def settle(rig: Rig) -> None:
    """Wait until whatever was asked before has been done."""
    spawn(rig, "marker")
    await rig.heard.wait_started("marker")
    rig.finish("marker", 0)
    await rig.heard.wait_exits("marker")


def test_what_waits_can_be_withdrawn_and_what_began_cannot(rig):
    async def test(rig: Rig) -> None:
        await begin_lane(rig, "b", "c")

        rig.runner.withdraw(["a", "c", "unknown"])
        await rig.heard.wait_until(lambda: rig.heard.returned)
        rig.finish("a", 0)
        await rig.heard.wait_started("b")
        rig.finish("b", 0)
        await rig.heard.wait_exits("a", "b")
        await settle(rig)

        assert rig.heard.returned == ["c"]
        assert "c" not in rig.heard.started

    rig(test)


def test_a_run_killed_while_it_waits_ends_without_a_process(rig):
    async def test(rig: Rig) -> None:
        await begin_lane(rig, "b", "c")

        rig.runner.kill("b", 5.0)
        (killed,) = await rig.heard.wait_exits("b")
        rig.finish("a", 0)
        await rig.heard.wait_started("c")
        rig.finish("c", 0)
        await rig.heard.wait_exits("a", "c")

        assert (killed.exit_status, killed.exit_signal) == (143, 15)
        assert killed.reason == "killed on request"
        assert "b" not in rig.heard.started

    rig(test)


def test_a_farm_that_comes_back_finds_nothing_waiting(rig):
    async def test(rig: Rig) -> None:
        await begin_lane(rig, "b")

        await rig.runner.close()
        state = await rig.runner.connect()
        rig.finish("a", 0)
        await rig.heard.wait_exits("a")
        await settle(rig)

        assert [run.run_id for run in state.running] == ["a"]
        assert "b" not in rig.heard.started
        spawn(rig, "b")
        await rig.heard.wait_started("b")
        rig.finish("b", 0)
        await rig.heard.wait_exits("b")

    rig(test)


def test_a_farm_that_comes_back_names_a_lane_by_the_run_that_lives_in_it(rig):
    async def test(rig: Rig) -> None:
        await begin_lane(rig, "b")
        rig.finish("a", 0)
        await rig.heard.wait_started("b")

        await rig.runner.close()
        await rig.runner.connect()
        spawn(rig, "c", lane="b")
        await settle(rig)
        assert "c" not in rig.heard.started
        rig.finish("b", 0)
        await rig.heard.wait_started("c")
        rig.finish("c", 0)
        await rig.heard.wait_exits("c")

    rig(test)


def test_what_waits_dies_with_the_runner_without_a_trace(rig):
    async def test(rig: Rig) -> None:
        await begin_lane(rig, "b")

        rig.crash()
        await rig.heard.wait_until(lambda: rig.heard.times_lost == 1)
        state, told = await reconnect(rig, "a")

        assert told["a"].exit_status == 301
        assert "b" not in told
        assert "b" not in {run.run_id for run in state.running}

    rig(test)
