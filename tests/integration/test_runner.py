"""Real processes through the real resident."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cuelet.core.values.runs import RunExited, RunRequest, RunUsage, Step
from cuelet.runner import procfs
from cuelet.runner.client import ResidentRunner
from cuelet.runner.resident.runlock import LOCK_HANDLE
from cuelet.runner.testing import Listener, list_processes_of, make_request, open_resident

PY = sys.executable


class Bench:
    """One resident, one listener, one folder for logs."""

    def __init__(self, runner: ResidentRunner, heard: Listener, folder: Path) -> None:
        self.runner = runner
        self.heard = heard
        self.folder = folder
        self.home = folder / "runner"

    def log(self, run_id: str) -> Path:
        return self.folder / "logs" / f"{run_id}.log"

    def start(self, run_id: str, *argvs: list[str], **more: object) -> None:
        more.setdefault("cwd", self.folder)
        self.runner.spawn(make_request(run_id, *argvs, log_path=self.log(run_id), **more))  # type: ignore[arg-type]

    async def run(self, run_id: str, *argvs: list[str], **more: object) -> RunExited:
        self.start(run_id, *argvs, **more)
        return (await self.heard.wait_exits(run_id))[0]

    async def wait_file(self, name: str) -> str:
        """Wait until a run has written a file, whole."""
        path = self.folder / name
        async with asyncio.timeout(20):
            while not path.exists():
                await asyncio.sleep(0.005)
        return path.read_text()


Test = Callable[[Bench], Awaitable[None]]


@pytest.fixture
def drive(tmp_path: Path) -> Callable[[Test], None]:
    """Run a coroutine against a fresh resident and check that nothing is left."""

    async def session(test: Test) -> None:
        heard = Listener()
        async with open_resident(tmp_path / "runner", heard) as runner:
            await test(Bench(runner, heard, tmp_path))
        assert list_processes_of(tmp_path / "runner") == []

    return lambda test: asyncio.run(session(test))


def python(code: str) -> list[str]:
    return [PY, "-c", textwrap.dedent(code)]


def publish(name: str, value: str) -> str:
    """Return code that writes a file atomically."""
    return (
        f"open('{name}.new','w').write(str({value})); import os; os.rename('{name}.new','{name}')"
    )


# Ends


def test_every_exit_code_is_recorded_exactly(drive):
    async def test(bench: Bench) -> None:
        for code in range(256):
            bench.start(f"r{code}", ["sh", "-c", f"exit {code}"])

        exits = await bench.heard.wait_exits(*(f"r{code}" for code in range(256)))

        assert [(e.exit_status, e.exit_signal, e.reason) for e in exits] == [
            (code, 0, "") for code in range(256)
        ]

    drive(test)


@pytest.mark.parametrize("number", [1, 2, 6, 9, 11, 15, 34])
def test_death_by_signal_is_recorded_with_its_number(drive, number):
    async def test(bench: Bench) -> None:
        exited = await bench.run("r", ["sh", "-c", f"ulimit -c 0; kill -{number} $$"])

        assert (exited.exit_status, exited.exit_signal) == (128 + number, number)
        assert f"killed by {signal.Signals(number).name if number != 34 else 'SIGRTMIN'}" in (
            bench.log("r").read_text()
        )
        assert ("elsewhere" in exited.reason) == (number == 9)

    drive(test)


def test_program_that_is_not_on_the_runs_path(drive):
    async def test(bench: Bench) -> None:
        exited = await bench.run("r", ["no-such-program"], env={"PATH": "/opt/none:/bin"})

        assert exited.exit_status == 256
        assert "'no-such-program' is not on PATH (/opt/none:/bin)" in exited.reason
        assert exited.reason in bench.log("r").read_text()
        assert "\n" not in exited.reason

    drive(test)


def test_program_is_looked_up_on_the_runs_path_relative_to_its_folder(drive):
    async def test(bench: Bench) -> None:
        tool = bench.folder / "tools" / "paint"
        tool.parent.mkdir()
        tool.write_text("#!/bin/sh\necho painted $1\n")
        tool.chmod(0o755)

        by_path = await bench.run("a", ["paint", "x"], env={"PATH": "tools:/bin"})
        by_name = await bench.run("b", ["tools/paint", "y"])

        assert (by_path.exit_status, by_name.exit_status) == (0, 0)
        assert bench.log("a").read_text().startswith("painted x\n")
        assert bench.log("b").read_text().startswith("painted y\n")

    drive(test)


def make_file(folder: Path, name: str, text: str, mode: int) -> str:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_what_cannot_be_started_says_why_and_what_to_do(drive):
    async def test(bench: Bench) -> None:
        plain = make_file(bench.folder, "plain", "#!/bin/sh\n", 0o644)
        bare = make_file(bench.folder, "bare", "echo hi\n", 0o755)
        lost = make_file(bench.folder, "lost", "#!/opt/none/python\n", 0o755)
        reasons = {
            "missing": (["/opt/none"], "does not exist"),
            "plain": ([plain], "is not executable; make it so (chmod +x)"),
            "bare": ([bare], "needs a first line #!"),
            "lost": ([lost], "the interpreter that"),
            "folder": (["/tmp"], "is a folder, not a program"),
            "long": (["true", "x" * 3_000_000], "too long for the system"),
            "many": (["true", *["x" * 1000] * 5000], "too long for the system"),
            "nul": (["true", "a\0b"], "cannot be passed on"),
            "empty": ([""], "the command is empty"),
            "none": ([], "the command is empty"),
        }
        for run_id, (argv, _) in reasons.items():
            bench.start(run_id, argv)

        exits = await bench.heard.wait_exits(*reasons)

        for exited in exits:
            assert exited.exit_status == 256, exited
            assert reasons[exited.run_id][1] in exited.reason
            assert exited.reason in bench.log(exited.run_id).read_text()

    drive(test)


def test_missing_folders_and_environments_are_named(drive):
    async def test(bench: Bench) -> None:
        cwd = await bench.run("cwd", ["true"], cwd="/opt/none")
        no_env = await bench.run("env", ["true"], env_key="nobody")
        no_step = await bench.run("step")
        bench.runner.spawn(make_request("log", ["true"], log_path="/proc/none/x.log"))
        (no_log,) = await bench.heard.wait_exits("log")

        assert "working directory '/opt/none' cannot be entered" in cwd.reason
        assert cwd.reason in bench.log("cwd").read_text()
        assert "'nobody' was never defined" in no_env.reason
        assert "no command" in no_step.reason
        assert "'/proc/none/x.log' cannot be created" in no_log.reason
        assert {e.exit_status for e in (cwd, no_env, no_step, no_log)} == {256}

    drive(test)


def test_failed_fork_is_a_failed_launch(drive):
    async def test(bench: Bench) -> None:
        import resource

        if os.geteuid() == 0:
            # The limit of processes does not bind root: exhaust descriptors instead.
            resource.prlimit(bench.runner.pid, resource.RLIMIT_NOFILE, (12, 20000))
        else:
            resource.prlimit(bench.runner.pid, resource.RLIMIT_NPROC, (1, 1))
        for number in range(20):
            bench.start(f"r{number}", ["sleep", "0.3"])

        exits = await bench.heard.wait_exits(*(f"r{number}" for number in range(20)))

        assert {e.exit_status for e in exits} <= {0, 256}
        failed = [e for e in exits if e.exit_status == 256]
        assert failed
        assert all(e.reason for e in failed)
        resource.prlimit(bench.runner.pid, resource.RLIMIT_NOFILE, (20000, 20000))

    drive(test)


def test_whatever_is_asked_for_every_run_has_an_end(drive):
    odd = ["", "\0", "\ud800", "\udcff", "a=b", "=", "x" * 300, "..", "-rf", "\n", "ü", "/", "true"]

    async def test(bench: Bench) -> None:
        chance = random.Random(1)
        bench.runner.define_env("odd", {"\0": "x"})
        names = []
        for number in range(300):
            pick = lambda: chance.choice(odd)  # noqa: E731
            names.append(f"{pick()}{number}")
            request = RunRequest(
                run_id=names[-1],
                steps=tuple(
                    Step(tuple(pick() for _ in range(chance.randrange(3))), {pick(): pick()})
                    for _ in range(chance.randrange(3))
                ),
                env_key=chance.choice(["base", "base", "odd", "none"]),
                env={pick(): pick()} if number % 3 else {},
                cwd=pick() if number % 5 == 0 else "/",
                log_path=f"{bench.folder}/{pick()}/{pick()}" if number % 7 else pick(),
                header=pick(),
            )
            bench.runner.spawn(request)

        exits = await bench.heard.wait_exits(*names)

        assert {e.exit_status for e in exits} <= {0, 256}
        assert all(e.reason for e in exits if e.exit_status == 256)

    drive(test)


# Steps and surroundings


def test_steps_run_in_order_and_stop_at_the_first_failure(drive):
    async def test(bench: Bench) -> None:
        steps = [["sh", "-c", f"echo step {n}; exit {code}"] for n, code in enumerate([0, 0, 7, 0])]

        exited = await bench.run("r", *steps)

        assert exited.exit_status == 7
        text = bench.log("r").read_text()
        assert text.startswith("step 0\nstep 1\nstep 2\n\n[cuelet] exit status 7")
        assert len(bench.heard.started) <= 1

    drive(test)


def test_environment_is_base_then_run_then_step_then_marker(drive):
    async def test(bench: Bench) -> None:
        bench.runner.define_env("job", {"A": "base", "B": "base", "C": "base", "PATH": "/bin"})
        code = "import os,json; print(json.dumps(dict(os.environ)))"
        request = RunRequest(
            run_id="frame.1",
            steps=(Step((PY, "-c", code), {"C": "step"}),),
            env_key="job",
            env={"B": "run", "C": "run", "CUELET_RUN_ID": "forged", "N\udcff": "\udce9"},
            cwd=str(bench.folder),
            log_path=str(bench.log("r")),
        )

        bench.runner.spawn(request)
        await bench.heard.wait_exits("frame.1")

        env = json.loads(bench.log("r").read_text().splitlines()[0])
        assert (env["A"], env["B"], env["C"]) == ("base", "run", "step")
        assert env["CUELET_RUN_ID"] == "frame.1"
        assert env["CUELET_RUNNER"] == str(bench.home)
        assert env["N\udcff"] == "\udce9"
        assert "HOME" not in env

    drive(test)


def test_a_step_leads_its_session_with_clean_signals_and_no_foreign_descriptors(drive):
    async def test(bench: Bench) -> None:
        code = """
            import os, json, signal
            ignored = [l for l in open('/proc/self/status') if l.startswith(('SigIgn', 'SigBlk'))]
            print(json.dumps({
                'sid': os.getsid(0) == os.getpid() == os.getpgrp(), 'cwd': os.getcwd(),
                'fds': sorted(os.readlink(f'/proc/self/fd/{n}') for n in (0, 1, 2)),
                'open': sorted(int(n) for n in os.listdir('/proc/self/fd')),
                'hup': signal.getsignal(signal.SIGHUP) is signal.SIG_DFL, 'ignored': ignored}))
        """
        await bench.run("r", [PY, "-I", "-S", "-c", textwrap.dedent(code)])

        told = json.loads(bench.log("r").read_text().splitlines()[0])
        log = str(bench.log("r"))
        assert told["sid"]
        assert told["cwd"] == str(bench.folder)
        assert told["fds"] == sorted(["/dev/null", log, log])
        assert told["open"] == [0, 1, 2, 3, LOCK_HANDLE]  # 3 is the listing itself
        assert told["hup"]
        blocked = {line.split()[0]: int(line.split()[1], 16) for line in told["ignored"]}
        assert blocked["SigBlk:"] == 0

    drive(test)


# Logs


def test_log_is_byte_exact_between_header_and_footer(drive):
    async def test(bench: Bench) -> None:
        blob = bytes(range(256)) * 20_000
        (bench.folder / "blob").write_bytes(blob)

        await bench.run("r", ["cat", "blob"], header="job x\nlayer ü\n")

        data = bench.log("r").read_bytes()
        header = "job x\nlayer ü\n".encode()
        assert data.startswith(header + blob + b"\n[cuelet] exit status 0, wall ")
        assert bench.log("r").stat().st_mode & 0o777 == 0o600
        assert bench.log("r").parent.stat().st_mode & 0o777 == 0o700

    drive(test)


def test_older_logs_move_to_the_next_free_number(drive):
    async def test(bench: Bench) -> None:
        log = bench.log("same")
        for number in range(3):
            request = make_request(f"r{number}", ["echo", f"try {number}"], log_path=log)
            bench.runner.spawn(request)
            await bench.heard.wait_exits(f"r{number}")

        assert log.read_text().startswith("try 2\n")
        assert log.with_name("same.log.1").read_text().startswith("try 0\n")
        assert log.with_name("same.log.2").read_text().startswith("try 1\n")

    drive(test)


def own_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / procfs.TICKS_PER_S


def test_much_output_costs_the_resident_nothing(drive):
    async def test(bench: Bench) -> None:
        before_s = own_cpu_s(bench.runner.pid)
        exited = await bench.run("r", ["head", "-c", "100000000", "/dev/zero"])

        assert exited.exit_status == 0
        assert bench.log("r").stat().st_size > 100_000_000
        assert own_cpu_s(bench.runner.pid) - before_s <= 0.02

    drive(test)


# Killing and leftovers


def test_kill_asks_first(drive):
    async def test(bench: Bench) -> None:
        bench.start(
            "r",
            python("""
            import signal, sys, time
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
            open('ready', 'w').close()
            time.sleep(60)
        """),
        )
        await bench.wait_file("ready")

        bench.runner.kill("r", 10)
        (exited,) = await bench.heard.wait_exits("r")

        assert (exited.exit_status, exited.exit_signal) == (5, 0)
        assert exited.reason == "killed on request"
        assert exited.wall_s < 10

    drive(test)


def test_one_that_ignores_sigterm_is_killed_after_the_grace(drive):
    async def test(bench: Bench) -> None:
        bench.start(
            "r",
            python("""
            import signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            open('ready', 'w').close()
            time.sleep(60)
        """),
        )
        await bench.wait_file("ready")

        bench.runner.kill("r", 0.3)
        (exited,) = await bench.heard.wait_exits("r")

        assert (exited.exit_status, exited.exit_signal) == (137, 9)
        assert exited.reason == "killed on request"

    drive(test)


def test_kill_of_a_stopped_process_and_a_second_more_urgent_kill(drive):
    async def test(bench: Bench) -> None:
        bench.start("stopped", ["sh", "-c", "kill -STOP $$; sleep 60"])
        bench.start("stubborn", ["sh", "-c", "trap '' TERM; touch ready; sleep 60; sleep 60"])
        await bench.wait_file("ready")

        bench.runner.kill("stopped", 60)
        bench.runner.kill("stubborn", 60)
        bench.runner.kill("stubborn", 0)
        stopped, stubborn = await bench.heard.wait_exits("stopped", "stubborn")

        assert stopped.exit_signal == 15
        assert stubborn.exit_signal == 9

    drive(test)


def test_a_tree_of_fifty_is_killed_whole(drive):
    async def test(bench: Bench) -> None:
        bench.start(
            "r",
            python(f"""
            import os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for n in range(49):
                if n % 10 == 9:
                    if os.fork(): time.sleep(60)  # a deeper level
                elif not os.fork():
                    if n % 3 == 0: os.setsid()
                    time.sleep(60)
            {publish("ready", "1")}
            time.sleep(60)
        """),
        )
        await bench.wait_file("ready")
        assert len(list_processes_of(bench.home)) == 50

        bench.runner.kill("r", 0.2)
        (exited,) = await bench.heard.wait_exits("r")

        assert exited.exit_signal == 9
        assert list_processes_of(bench.home) == []

    drive(test)


DAEMON = """
    import os, signal, time
    if os.fork(): os._exit(0)
    os.setsid()
    if os.fork(): os._exit(0)
    {before}
    with open('pid.new', 'w') as f: f.write(str(os.getpid()))
    os.rename('pid.new', 'pid')
    {argv}
