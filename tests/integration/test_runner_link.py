"""Farm and resident: starting, finding, replacing and leaving each other."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cuelet.core.values.runs import RunExited
from cuelet.runner import endpoint, procfs, wire
from cuelet.runner.client import ResidentRunner
from cuelet.runner.errors import ProtocolError, RunnerError, RunnerUnreachableError
from cuelet.runner.testing import (
    Listener,
    list_processes_of,
    make_request,
    open_resident,
    wait_gone,
)

SRC = str(Path(endpoint.__file__).parents[2])
SLEEP = ["sleep", "60"]


def client_of(home: Path, heard: Listener, **more: float) -> ResidentRunner:
    return ResidentRunner(home, on_events=heard.on_events, on_lost=heard.on_lost, **more)  # type: ignore[arg-type]


def until_file(path: Path) -> list[str]:
    """A program that ends when a file exists, with the status written there."""
    return ["sh", "-c", f"until test -s {path}; do sleep 0.01; done; exit $(cat {path})"]


def test_resident_is_small_private_and_nobodys_child(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path / "new" / "runner", heard) as runner:
            process = procfs.read_process(runner.pid)
            assert process
            assert process.ppid != os.getpid()
            assert process.session == runner.pid
            assert procfs.measure_memory_kb([process]) < 20_000
            for name, mode in {"": 0o700, "runner.sock": 0o600, "runner.lock": 0o600}.items():
                found = tmp_path / "new" / "runner" / name
                assert found.stat().st_mode & 0o777 == mode
            assert (tmp_path / "new" / "runner" / "runs.journal").stat().st_mode & 0o077 == 0
            assert (tmp_path / "new" / "runner" / "runner.log").stat().st_mode & 0o077 == 0

    asyncio.run(session())


def test_socket_path_may_be_longer_than_a_socket_address(tmp_path):
    async def session() -> None:
        heard = Listener()
        home = tmp_path / ("x" * 120) / ("y" * 120)
        async with open_resident(home, heard) as runner:
            runner.spawn(make_request("r", ["true"], log_path=tmp_path / "r.log"))
            (exited,) = await heard.wait_exits("r")
            assert exited.exit_status == 0

    asyncio.run(session())


def test_second_resident_in_the_same_directory_is_refused(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            second = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-m", "cuelet.runner.resident.main", "--dir", str(tmp_path)],
                env={**os.environ, "PYTHONPATH": SRC},
                capture_output=True,
                text=True,
                timeout=5,
            )
            assert second.returncode == 3
            assert f"a runner already owns {tmp_path} (pid {runner.pid})" in second.stderr

            runner.spawn(make_request("r", ["true"], log_path=tmp_path / "r.log"))
            await heard.wait_exits("r")

    asyncio.run(session())


def test_wrong_usage_and_impossible_directories_are_refused(tmp_path, capsys):
    from cuelet.runner.resident.main import main

    (tmp_path / "file").write_text("")

    assert main(["--nonsense"]) == 2
    assert main(["--idle-s", "3"]) == 2
    assert main(["--dir", str(tmp_path / "file")]) == 5
    assert "usage: --dir DIR" in capsys.readouterr().err

    async def session() -> None:
        heard = Listener()
        with pytest.raises(RunnerUnreachableError, match="file"):
            await client_of(tmp_path / "file", heard).connect()

    asyncio.run(session())


def test_what_waits_too_long_in_a_lane_is_given_back(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            gate = tmp_path / "gate"
            runner.spawn(make_request("a", until_file(gate), log_path=tmp_path / "a.log"))
            for run_id, patience_s in (("b", 0.01), ("c", 0.01), ("d", 3600.0)):
                log = tmp_path / f"{run_id}.log"
                request = make_request(
                    run_id, ["true"], log_path=log, lane="a", patience_s=patience_s
                )
                runner.spawn(request)
            await heard.wait_until(lambda: len(heard.returned) == 2)
            gate.write_text("0")
            await heard.wait_exits("a", "d")

            assert heard.returned == ["b", "c"]
            assert not {"b", "c"} & heard.exits.keys()
            assert not (tmp_path / "b.log").exists()

    asyncio.run(session())


def test_a_lane_goes_on_without_the_farm(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            gate = tmp_path / "gate"
            runner.spawn(make_request("a", until_file(gate), log_path=tmp_path / "a.log"))
            for run_id in "bc":
                log = tmp_path / f"{run_id}.log"
                runner.spawn(make_request(run_id, ["true"], log_path=log, lane="a"))
            await heard.wait_started("a")
            await runner.close()

            gate.write_text("0")
            await wait_until_exists(tmp_path / "c.log")
            state = await runner.connect()
            told = {exited.run_id for exited in state.exited}
            await heard.wait_exits(*({"a", "b", "c"} - told))

            assert {*told, *heard.exits} == {"a", "b", "c"}

    asyncio.run(session())


async def wait_until_exists(path: Path) -> None:
    async with asyncio.timeout(20):
        while not path.exists():
            await asyncio.sleep(0.005)


def test_ten_clients_that_start_at_once_meet_one_resident(tmp_path):
    async def session() -> None:
        listeners = [Listener() for _ in range(10)]
        clients = [client_of(tmp_path, heard) for heard in listeners]

        states = await asyncio.gather(*(client.connect() for client in clients))

        assert len({state.pid for state in states}) == 1
        # The last one stays, those before it were replaced.
        await asyncio.gather(*(client.close() for client in clients))
        async with open_resident(tmp_path, Listener()) as runner:
            assert runner.pid == states[0].pid

    asyncio.run(session())


def test_new_farm_replaces_the_old_one_and_hears_everything_that_is_open(tmp_path):
    async def session() -> None:
        old, new = Listener(), Listener()
        first = client_of(tmp_path, old)
        await first.connect()
        first.define_env("base", os.environ)
        gate = tmp_path / "gate"
        first.spawn(make_request("done", ["true"], log_path=tmp_path / "done.log"))
        first.spawn(make_request("open", until_file(gate), log_path=tmp_path / "open.log"))
        await old.wait_exits("done")
        (started,) = await old.wait_started("open")

        second = client_of(tmp_path, new)
        state = await second.connect()
        await old.wait_until(lambda: old.times_lost == 1)
        gate.write_text("4")
        (exited,) = await new.wait_exits("open")

        assert [(run.run_id, run.pid) for run in state.running] == [("open", started.pid)]
        assert state.running[0].wall_s > 0
        assert state.running[0].start_ticks > 0
        assert state.exited == (old.exits["done"],)
        assert exited.exit_status == 4
        assert set(new.exits) == {"open"}
        await second.close()
        async with open_resident(tmp_path, Listener()):
            pass

    asyncio.run(session())


def test_acknowledged_exits_are_not_told_again(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            for name in "ab":
                runner.spawn(make_request(name, ["true"], log_path=tmp_path / f"{name}.log"))
            await heard.wait_exits("a", "b")
            runner.ack(["a"])
            await runner.close()
            state = await runner.connect()

            assert [exited.run_id for exited in state.exited] == ["b"]

    asyncio.run(session())


def test_quick_reconnects_meet_the_same_resident(tmp_path):
    async def session() -> None:
        async with open_resident(tmp_path, Listener()) as runner:
            pids = set()
            for _ in range(100):
                await runner.close()
                state = await runner.connect()
                pids.add(state.pid)

            assert pids == {runner.pid}

    asyncio.run(session())


def test_environments_are_sent_again_after_a_reconnect(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            runner.define_env("gone", {})
            runner.forget_env("gone")
            os.kill(runner.pid, signal.SIGKILL)
            await heard.wait_until(lambda: heard.times_lost == 1)
            assert not runner.is_connected
            runner.spawn(make_request("nowhere", ["true"], log_path=tmp_path / "n.log"))

            await runner.connect()
            runner.spawn(make_request("r", ["true"], log_path=tmp_path / "r.log"))
            runner.spawn(make_request("g", ["true"], log_path=tmp_path / "g.log", env_key="gone"))
            known, forgotten = await heard.wait_exits("r", "g")

            assert known.exit_status == 0
            assert "never defined" in forgotten.reason
            assert "nowhere" not in heard.started

    asyncio.run(session())


FARM = """
    import asyncio, os, sys
    from cuelet.runner.client import ResidentRunner
    from cuelet.runner.testing import Listener, make_request
    async def main(home, count):
        heard = Listener()
        runner = ResidentRunner(home, on_events=heard.on_events, on_lost=heard.on_lost)
        await runner.connect()
        runner.define_env("base", os.environ)
        for n in range(int(count)):
            argv = ["sh", "-c", f"until test -s {home}/gate; do sleep 0.01; done; exit {n}"]
            runner.spawn(make_request(f"r{n}", argv, log_path=f"{home}/r{n}.log"))
        await heard.wait_until(lambda: len(heard.started) == int(count))
        print("up", flush=True)
        await asyncio.sleep(600)
    asyncio.run(main(*sys.argv[1:]))
