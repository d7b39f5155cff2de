"""kill -9 of the resident: nothing runs on, everything is accounted for, at any moment."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import signal
import sys
import textwrap
import time
from itertools import pairwise
from pathlib import Path

import pytest

from cuelet.core.values.runs import RunExited, RunnerState
from cuelet.runner import procfs
from cuelet.runner.client import ResidentRunner
from cuelet.runner.resident import journal
from cuelet.runner.testing import Listener, list_processes_of, make_request, open_resident

PY = sys.executable


async def kill_resident(runner: ResidentRunner, heard: Listener) -> None:
    lost_before = heard.times_lost
    os.kill(runner.pid, signal.SIGKILL)
    await heard.wait_until(lambda: heard.times_lost > lost_before)


async def reconnect(
    runner: ResidentRunner, heard: Listener, *run_ids: str
) -> tuple[RunnerState, dict[str, RunExited]]:
    """Connect and return the ends of runs, from the state or reported soon after."""
    state = await runner.connect()
    told = {exited.run_id: exited for exited in state.exited}
    late = [run_id for run_id in run_ids if run_id not in told]
    exits = await heard.wait_exits(*late)
    return state, told | {exited.run_id: exited for exited in exits}


STUBBORN = """
    import os, signal, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for n in range(4):
        if not os.fork():
            if n % 2: os.setsid()
            if n > 1 and os.fork(): os._exit(0)
            break
    open(f'{sys.argv[1]}-{os.getpid()}', 'w').close()
    time.sleep(600)
"""


def test_survivors_are_ended_and_their_runs_reported_lost(tmp_path):
    async def session() -> None:
        heard = Listener()
        home = tmp_path / "home"
        async with open_resident(home, heard) as runner:
            runner.spawn(make_request("done", ["sh", "-c", "exit 4"], log_path=tmp_path / "d"))
            (done,) = await heard.wait_exits("done")
            for n in range(3):
                argv = [PY, "-c", textwrap.dedent(STUBBORN), str(tmp_path / f"p{n}")]
                runner.spawn(make_request(f"r{n}", argv, log_path=tmp_path / f"{n}.log"))
            async with asyncio.timeout(20):
                while len(list(tmp_path.glob("p?-*"))) < 15:
                    await asyncio.sleep(0.01)
            first_pid = runner.pid

            await kill_resident(runner, heard)
            assert len(list_processes_of(home)) == 15
            state, told = await reconnect(runner, heard, "r0", "r1", "r2")

            assert list_processes_of(home) == []
            assert state.pid != first_pid
            assert told.pop("done") == done
            assert {(e.exit_status, e.exit_signal, e.reason) for e in told.values()} == {
                (301, 0, "lost: its runner died")
            }
            assert all(0 < exited.wall_s < 60 for exited in told.values())

    asyncio.run(session())


def test_survivors_without_marker_are_found_by_session_and_parent(tmp_path):
    async def session() -> None:
        heard = Listener()
        code = f"""
            import os, time
            if not os.fork(): os.execve('/bin/sleep', ['sleep', '601'], {{}})
            os.execve({PY!r}, [{PY!r}, '-c', "import os,time\\nif not os.fork(): os.setsid()\\n"
                "open('x%d' % os.getpid(), 'w').close()\\ntime.sleep(602)"], {{}})
        """
        async with open_resident(tmp_path / "home", heard) as runner:
            argv = [PY, "-c", textwrap.dedent(code)]
            runner.spawn(make_request("r", argv, log_path=tmp_path / "log", cwd=tmp_path))
            (started,) = await heard.wait_started("r")
            async with asyncio.timeout(20):
                while len(list(tmp_path.glob("x*"))) < 2:
                    await asyncio.sleep(0.01)
            members = {p.pid for p in procfs.walk([started.pid])}

            await kill_resident(runner, heard)
            await reconnect(runner, heard, "r")

            assert len(members) == 3
            # Zombies wait for whoever adopted them.
            assert not [p for p in map(procfs.read_process, members) if p and p.is_alive]

    asyncio.run(session())


def test_acknowledged_and_ended_runs_survive_the_resident(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            names = [f"r{n}" for n in range(50)]
            for name in names:
                runner.spawn(make_request(name, ["true"], log_path=tmp_path / f"{name}.log"))
            exits = await heard.wait_exits(*names)
            runner.ack(names[:25])
            await runner.close()
            await runner.connect()  # the acknowledgement has been taken in

            await kill_resident(runner, heard)
            state = await runner.connect()

            assert sorted(state.exited, key=lambda e: e.at) == sorted(
                exits[25:], key=lambda e: e.at
            )

    asyncio.run(session())


def test_torn_last_line_of_the_journal_costs_only_itself(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            for name in "ab":
                runner.spawn(make_request(name, ["true"], log_path=tmp_path / f"{name}.log"))
                await heard.wait_exits(name)
            await kill_resident(runner, heard)
            path = tmp_path / "runs.journal"
            path.write_bytes(path.read_bytes()[:-20])

            _, told = await reconnect(runner, heard, "a", "b")

            assert told["a"] == heard.exits["a"]
            assert told["b"].exit_status == 301

            await kill_resident(runner, heard)
            assert {e.exit_status for e in (await runner.connect()).exited} == {0, 301}

    asyncio.run(session())


def test_runs_of_another_boot_are_lost_with_the_machine(tmp_path):
    records = journal.Journal(str(tmp_path / "runs.journal"), "another-boot")
    records.begin("r", time.time(), 5.0)
    bystander = procfs.read_process(os.getpid())
    assert bystander
    records.note_process("r", bystander.pid, bystander.start_ticks)
    records.close()

    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            await runner.close()
            _, told = await reconnect(runner, heard, "r")
            assert told["r"].reason == "lost: the machine restarted"
            assert told["r"].exit_status == 301

    asyncio.run(session())


def test_a_pid_that_is_used_again_is_left_alone(tmp_path):
    records = journal.Journal(str(tmp_path / "runs.journal"), procfs.boot_id())
    records.begin("r", time.time(), time.monotonic())
    bystander = procfs.read_process(os.getpid())
    assert bystander
    records.note_process("r", bystander.pid, bystander.start_ticks - 1)
    records.close()

    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            await runner.close()
            _, told = await reconnect(runner, heard, "r")
            assert told["r"].reason == "lost: its runner died"

    asyncio.run(session())


FRAME = """
    import os, sys, time
    path, run_id, span_s = sys.argv[1:]
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    end = time.monotonic() + float(span_s)
    while True:
        os.write(handle, f"{run_id} {time.monotonic_ns()}\\n".encode())
        if time.monotonic() > end: break
        time.sleep(0.002)
