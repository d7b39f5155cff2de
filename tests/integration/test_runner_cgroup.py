"""Memory limits of runs, where cgroup version 2 controls memory and lets us make groups.

Most machines of developers refuse that; `CUELET_TEST_CGROUP` names a group that does not.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from cuelet.core.values.runs import RunExited
from cuelet.runner.client import ResidentRunner
from cuelet.runner.resident import cgroup
from cuelet.runner.testing import Listener, make_request, open_resident

HOG = [sys.executable, "-S", "-c", "x = bytearray(b'x') * (300 << 20); print('held', flush=True)"]
LIMIT_MB = 64


class Bench:
    """A resident that may limit memory in a group."""

    def __init__(self, runner: ResidentRunner, heard: Listener, folder: Path, group: Path) -> None:
        self.runner, self.heard, self.folder, self.group = runner, heard, folder, group

    def start(self, run_id: str, *argvs: list[str], limit_mb: int = LIMIT_MB) -> None:
        log = self.folder / f"{run_id}.log"
        self.runner.spawn(make_request(run_id, *argvs, log_path=log, memory_max_mb=limit_mb))

    async def run(self, run_id: str, *argvs: list[str], limit_mb: int = LIMIT_MB) -> RunExited:
        self.start(run_id, *argvs, limit_mb=limit_mb)
        return (await self.heard.wait_exits(run_id))[0]

    def groups(self) -> list[Path]:
        """Return the groups of runs."""
        return sorted(self.group.glob("cuelet-*/run-*"))

    def notes(self) -> str:
        return (self.folder / "runner" / "runner.log").read_text()


Story = Callable[[Bench], Awaitable[None]]


@pytest.fixture
def group() -> Iterator[Path]:
    """Return a fresh group whose parent controls memory."""
    parent = Path(os.environ.get("CUELET_TEST_CGROUP", "/sys/fs/cgroup"))
    controls = parent / "cgroup.subtree_control"
    if not controls.exists() or "memory" not in controls.read_text().split():
        pytest.skip("only root can have memory controlled by cgroup version 2, where there is one")
    made = parent / f"cuelet-test-{os.getpid()}"
    try:
        made.mkdir()
    except OSError:
        pytest.skip("only root can make a cgroup here")
    yield made
    remove_tree(made)


def remove_tree(group: Path) -> None:
    """Take a group away with all below it."""
    for below in [path for path in group.iterdir() if path.is_dir()]:
        remove_tree(below)
    group.rmdir()


def drive(folder: Path, group: Path, story: Story, *, wanted: str | None = None) -> None:
    async def session() -> None:
        heard = Listener()
        named = str(group) if wanted is None else wanted
        async with open_resident(folder / "runner", heard, cgroup=named) as runner:
            await story(Bench(runner, heard, folder, group))
        assert not list(group.glob("cuelet-*/run-*")), "groups were left behind"

    asyncio.run(asyncio.wait_for(session(), 120))


@pytest.mark.parametrize(
    "argv", [HOG, ["/bin/sh", "-c", f'{" ".join(HOG[:3])} "{HOG[3]}"; sleep 300']]
)
def test_a_run_ends_at_its_memory_limit_with_all_its_processes(
    tmp_path: Path, group: Path, argv: list[str]
) -> None:
    async def story(bench: Bench) -> None:
        exited = await bench.run("r", argv)

        assert exited.out_of_memory
        assert (exited.exit_status, exited.exit_signal) == (137, signal.SIGKILL)
        assert exited.reason == f"the kernel killed it at the {LIMIT_MB} MB that are allowed"
        assert exited.max_rss_kb >= LIMIT_MB * 1024

    drive(tmp_path, group, story)


def test_what_stays_below_its_limit_is_not_disturbed(tmp_path: Path, group: Path) -> None:
    async def story(bench: Bench) -> None:
        small = await bench.run("small", ["/bin/sh", "-c", "echo $$; exit 3"])
        large = await bench.run("large", HOG, limit_mb=1000)
        free = await bench.run("free", HOG, limit_mb=0)

        assert [exited.exit_status for exited in (small, large, free)] == [3, 0, 0]
        assert not any(exited.out_of_memory or exited.reason for exited in (small, large, free))

    drive(tmp_path, group, story)


def test_every_step_of_a_run_is_inside_and_so_are_its_children(tmp_path: Path, group: Path) -> None:
    async def story(bench: Bench) -> None:
        look = ["/bin/sh", "-c", "(cat /proc/self/cgroup)"]

        await bench.run("r", look, look, HOG, HOG)

        told = (tmp_path / "r.log").read_text()
        assert told.count("/run-") == 2
        assert "held" not in told

    drive(tmp_path, group, story)


def test_a_kill_by_hand_inside_is_no_want_of_memory(tmp_path: Path, group: Path) -> None:
    async def story(bench: Bench) -> None:
        exited = await bench.run("r", ["/bin/sh", "-c", "kill -9 $$"])

        assert (exited.exit_status, exited.out_of_memory) == (137, False)

    drive(tmp_path, group, story)


def test_a_daemon_that_hides_from_us_does_not_outlive_its_run(tmp_path: Path, group: Path) -> None:
    async def story(bench: Bench) -> None:
        hide = "import os; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); "
        hide += f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); "
        hide += "os.execve('/bin/sleep', ['sleep', '300'], {})"

        await bench.run("r", [sys.executable, "-S", "-c", hide])

        while (tmp_path / "pid").exists() and is_alive(int((tmp_path / "pid").read_text())):
            await asyncio.sleep(0.02)
        while bench.groups():
            await asyncio.sleep(0.02)

    drive(tmp_path, group, story)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_group_that_vanishes_costs_no_run(tmp_path: Path, group: Path) -> None:
    async def story(bench: Bench) -> None:
        assert (await bench.run("before", ["/bin/true"])).exit_status == 0
        (folder,) = group.glob("cuelet-*")
        folder.rmdir()

        exited = await bench.run("after", HOG)

        assert exited.exit_status == 0
        assert "a run goes without a memory limit: No such file" in bench.notes()

    drive(tmp_path, group, story)


def test_a_program_that_is_not_there_leaves_no_group_and_no_resident_inside(
    tmp_path: Path, group: Path
) -> None:
    async def story(bench: Bench) -> None:
        assert (await bench.run("r", ["no-such-program"])).exit_status == 256

        home = Path(f"/proc/{bench.runner.pid}/cgroup").read_text()
        assert "run-" not in home
        assert bench.groups() == []

    drive(tmp_path, group, story)


def test_our_own_group_is_used_when_it_was_handed_over(tmp_path: Path, group: Path) -> None:
    os.setxattr(group, "user.delegate", b"1")
    home = cgroup._own_group(str(group))
    Path(group, "cgroup.procs").write_text(str(os.getpid()))

    async def story(bench: Bench) -> None:
        assert (await bench.run("r", HOG)).out_of_memory
        assert f"memory limits by cgroups in {group}/cuelet-" in bench.notes()

    try:
        drive(tmp_path, group, story, wanted="")
    finally:
        Path(home, "cgroup.procs").write_text(str(os.getpid()))


@pytest.mark.parametrize("wanted", ["off", "/proc", "/nowhere/at/all"])
def test_without_a_group_runs_go_without_limits(tmp_path: Path, wanted: str) -> None:
    async def story(bench: Bench) -> None:
        exited = await bench.run("r", HOG)

        assert exited.exit_status == 0
        assert ("no memory limits by cgroups" in bench.notes()) == (wanted != "off")

    drive(tmp_path, tmp_path, story, wanted=wanted)


def test_the_part_of_a_group_that_needs_no_controller_works_on_any(tmp_path: Path) -> None:
    """Membership, the way back and the end of what is left, on a hierarchy without controllers."""
    base = next((point for _, point in cgroup._mounts() if os.access(point, os.W_OK)), "")
    if not base:
        pytest.skip("only root can make groups, where version 2 is mounted")
    folder = f"{base}/cuelet-test-{os.getpid()}"
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("only root can make a cgroup here")
    noted: list[str] = []
    home = cgroup._own_group(base)
    groups = cgroup.Groups(folder, home, noted.append)
    limit = groups.make(LIMIT_MB)
    assert limit

    limit._enter = lambda: cgroup._write(f"{limit._path}/cgroup.procs", "0") is None  # type: ignore[method-assign]
    process = limit.launch_inside(
        lambda: subprocess.Popen(["sleep", "300"], start_new_session=True)
    )

    assert f"cuelet-test-{os.getpid()}/run-" in Path(f"/proc/{process.pid}/cgroup").read_text()
    assert "cuelet-test" not in Path("/proc/self/cgroup").read_text()
    limit.end()
    assert process.wait(20) == -signal.SIGKILL
    assert not groups.sweep()
    groups.close()
    assert not os.path.exists(folder)
