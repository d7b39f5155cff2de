"""R2: the farm, or its runner, dies at the Nth call of one kind, for every N of a fixed script."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from cuelet.runner import endpoint
from tests.conftest import SRC, make_box, wait_until
from tests.crash import scale
from tests.crash.driver import (
    announced,
    kill_processes,
    kill_server,
    make_runs,
    server_command,
    strangers,
)
from tests.crash.fixed_script import Script, connected

FARM_CALLS = ("pwrite64", "vfork", "fdatasync", "rename", "openat", "unlink", "clone3")
RUNNER_CALLS = ("write", "rename", "openat", "unlink", "clone,clone3,vfork", "fdatasync")
if not scale.is_long():
    FARM_CALLS, RUNNER_CALLS = FARM_CALLS[:2], RUNNER_CALLS[:1]
RESIDENT = (
    "import sys; sys.path.append({src!r}); from cuelet.runner.resident.main import main;"
    "sys.exit(main(['--dir', {home!r}]))"
)

pytestmark = [
    pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed"),
    pytest.mark.slow,
]


class Stage:
    """A farm in a folder of its own, parts of which run under strace."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.farm = make_box(home)
        self.farm.state_dir.mkdir(mode=0o700)
        self.trace = home / "trace"
        self.script = Script(self.farm, make_runs(self.farm))
        self._children: list[subprocess.Popen[bytes]] = []

    def traced(self, call: str, when: int) -> list[str]:
        """Return a strace that counts a call, or kills at the Nth one in any thread."""
        # The tracer is not the parent, so that pids and deaths are those of the farm.
        strace = ["strace", "-D", "-f", "--detach-on=execve", "--seccomp-bpf", "-qq", "-y"]
        inject = [f"--inject={call}:signal=KILL:when={when}"] if when else []
        return [*strace, "-o", str(self.trace), "-e", f"trace={call}", *inject]

    def start(self, prefix: list[str]) -> subprocess.Popen[bytes]:
        """Start the farm; return when it serves, or has died."""
        server = self._run([*prefix, *server_command(self.farm)])
        wait_until(lambda: self._serves(server) or server.poll() is not None)
        return server

    def _serves(self, server: subprocess.Popen[bytes]) -> bool:
        return announced(self.farm) and self.farm.info["pid"] == server.pid

    def start_resident(self, prefix: list[str]) -> None:
        """Start the runner before the farm does."""
        home = self.farm.state_dir / "runner"
        home.mkdir(mode=0o700)
        code = RESIDENT.format(src=str(SRC), home=str(home))
        doomed = self._run([*prefix, sys.executable, "-I", "-S", "-c", code])
        wait_until(lambda: _answers(home) or doomed.poll() is not None)

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.farm.state_dir / "farm.log").open("ab") as log:
            child = subprocess.Popen(
                command, env=self.farm.env, stdout=log, stderr=log, start_new_session=True
            )
        self._children.append(child)
        return child

    def close(self) -> None:
        """End the farm, its runner and the tracers."""
        for child in reversed(self._children):  # a farm that is left replaces its runner
            kill_server(child)
        wait_until(self._is_empty)

    def _is_empty(self) -> bool:
        kill_processes(left := self.farm.processes())
        return not left


def _answers(home: Path) -> bool:
    with contextlib.suppress(OSError):
        endpoint.dial(str(home)).close()
        return True
    return False


@contextlib.contextmanager
def stage(home: Path) -> Iterator[Stage]:
    made = Stage(home)
    try:
        yield made
    finally:
        made.close()
    shutil.rmtree(home)


def play(on: Stage, server: subprocess.Popen[bytes], *, lost: bool) -> bool:
    """Play the script on a farm that may die, and finish it on the next; tell whether it died."""
    try:
        with connected(on.farm) as jobs:
            on.script.go_on(jobs)
    except (grpc.RpcError, OSError):
        wait_until(lambda: server.poll() is not None)
    died = server.poll() is not None
    if died:
        on.script.note_death()
        server = on.start([])
    with connected(on.farm) as jobs:
        on.script.check_acknowledged(jobs)
        on.script.go_on(jobs)
        on.script.check_end(jobs, lost=lost)
    wait_until(lambda: not _untraced_strangers(on))
    return died


def _untraced_strangers(on: Stage) -> set[int]:
    """Return processes that are neither farm nor runner, nor what traces them."""
    found = set()
    for pid in strangers(on.farm):
        with contextlib.suppress(OSError):
            if b"strace" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
                found.add(pid)
    return found


def calls_made(on: Stage) -> list[int]:
    """Return the numbers, within their thread, of the calls that concern the farm's folder.

    All calls have a number, but what Python opens to import itself is of no interest.
    """
    seen: Counter[str] = Counter()
    numbers = set()
    for line in on.trace.read_text().splitlines():
        if not (call := re.match(r"(\d+) +\w+\((.*)", line)):
            continue
        seen[call[1]] += 1
        if "openat" not in line or str(on.farm.state_dir) in call[2]:
            numbers.add(seen[call[1]])
    return sorted(numbers)


def points(home: Path, part: str, call: str) -> list[int]:
    """Return every N worth dying at, found by a run in which nobody dies."""
    with stage(home) as on:
        if part == "farm":
            server = on.start(on.traced(call, 0))
        else:
            on.start_resident(on.traced(call, 0))
            server = on.start([])
        assert not play(on, server, lost=False)
        return calls_made(on)


def chosen(numbers: list[int], name: str) -> list[int]:
    """Choose points; the last ones are not reached by every run, so few are taken from the first half."""
    most, chance = scale.count(quick=1, full=min(100, len(numbers))), scale.chance(name)
    if most < len(numbers):
        numbers = numbers[: max(most, len(numbers) // 2)]
    return sorted(chance.sample(numbers, min(most, len(numbers))))


@pytest.mark.parametrize("call", FARM_CALLS)
def test_the_farm_dies_at_any_call_and_keeps_what_it_acknowledged(
    tmp_path: Path, call: str
) -> None:
    numbers = points(tmp_path / "count", "farm", call)
    tried = chosen(numbers, f"farm {call}")
    deaths = 0

    for number in tried:
        with stage(tmp_path / f"{number}") as on:
            server = on.start(on.traced(call, number))
            deaths += play(on, server, lost=False)

    assert deaths * 4 >= len(tried)
    scale.record("R2", part="farm", call=call, calls=len(numbers), tried=len(tried), deaths=deaths)


@pytest.mark.parametrize("call", RUNNER_CALLS)
def test_the_runner_dies_at_any_call_and_each_frame_has_its_end(tmp_path: Path, call: str) -> None:
    numbers = points(tmp_path / "count", "runner", call)
    tried = chosen(numbers, f"runner {call}")
    deaths = 0

    for number in tried:
        with stage(tmp_path / f"{number}") as on:
            on.start_resident(on.traced(call, number))
            doomed = on._children[-1]
            server = on.start([])
            play(on, server, lost=True)
            kill_server(server)
            on.script.check_recorded()
            deaths += doomed.poll() is not None

    assert deaths * 4 >= len(tried)
    scale.record(
        "R2", part="runner", call=call, calls=len(numbers), tried=len(tried), deaths=deaths
    )