"""


@pytest.mark.parametrize(
    "before", ["pass", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"], ids=["polite", "deaf"]
)
def test_a_daemon_is_ended_with_its_step(drive, before):
    async def test(bench: Bench) -> None:
        daemon = DAEMON.format(before=before, argv="time.sleep(60)")
        waiter = "\nwhile not __import__('os').path.exists('pid'): pass"
        script = bench.folder / "daemon.py"
        script.write_text(textwrap.dedent(daemon))

        exited = await bench.run(
            "r", [PY, "-c", f"import subprocess;subprocess.run([{PY!r},'daemon.py']){waiter}"]
        )

        pid = int((bench.folder / "pid").read_text())
        assert procfs.read_process(pid) is None
        assert exited.exit_status == 0
        assert exited.wall_s < 5
        assert exited.reason == "ended 1 of its processes that stayed behind"

    drive(test)


def test_a_daemon_without_marker_in_its_own_session_is_ended(drive):
    async def test(bench: Bench) -> None:
        argv = "os.execve('/bin/sleep', ['sleep', '60'], {})"
        script = bench.folder / "daemon.py"
        script.write_text(textwrap.dedent(DAEMON.format(before="pass", argv=argv)))

        exited = await bench.run(
            "r", ["sh", "-c", f"{PY} daemon.py; until test -e pid; do :; done"]
        )

        pid = int((bench.folder / "pid").read_text())
        async with asyncio.timeout(5):
            while procfs.read_process(pid):
                await asyncio.sleep(0.005)
        assert exited.exit_status == 0

    drive(test)


def test_what_ends_by_itself_soon_is_left_in_peace(drive):
    async def test(bench: Bench) -> None:
        exited = await bench.run(
            "r", ["sh", "-c", "(trap 'echo cut' TERM; sleep 0.1; echo whole) &"]
        )

        assert exited.reason == ""
        assert bench.log("r").read_text().startswith("whole\n")

    drive(test)


def test_a_killed_run_takes_no_further_step(drive):
    async def test(bench: Bench) -> None:
        polite = "trap 'exit 0' TERM; touch ready; while :; do sleep 0.01; done"
        bench.start("r", ["sh", "-c", polite], ["touch", "second"])
        await bench.wait_file("ready")

        bench.runner.kill("r", 10)
        (exited,) = await bench.heard.wait_exits("r")

        assert (exited.exit_status, exited.exit_signal) == (143, 15)
        assert not (bench.folder / "second").exists()

    drive(test)


def test_unknown_runs_are_ignored_and_known_ones_not_started_twice(drive):
    async def test(bench: Bench) -> None:
        bench.runner.kill("nobody", 0)
        bench.runner.ack(["nobody"])
        for _ in range(2):
            bench.start("r", ["sh", "-c", "echo x >> times"])
        await bench.heard.wait_exits("r")
        bench.start("r", ["sh", "-c", "echo x >> times"])
        await bench.run("other", ["true"])

        assert (bench.folder / "times").read_text() == "x\n"

    drive(test)


# Measures


@pytest.mark.slow
def test_cpu_memory_and_wall_are_measured(drive):
    async def test(bench: Bench) -> None:
        exited = await bench.run(
            "r",
            python("""
            import time
            block = bytearray(100_000_000)
            end = time.process_time() + 0.5
            while time.process_time() < end: pass
            time.sleep(0.2)
        """),
        )

        assert 0.5 <= exited.cpu_s < 0.9
        assert 0.7 <= exited.wall_s < 10
        assert 100_000 < exited.max_rss_kb < 130_000
        assert "peak memory 10" in bench.log("r").read_text()

    drive(test)


@pytest.mark.slow
def test_a_tree_counts_its_private_memory_and_all_its_cpu(drive):
    async def test(bench: Bench) -> None:
        child = "import time;b=bytearray(50_000_000);e=time.process_time()+.2\nwhile time.process_time()<e:pass\ntime.sleep(2.2)"
        exited = await bench.run(
            "r",
            python(f"""
            import subprocess
            children = [subprocess.Popen([{PY!r}, '-c', {child!r}]) for _ in range(3)]
            [child.wait() for child in children]
        """),
        )

        assert 0.6 <= exited.cpu_s < 1.5
        assert 150_000 < exited.max_rss_kb < 230_000

    drive(test)


@pytest.mark.slow
def test_usage_is_reported_while_a_run_lives(drive):
    async def test(bench: Bench) -> None:
        bench.start("r", python("import time; b = bytearray(30_000_000); time.sleep(60)"))

        def usages() -> list[RunUsage]:
            return [event for event in bench.heard.events if isinstance(event, RunUsage)]

        await bench.heard.wait_until(lambda: len(usages()) == 2)

        assert all(usage.run_id == "r" for usage in usages())
        assert all(30_000 < usage.rss_kb <= usage.max_rss_kb < 60_000 for usage in usages())
        assert all(0 < usage.cpu_s < 2 for usage in usages())

    drive(test)