"""


def test_runs_survive_the_death_of_the_farm_and_are_told_exactly_once(tmp_path):
    async def session() -> None:
        farm = await asyncio.create_subprocess_exec(
            *[sys.executable, "-c", textwrap.dedent(FARM), str(tmp_path), "5"],
            env={**os.environ, "PYTHONPATH": SRC},
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert farm.stdout
        assert await farm.stdout.readline() == b"up\n"
        os.killpg(farm.pid, signal.SIGKILL)
        await farm.wait()
        assert len(list_processes_of(tmp_path)) >= 5

        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            (tmp_path / "gate").write_text("go")
            names = [f"r{n}" for n in range(5)]
            exits = await heard.wait_exits(*names)
            runner.ack(names)
            await runner.close()
            state = await runner.connect()

            assert [exited.exit_status for exited in exits] == [0, 1, 2, 3, 4]
            told = [e.run_id for e in heard.events if isinstance(e, RunExited)]
            assert sorted(told) == names
            assert (state.running, state.exited) == ((), ())

    asyncio.run(session())


def test_stop_waits_for_the_last_run_and_leaves_exits_for_the_next(tmp_path):
    async def session() -> None:
        heard = Listener()
        runner = client_of(tmp_path, heard)
        await runner.connect()
        runner.define_env("base", os.environ)
        gate = tmp_path / "gate"
        runner.spawn(make_request("r", until_file(gate), log_path=tmp_path / "r.log"))
        await heard.wait_started("r")
        first_pid = runner.pid

        runner.stop()
        gate.write_text("3")
        await heard.wait_exits("r")
        await heard.wait_until(lambda: heard.times_lost == 1)
        await wait_gone(first_pid)
        assert not (tmp_path / "runner.sock").exists()
        state = await runner.connect()

        assert state.pid != first_pid
        assert [exited.exit_status for exited in state.exited] == [3]
        await runner.close()
        async with open_resident(tmp_path, Listener()):
            pass

    asyncio.run(session())


def test_sigterm_means_stop_and_hangup_means_nothing(tmp_path):
    async def session() -> None:
        heard = Listener()
        runner = client_of(tmp_path, heard)
        await runner.connect()
        runner.define_env("base", os.environ)
        gate = tmp_path / "gate"
        runner.spawn(make_request("r", until_file(gate), log_path=tmp_path / "r.log"))
        await heard.wait_started("r")

        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            os.kill(runner.pid, number)
        gate.write_text("6")
        (exited,) = await heard.wait_exits("r")
        await heard.wait_until(lambda: heard.times_lost == 1)
        await wait_gone(runner.pid)

        assert exited.exit_status == 6

    asyncio.run(session())


def test_an_idle_resident_without_farm_leaves(tmp_path):
    async def session() -> None:
        heard = Listener()
        runner = client_of(tmp_path, heard, idle_s=0.2)
        await runner.connect()
        runner.define_env("base", os.environ)
        runner.spawn(make_request("r", ["sleep", "0.4"], log_path=tmp_path / "r.log"))
        await heard.wait_started("r")
        first_pid = runner.pid
        await runner.close()

        await wait_gone(first_pid)
        state = await runner.connect()

        assert [exited.exit_status for exited in state.exited] == [0]
        runner.stop()
        await heard.wait_until(lambda: heard.times_lost == 1)
        await wait_gone(runner.pid)

    asyncio.run(session())


def raw(home: Path, *lines: bytes) -> socket.socket:
    sock = endpoint.dial(str(home))
    sock.setblocking(True)
    sock.settimeout(10)
    sock.sendall(b"".join(lines))
    return sock


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\n",
        b"[1]\n",
        b'{"m":"spawn"}\n',
        b'{"m":"dance"}\n',
        b'{"no":1}\n',
        b'{"m":"kill","run_id":[],"grace_s":0}\n',
        b'{"m":"spawn","run_id":"x","steps":5,"env_key":"","env":{},"cwd":"","log_path":"","header":""}\n',
    ],
)
def test_nonsense_closes_only_its_own_connection(tmp_path, garbage):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            with raw(tmp_path, garbage) as stranger:
                assert await asyncio.to_thread(stranger.recv, 100) == b""

            runner.spawn(make_request("r", ["true"], log_path=tmp_path / "r.log"))
            await heard.wait_exits("r")
            assert heard.times_lost == 0

    asyncio.run(session())


def test_a_farm_that_does_not_read_stops_nothing(tmp_path):
    async def session() -> None:
        async with open_resident(tmp_path, Listener()) as owner:
            await owner.close()
            spawns = [
                wire.encode(
                    wire.message_from_request(
                        make_request(
                            f"{n:04}{'x' * 2000}",
                            ["sh", "-c", "echo >> count"],
                            cwd=tmp_path,
                            log_path=tmp_path / "same.log",
                        )
                    )
                )
                for n in range(300)
            ]
            env = wire.encode({"m": "define_env", "key": "base", "env": dict(os.environ)})
            with raw(tmp_path, b'{"m":"hello","protocol":1,"pid":1}\n', env, *spawns):
                async with asyncio.timeout(20):
                    while (
                        not (tmp_path / "count").exists()
                        or (tmp_path / "count").stat().st_size < 300
                    ):
                        await asyncio.sleep(0.01)
            state = await owner.connect()
            exited_ids = {exited.run_id for exited in state.exited}
            running_ids = {run.run_id for run in state.running}
            assert len(exited_ids | running_ids) == 300

    asyncio.run(session())


def test_other_versions_and_double_connects_are_errors(tmp_path, monkeypatch):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            with pytest.raises(RunnerError, match="connected to the runner"):
                await runner.connect()
            await runner.close()
            with monkeypatch.context() as patch:
                patch.setattr(wire, "PROTOCOL", 2)
                with pytest.raises(ProtocolError, match="speaks version 1, this farm 2"):
                    await runner.connect()
            await runner.connect()

    asyncio.run(session())


def test_frames_get_the_umask_the_farm_was_given(tmp_path):
    async def session() -> None:
        heard = Listener()
        before = os.umask(0o077)
        try:
            runner = ResidentRunner(
                tmp_path / "home", on_events=heard.on_events, on_lost=heard.on_lost, umask=0o027
            )
            await runner.connect()
        finally:
            os.umask(before)
        await runner.close()
        async with open_resident(tmp_path / "home", heard) as runner:
            request = make_request("r", ["touch", "made"], log_path=tmp_path / "r", cwd=tmp_path)
            runner.spawn(request)
            await heard.wait_exits("r")

            assert (tmp_path / "made").stat().st_mode & 0o777 == 0o640
            assert (tmp_path / "r").stat().st_mode & 0o777 == 0o600

    asyncio.run(session())


@pytest.mark.slow
def test_at_rest_with_four_runs_it_takes_less_than_a_hundredth_of_a_core(tmp_path):
    async def session() -> None:
        heard = Listener()
        async with open_resident(tmp_path, heard) as runner:
            for n in range(4):
                runner.spawn(make_request(f"r{n}", SLEEP, log_path=tmp_path / f"{n}.log"))
            await heard.wait_started("r0", "r1", "r2", "r3")
            await heard.wait_until(lambda: len(heard.events) >= 8)  # start-up is over
            before_s = own_cpu_s(runner.pid)

            await heard.wait_until(lambda: len(heard.events) >= 16)

            assert own_cpu_s(runner.pid) - before_s <= 0.04

    asyncio.run(session())


def own_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / procfs.TICKS_PER_S
