"""The resident dies at the Nth call of one kind: what the farm was told, the successor confirms."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from cuelet.core.values.runs import RunExited
from cuelet.runner import endpoint
from cuelet.runner.client import ResidentRunner
from cuelet.runner.testing import Listener, list_processes_of, make_request

SRC = str(Path(endpoint.__file__).parents[2])
CALLS = {"write": 14, "sendto": 8, "clone,clone3,vfork": 4, "wait4": 4, "rename": 1}
CODE = (
    "import sys; sys.path.append({src!r}); from cuelet.runner.resident.main import main;"
    "sys.exit(main(['--dir', {home!r}]))"
)

pytestmark = [
    pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed"),
    pytest.mark.slow,
]


def start_doomed(home: Path, call: str, number: int) -> subprocess.Popen[bytes]:
    """Start a resident that dies when it makes a call for the Nth time."""
    return subprocess.Popen(
        [
            *["strace", "-qq", "-o", os.devnull, "-e", f"trace={call}"],
            f"--inject={call}:signal=KILL:when={number}",
            *[sys.executable, "-I", "-S", "-c"],
            CODE.format(src=SRC, home=str(home)),
        ],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


async def wait_socket(home: Path, doomed: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(20):
        while doomed.poll() is None:
            with suppress(OSError):
                endpoint.dial(str(home)).close()
                return
            await asyncio.sleep(0.005)


async def use_until_it_dies(runner: ResidentRunner, heard: Listener, folder: Path) -> None:
    runner.define_env("base", os.environ)
    for n in range(3):
        runner.spawn(make_request(f"r{n}", ["sh", "-c", f"exit {n}"], log_path=folder / f"{n}"))
        await heard.wait_until(lambda n=n: f"r{n}" in heard.exits or heard.times_lost > 0)
        if heard.times_lost:
            return


@pytest.mark.parametrize("call", CALLS)
def test_what_was_told_is_confirmed_after_death_at_any_call(tmp_path, call):
    async def session(number: int) -> bool:
        folder = tmp_path / str(number)
        home = folder / "home"
        heard, after = Listener(), Listener()
        doomed = start_doomed(home, call, number)
        await wait_socket(home, doomed)
        runner = ResidentRunner(home, on_events=heard.on_events, on_lost=heard.on_lost)
        state = await runner.connect()
        await use_until_it_dies(runner, heard, folder)
        died = heard.times_lost > 0
        await runner.close()

        successor = ResidentRunner(home, on_events=after.on_events, on_lost=after.on_lost)
        state = await successor.connect()
        exits = {exited.run_id: exited for exited in state.exited}
        rest = await after.wait_exits(*(run.run_id for run in state.running))
        exits |= {exited.run_id: exited for exited in rest}
        successor.stop()
        await after.wait_until(lambda: after.times_lost > 0)
        doomed.kill()
        await asyncio.to_thread(doomed.wait)

        told = [event for event in heard.events if isinstance(event, RunExited)]
        assert {e.run_id: e for e in told}.items() <= exits.items()
        assert heard.started.keys() <= exits.keys()
        assert list_processes_of(home) == []
        return died

    deaths = [asyncio.run(session(number)) for number in range(1, CALLS[call] + 1)]

    assert any(deaths) or call == "rename"  # made at start only
