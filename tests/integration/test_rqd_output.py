"""Under a stock RQD, which drops what it does not read at once, a frame's output arrives whole, and nothing else changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import rqd
from tests.conftest import SRC, wait_until

RELAY = [sys.executable, "-IS", str(SRC / "outline" / "_layer" / "relay.py")]
LINES = b"".join(b"%d\n" % n for n in range(1, 2001))


def run(*argv: str) -> tuple[int, bytes]:
    return rqd.run([*RELAY, *argv])


def shell(command: str) -> tuple[int, bytes]:
    return run("/bin/sh", "-c", command)


def test_the_reader_of_the_tests_loses_what_rqd_loses() -> None:
    assert any(rqd.run(["seq", "2000"])[1] != LINES for _ in range(20))


def test_every_line_arrives_every_time() -> None:
    for _ in range(5):
        assert run("seq", "2000") == (0, LINES)


@pytest.mark.parametrize(
    ("command", "ended", "said"),
    [
        ("printf 'one\\ntwo'", 0, b"one\ntwo"),
        ("echo one; echo two >&2; echo three; exit 7", 7, b"one\ntwo\nthree\n"),
        ("printf half; kill -9 $$", -signal.SIGKILL, b"half"),
        ("echo on; kill -TERM $$", -signal.SIGTERM, b"on\n"),
        ("ulimit -c 0; echo on; kill -SEGV $$", -signal.SIGSEGV, b"on\n"),
        ("exec >&- 2>&-; exit 3", 3, b""),
        ("", 0, b""),
        ("printf '\\n\\n\\n'", 0, b"\n\n\n"),
        ("printf 'a\\rb\\rc\\n\\000d\\n'", 0, b"a\rb\rc\n\0d\n"),
    ],
)
def test_output_and_end_are_those_of_the_frame(command: str, ended: int, said: bytes) -> None:
    assert shell(command) == (ended, said)


def test_an_endless_line_arrives_whole() -> None:
    assert shell("head -c 300000 /dev/zero | tr '\\0' x") == (0, b"x" * 300_000)


def test_long_and_short_lines_arrive_in_order() -> None:
    code = "for n in range(60): print(str(n) * 3001); print(n)"
    said = "".join(f"{str(n) * 3001}\n{n}\n" for n in range(60)).encode()

    assert run(sys.executable, "-c", code) == (0, said)


def test_a_child_that_stays_behind_keeps_nothing_waiting(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)

    ended, said = shell(f"(read line < {gate}; echo late) & seq 500")

    assert (ended, said) == (0, LINES[: LINES.index(b"\n501\n") + 1])
    os.close(wait_until(lambda: open_for_reader(gate)))


def open_for_reader(gate: Path) -> int | None:
    """Open a pipe with a name for writing, once somebody reads it."""
    try:
        return os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_what_a_killed_frame_had_said_is_there() -> None:
    def kill(line: bytes, frame: subprocess.Popen[bytes]) -> None:
        if line == b"1000\n":
            os.killpg(frame.pid, signal.SIGKILL)  # as RQD does

    ended, said = rqd.run([*RELAY, "/bin/sh", "-c", "seq 1000; exec sleep 600"], seen=kill)

    assert (ended, said) == (-signal.SIGKILL, LINES[: LINES.index(b"\n1001\n") + 1])


def test_a_signal_reaches_the_frame() -> None:
    def end(line: bytes, frame: subprocess.Popen[bytes]) -> None:
        if line == b"ready\n":
            frame.terminate()

    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('told'), sys.exit(4)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    assert rqd.run([*RELAY, sys.executable, "-c", code], seen=end) == (4, b"ready\ntold\n")


def test_a_frame_does_not_outlive_its_relay(tmp_path: Path) -> None:
    pids = tmp_path / "pid"

    def kill(line: bytes, frame: subprocess.Popen[bytes]) -> None:
        pids.write_bytes(line)
        frame.kill()

    ended, _ = rqd.run([*RELAY, "/bin/sh", "-c", "echo $$; exec sleep 600"], seen=kill)

    assert ended == -signal.SIGKILL
    wait_until(lambda: not Path(f"/proc/{int(pids.read_text())}/cmdline").exists())


def test_a_program_that_does_not_exist_is_named() -> None:
    ended, said = run("no-such-program")

    assert (ended, said) == (127, b"no-such-program: No such file or directory\n")


@pytest.mark.parametrize("env", [{}, {"CUE3": "1", "CUELET_RUN_ID": "x"}])
def test_nobody_stands_between_elsewhere(env: dict[str, str]) -> None:
    done = subprocess.run(
        [*RELAY, "/bin/sh", "-c", "echo $PPID"], env=env, capture_output=True, check=True
    )

    assert int(done.stdout) == os.getpid()


SCRIPT = """
import os, sys
import outline
from outline.modules.shell import Shell

class Talk(outline.Layer):
    def _execute(self, frames):
        for n in range(1, 2001):
            print(n)
        os.system("echo from a child")
        print("the end", end="", file=sys.stderr)

class Die(outline.Layer):
    def _execute(self, frames):
        for n in range(1, 301):
            print(n)
        raise RuntimeError("the cause")

ol = outline.Outline("talks", frame_range="1", show="demo", shot="sh010")
ol.add_layer(Talk("talk"))
ol.add_layer(Die("die"))
ol.add_layer(Shell("seq", command=["seq", "2000"]))
ol.setup()
print(ol.get_session().get_path())
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    script = home / "job.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script)],
        env={"HOME": str(home), "PYTHONPATH": str(SRC), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def frame(session: Path, layer: str) -> tuple[int, bytes]:
    argv = [sys.executable, "-P", "-m", "outline.pycuerun", str(session), "-e", f"1-{layer}"]
    home = str(session.parents[3])
    return rqd.run(argv, {**rqd.STOCK_ENV, "HOME": home, "PYTHONPATH": str(SRC)})


def test_pycuerun_hands_over_all_that_a_layer_says(session: Path) -> None:
    assert frame(session, "talk") == (0, LINES + b"from a child\nthe end")
    assert frame(session, "seq") == (0, LINES)


def test_pycuerun_hands_over_the_traceback(session: Path) -> None:
    ended, said = frame(session, "die")

    assert ended == 1
    assert said.splitlines()[:300] == LINES.splitlines()[:300]
    assert said.endswith(b"RuntimeError: the cause\n")
