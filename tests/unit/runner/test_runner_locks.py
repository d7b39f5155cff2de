"""The lock of a run: inherited, found again, and never given twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.conftest import wait_until

from cuelet.runner import procfs
from cuelet.runner.resident import runlock
from cuelet.runner.resident.runlock import LOCK_HANDLE, RunHeldError, RunLocks


@contextmanager
def born_with(handle: int, at: int = LOCK_HANDLE) -> Iterator[int]:
    """Run a process that inherits a lock and carries no environment."""
    actions = [(os.POSIX_SPAWN_DUP2, handle, at)]
    pid = os.posix_spawn("/bin/sleep", ["sleep", "600"], {}, file_actions=actions)
    try:
        yield pid
    finally:
        if procfs.list_children(os.getpid()).count(pid):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def test_a_lock_is_used_again_by_later_runs(tmp_path: Path) -> None:
    locks = RunLocks(str(tmp_path))
    for number in range(100):
        locks.take(f"frame{number}.1")
        locks.release(f"frame{number}.1")
    locks.take("a.1")
    locks.take("b.1")

    assert sorted(os.listdir(tmp_path / "locks")) == ["0", "1"]
    locks.release("a.1")
    locks.release("b.1")
    locks.release("unknown")


def test_a_process_born_with_a_lock_is_told_by_it(tmp_path: Path) -> None:
    locks = RunLocks(str(tmp_path))
    with born_with(locks.take("a.1")) as pid, born_with(locks.take("b.1")) as other:
        assert (locks.owner_of(pid), locks.owner_of(other)) == ("a.1", "b.1")
        assert locks.owner_of(os.getpid()) == ""
    locks.release("a.1")
    locks.release("b.1")


@pytest.mark.parametrize("at", [LOCK_HANDLE, 7])
def test_what_a_dead_resident_locked_is_found_under_any_descriptor(tmp_path: Path, at: int) -> None:
    before = RunLocks(str(tmp_path))
    handle = before.take("frame.1")
    with born_with(handle, at) as pid:
        before.release("frame.1")  # as its death would

        after = RunLocks(str(tmp_path))
        assert after.is_left(["frame.1"])
        assert not after.is_left(["other.1"])
        assert [process.pid for process in after.find_left({"frame.1"})] == [pid]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert not after.is_left(["frame.1"])


def test_a_second_run_of_a_frame_ends_what_the_first_left_before_it_locks(tmp_path: Path) -> None:
    before = RunLocks(str(tmp_path))
    with born_with(before.take("frame.1")) as pid:
        before.release("frame.1")
        after = RunLocks(str(tmp_path))

        after.take("another.1")
        assert procfs.read_process(pid).is_alive  # type: ignore[union-attr]
        after.take("frame.2")

        assert os.waitpid(pid, 0)[1] == signal.SIGKILL
        after.release("another.1")
        after.release("frame.2")


def test_a_second_run_of_a_frame_is_refused_while_the_first_cannot_be_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = RunLocks(str(tmp_path))
    monkeypatch.setattr(runlock.procfs, "signal_process", lambda *_: False)
    with born_with(before.take("frame.1")):
        before.release("frame.1")
        after = RunLocks(str(tmp_path))

        with pytest.raises(RunHeldError, match="fuser .*/locks/0"):
            after.take("frame.2")
        after.take("another.1")
        after.release("another.1")


def test_a_lock_that_a_process_slipped_away_with_is_not_given_again(tmp_path: Path) -> None:
    locks = RunLocks(str(tmp_path))
    with born_with(locks.take("frame.1")):
        locks.release("frame.1")

        locks.take("other.1")

        assert locks.is_left(["frame.1"])
        assert sorted(os.listdir(tmp_path / "locks")) == ["0", "1"]
        locks.release("other.1")


def test_a_lock_that_was_held_for_a_moment_is_used_again(tmp_path: Path) -> None:
    # A process that is just being started holds, until its program runs, what it will not inherit.
    locks = RunLocks(str(tmp_path))
    for number in range(50):
        with born_with(locks.take(f"frame{number}.1")):
            locks.release(f"frame{number}.1")
            locks.take(f"next{number}.1")
        locks.release(f"next{number}.1")

    assert len(os.listdir(tmp_path / "locks")) <= 3


def test_a_lock_that_stays_held_is_passed_over_and_the_next_ones_go_round(tmp_path: Path) -> None:
    locks = RunLocks(str(tmp_path))
    with ExitStack() as daemons:
        for number in range(20):
            daemons.enter_context(born_with(locks.take(f"daemon{number}.1")))
        for number in range(20):
            locks.release(f"daemon{number}.1")
        for number in range(100):
            locks.take(f"frame{number}.1")
            locks.release(f"frame{number}.1")

        assert len(os.listdir(tmp_path / "locks")) == 21
    for number in range(21):
        locks.take(f"later{number}.1")
    assert len(os.listdir(tmp_path / "locks")) == 21
    for number in range(21):
        locks.release(f"later{number}.1")


def holds_one(pid: int) -> bool:
    """Tell whether a process that was just started has let go of what it does not inherit."""
    links = (os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd"))
    return sum("/locks/" in link for link in links) == 1


def test_files_of_an_earlier_resident_that_nobody_holds_are_removed(tmp_path: Path) -> None:
    before = RunLocks(str(tmp_path))
    handles = [before.take(f"frame{number}.1") for number in range(30)]
    with born_with(handles[7]) as pid:
        wait_until(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n" and holds_one(pid))
        for number in range(30):
            before.release(f"frame{number}.1")

        after = RunLocks(str(tmp_path))

        assert os.listdir(tmp_path / "locks") == ["7"]
        assert [process.pid for process in after.find_left({"frame7.1"})] == [pid]