"""


class TinyFarm:
    """Tries each frame until it succeeds, again only after its loss was reported."""

    def __init__(self, folder: Path, frames: int, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        self.attempts = dict.fromkeys(range(frames), 0)
        self.open = set(self.attempts)
        self.recorded: dict[str, int] = {}

    def record(self, runner: ResidentRunner, exited: RunExited) -> None:
        known = self.recorded.setdefault(exited.run_id, exited.exit_status)
        assert known == exited.exit_status
        runner.ack([exited.run_id])
        if exited.exit_status == 0:
            self.open.discard(int(exited.run_id.split(".")[0]))

    def launch(self, runner: ResidentRunner, frame: int) -> str:
        self.attempts[frame] += 1
        run_id = f"{frame}.{self.attempts[frame]}"
        script, trace = self.folder / "frame.py", self.folder / "trace"
        # Some last longer than a successor needs to start, or none could ever overlap.
        span_s = "0.5" if frame % 4 == 0 else "0.01"
        argv = [PY, "-I", "-S", str(script), str(trace), run_id, span_s]
        log = self.folder / "logs" / f"{run_id}.log"
        runner.spawn(make_request(run_id, argv, log_path=log))
        return run_id

    async def do_round(self, runner: ResidentRunner, heard: Listener, *, deadly: bool) -> None:
        waiting = {self.launch(runner, frame) for frame in list(self.open)[:16]}
        if deadly:
            waiting &= await self.suffer(runner, heard)
        for exited in await heard.wait_exits(*(waiting - self.recorded.keys())):
            self.record(runner, exited)

    async def suffer(self, runner: ResidentRunner, heard: Listener) -> set[str]:
        """Kill the resident at some moment and return the runs that its successor knows."""
        await asyncio.sleep(self.chance.random() * 0.06)
        await kill_resident(runner, heard)
        for exited in heard.exits.values():  # told in time
            self.record(runner, exited)
        state = await runner.connect()
        for exited in state.exited:
            self.record(runner, exited)
        return {run.run_id for run in (*state.running, *state.exited)}


def read_spans(trace: Path) -> dict[str, dict[str, list[int]]]:
    """Return the moments at which each run of each frame was seen alive."""
    spans: dict[str, dict[str, list[int]]] = {}
    for line in trace.read_text().splitlines():
        run_id, at = line.split()
        spans.setdefault(run_id.split(".")[0], {}).setdefault(run_id, []).append(int(at))
    return spans


@pytest.mark.slow
def test_killed_at_any_moment_it_leaves_no_process_and_no_run_unaccounted(tmp_path):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    farm = TinyFarm(tmp_path, 300, random.Random(seed))
    (tmp_path / "frame.py").write_text(textwrap.dedent(FRAME))

    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path / "home", heard) as runner:
            for _ in range(40):
                await farm.do_round(runner, heard, deadly=True)
            while farm.open:
                await farm.do_round(runner, heard, deadly=False)
        assert list_processes_of(tmp_path / "home") == []

    asyncio.run(session())

    spans = read_spans(tmp_path / "trace")
    for runs in spans.values():
        moments = sorted((min(at), max(at)) for at in runs.values())
        assert all(a[1] < b[0] for a, b in pairwise(moments)), "two runs of a frame at once"
    begun = {run_id for runs in spans.values() for run_id in runs}
    assert begun <= farm.recorded.keys(), "a run began that nobody accounted for"
    assert len(spans) == 300
    lost = [run_id for run_id, status in farm.recorded.items() if status == 301]
    assert lost, "no kill hit a live run: the test proves nothing"


def test_a_child_caught_before_its_program_keeps_the_successor_waiting(tmp_path):
    """Between fork and exec a child has no marker, but it still holds the directory's lock."""

    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            await kill_resident(runner, heard)
            child = os.open(tmp_path / "runner.lock", os.O_RDWR)
            fcntl.flock(child, fcntl.LOCK_EX)
            starting = asyncio.ensure_future(runner.connect())
            await asyncio.wait([starting], timeout=0.2)
            assert not starting.done()

            os.close(child)
            await starting

    asyncio.run(session())


