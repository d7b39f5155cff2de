"""What a frame in Python says is in its log at once, in order, and however it ends."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FarmBox, wait_until

JOB = """
    import sys
    from outline import Outline
    from outline.modules.shell import PyEval
    ol = Outline("talk")
    ol.add_layer(PyEval("talk", code=open(sys.argv[1]).read(), range="1"))
    ol.setup()
    print(ol.get_session().get_path())
"""

Frame = Callable[..., "tuple[int, bytes]"]


@pytest.fixture
def frame(tmp_path: Path, bare_env: dict[str, str]) -> Frame:
    """Run some code as a frame whose output goes to one file; return its exit status and the file."""
    env = {**bare_env, "LANG": "C.UTF-8"}
    (tmp_path / "job.py").write_text(textwrap.dedent(JOB))

    def run(code: str, *flags: str, **variables: str) -> tuple[int, bytes]:
        (tmp_path / "code.py").write_text(textwrap.dedent(code))
        script = [sys.executable, "job.py", "code.py"]
        session = subprocess.check_output(script, env=env, cwd=tmp_path, text=True).strip()
        argv = [sys.executable, *flags, "-P", "-m", "outline.pycuerun", session, "-e", "1-talk"]
        with (tmp_path / "log").open("ab") as log:
            log.truncate(0)
            done = subprocess.run(
                argv, env=env | variables, cwd=tmp_path, stdout=log, stderr=log, timeout=60
            )
        return done.returncode, (tmp_path / "log").read_bytes()

    return run


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("os._exit(3)", 3),
        ("os.kill(os.getpid(), 9)", -9),
        ("os.kill(os.getpid(), 15)", -15),
        ("os.abort()", -6),
        ("ctypes.string_at(0)", -11),
        ("sys.exit(4)", 4),
        ("sys.stdout.close(); os._exit(5)", 5),
    ],
)
@pytest.mark.parametrize("flags", [("-u",), ()], ids=["as launched", "as a site runs it"])
def test_nothing_that_was_said_is_lost(
    frame: Frame, flags: tuple[str, ...], end: str, status: int
) -> None:
    code = f"""
        import ctypes, os, sys
        print("a line")
        sys.stdout.write("no newline")
        sys.stderr.write(", an error")
        {end}
    """

    assert frame(code, *flags) == (status, b"a line\nno newline, an error")


def test_everybody_who_writes_to_the_log_does_it_in_order(frame: Frame) -> None:
    code = """
        import ctypes, logging, os, subprocess, sys
        libc = ctypes.CDLL(None)
        logging.basicConfig(stream=sys.stdout, format="%(message)s", level="INFO")
        sys.stdout.write("1 ")
        subprocess.run(["echo", "2"])
        print("3", end=" ")
        os.system("echo 4 >&2")
        libc.printf(b"5 ")
        sys.stderr.write("6 ")
        logging.info("7")
        sys.stdout.buffer.write(b"8 ")
        subprocess.run([sys.executable, "-c", "print(9)"])
        print("10", file=sys.stderr)
        layer.system(["echo", "11"])
        if os.fork() == 0:
            print("12")
            os._exit(0)
        os.wait()
        libc.printf(b"13 ")
        print("14", end="")
        libc.abort()
    """

    status, log = frame(code, "-u")

    assert (status, log.split()) == (-6, [str(n).encode() for n in range(1, 15)])


def test_lines_of_threads_and_processes_stay_whole(frame: Frame) -> None:
    code = """
        import multiprocessing, os, sys, threading
        def talk():
            for _ in range(300):
                print("one", "whole", "line")
        def talk_much():
            many = [threading.Thread(target=talk) for _ in range(4)]
            for each in many: each.start()
            for each in many: each.join()
        pids = []
        for _ in range(3):
            pid = os.fork()
            if not pid:
                talk_much()
                os._exit(0)
            pids.append(pid)
        for pid in pids: os.waitpid(pid, 0)
    """

    status, log = frame(code, "-u")

    assert (status, set(log.splitlines())) == (0, {b"one whole line"})


def test_no_text_kills_a_frame(frame: Frame) -> None:
    code = r"""
        import os, sys
        print("\ud800", os.fsdecode(b"\xff"), "\u2192")
        sys.stdout.buffer.write(b"\xff\xfe\n")
        print("x" * 3_000_000)
        print("\r50%", end="")
        print("done", sep=None, end=None)
    """

    for variables in ({"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}):
        status, log = frame(code, "-u", **variables)
        lines = log.splitlines()
        assert (status, lines[0][:6], lines[1]) == (0, b"\\ud800", b"\xff\xfe")
        assert (len(lines[2]), lines[-2:]) == (3_000_000, [b"", b"50%done"])


def test_processes_that_a_frame_spawns_hold_nothing_back_either(frame: Frame) -> None:
    code = """
        import multiprocessing, os, sys
        assert (sys.stdout.name, sys.stderr.fileno()) == ("<stdout>", 2)
        context = multiprocessing.get_context("spawn")
        worker = context.Process(target=exec, args=("print('spawned'); import os; os.abort()",))
        worker.start()
        worker.join()
        print(worker.exitcode)
    """

    assert frame(code, "-u") == (0, b"spawned\n-6\n")


@pytest.mark.parametrize("code", ["sys.stdout.close()", "sys.stdout = sys.stderr = None"])
def test_a_layer_may_take_its_streams_away(frame: Frame, code: str) -> None:
    assert frame(f"import sys; print(1); {code}") == (0, b"1\n")


def test_print_is_print(frame: Frame) -> None:
    code = """
        import builtins, io
        there = io.StringIO()
        print("to", "a", file=there, end="!")
        assert there.getvalue() == "to a!"
        try:
            print("x", sep=1)
        except TypeError as error:
            print("TypeError", error, flush=True)
        print()
    """

    status, log = frame(code, "-u")

    assert (status, log) == (0, b"TypeError sep must be None or a string, not int\n\n")


TALKER = """
from outline import Outline
from outline.modules.shell import PyEval

job = Outline("talker", show="demo", shot="sh010")
job.add_layer(PyEval("talk", range="1", retries=0, code='''
import sys, time
print("a line")
sys.stdout.write("and a half")
time.sleep(600)
'''))
"""


def test_a_running_frame_is_heard_and_a_killed_one_was(farm: FarmBox, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(TALKER)
    assert farm.cuelet("run", "--detach", "job.py").returncode == 0
    wait_until(lambda: "and a half" in farm.cuelet("logs", "talker", "talk").stdout)

    followed: list[str] = []
    follow = threading.Thread(
        target=lambda: followed.append(farm.cuelet("logs", "-f", "talker", "talk").stdout)
    )
    follow.start()
    assert farm.cuelet("kill", "talker").returncode == 0
    follow.join(60)

    assert "a line\nand a half" in followed[0]