ESCAPED = """
    import os, sys
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        open(f'{sys.argv[1]}/escaped-{os.getpid()}', 'w').close()
        os.execve('/bin/sleep', ['sleep', '603'], {})
    os.wait()
    os.execve('/bin/sleep', ['sleep', '604'], {})
"""


@pytest.mark.parametrize("forgets", [False, True])
def test_a_daemon_without_environment_is_ended_before_its_frame_runs_again(tmp_path, forgets):
    """No marker, no session, no parent leads to it: only the lock it was born with.

    With `forgets`, the journal is gone as well, and the next run of the frame has to find it.
    """

    async def session() -> None:
        heard = Listener()
        home = tmp_path / "home"
        async with open_resident(home, heard) as runner:
            argv = [PY, "-c", textwrap.dedent(ESCAPED), str(tmp_path)]
            runner.spawn(make_request("frame.1", argv, log_path=tmp_path / "log"))
            (started,) = await heard.wait_started("frame.1")
            async with asyncio.timeout(20):
                while not (found := list(tmp_path.glob("escaped-*"))):
                    await asyncio.sleep(0.01)
                daemon = int(found[0].name.partition("-")[2])
                while procfs.read_markers(daemon):
                    await asyncio.sleep(0.01)

            await kill_resident(runner, heard)
            if forgets:
                (home / "runs.journal").unlink()
                await runner.connect()
                assert is_alive(daemon)
                second = ["sh", "-c", f"! test -e /proc/{daemon}/cwd"]
                runner.spawn(make_request("frame.2", second, log_path=tmp_path / "log"))
                (exited,) = await heard.wait_exits("frame.2")
                assert exited.exit_status == 0
            else:
                await reconnect(runner, heard, "frame.1")

            assert not is_alive(daemon)
            assert not is_alive(started.pid)

    asyncio.run(session())


def is_alive(pid: int) -> bool:
    process = procfs.read_process(pid)
    return process is not None and process.is_alive


def test_daemons_of_two_frames_are_told_apart_when_one_of_them_ends(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path / "home", heard) as runner:
            daemons = {}
            for name in ("a.1", "b.1"):
                (tmp_path / name).mkdir()
                code = textwrap.dedent(ESCAPED)
                if name == "a.1":
                    code = code.rpartition("os.execve")[0]  # ends, the daemon stays behind
                argv = [PY, "-c", code, str(tmp_path / name)]
                runner.spawn(make_request(name, argv, log_path=tmp_path / f"{name}.log"))
            (ended,) = await heard.wait_exits("a.1")
            async with asyncio.timeout(20):
                while not (found := list(tmp_path.glob("b.1/escaped-*"))):
                    await asyncio.sleep(0.01)
            for path in (*found, *tmp_path.glob("a.1/escaped-*")):
                daemons[path.parent.name] = int(path.name.partition("-")[2])

            assert "ended 1 of its processes" in ended.reason
            assert not is_alive(daemons["a.1"])
            assert is_alive(daemons["b.1"])

    asyncio.run(session())
