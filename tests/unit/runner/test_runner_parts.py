"""Log files, programs, timers, runs: the small parts of the resident."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from resource import struct_rusage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.values.runs import FAILED_LAUNCH, NOT_BEGUN, RunExited
from cuelet.runner import procfs
from cuelet.runner.errors import JournalError, RunnerBusyError, RunnerUnreachableError
from cuelet.runner.resident import launch, logfile
from cuelet.runner.resident import supervisor as resident_supervisor
from cuelet.runner.resident.journal import Journal
from cuelet.runner.resident.launch import Launcher, LaunchError
from cuelet.runner.resident.run import Run
from cuelet.runner.resident.runlock import RunLocks
from cuelet.runner.resident.supervisor import Supervisor
from cuelet.runner.resident.timers import Timers
from cuelet.runner.testing import make_request
from outline.jobspec import program
from outline.jobspec.logfile import open_log


def usage(cpu_s: float = 0.0, peak_kb: int = 0) -> struct_rusage:
    return struct_rusage([cpu_s, 0.0, peak_kb, *[0] * 13])


def make_run(steps: int = 1) -> Run:
    return Run(make_request("r", *[["true"]] * steps, log_path="/tmp/r"), at=1e9, began_s=10.0)


# Logs


def test_logs_take_the_next_free_number(tmp_path):
    path = str(tmp_path / "a" / "b" / "f.log")
    for number in range(4):
        handle = open_log(path)
        logfile.append(handle, f"{number}")
        os.close(handle)
        if number == 1:
            os.rename(f"{path}.1", f"{path}.2")

    texts = {
        name: (tmp_path / "a" / "b" / name).read_text() for name in os.listdir(tmp_path / "a" / "b")
    }
    assert texts == {"f.log": "3", "f.log.1": "1", "f.log.2": "0", "f.log.3": "2"}


def test_a_symlink_in_the_place_of_a_log_is_moved_aside_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("precious")
    path = tmp_path / "f.log"
    path.symlink_to(target)

    os.close(open_log(str(path)))

    assert target.read_text() == "precious"
    assert stat.S_ISREG(path.lstat().st_mode)


def test_log_on_a_full_disk_is_lost_quietly():
    handle = os.open("/dev/full", os.O_WRONLY)
    logfile.append(handle, "text")
    os.close(handle)


@pytest.mark.parametrize(
    ("status", "number", "text"),
    [
        (3, 0, "exit status 3,"),
        (139, 0, "exit status 139, probably SIGSEGV,"),
        (139, 11, "killed by SIGSEGV (Segmentation fault)"),
        (170, 42, "killed by signal 42"),
    ],
)
def test_footer_says_how_it_ended(status, number, text):
    exited = RunExited("r", status, number, 1.25, 2.5, 2048, 0.0, "because")

    footer = logfile.describe_end(exited)

    assert footer.startswith(f"\n[cuelet] {text}")
    assert footer.endswith("wall 2.50 s, cpu 1.25 s, peak memory 2 MB, because\n")


# Programs


def test_program_lookup_skips_folders_and_names_the_one_that_is_not_executable(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one" / "tool").mkdir(parents=True)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "tool").write_text("")

    with pytest.raises(LaunchError, match="two/tool is not executable"):
        launch.find_program(("tool",), {"PATH": "one:two"}, "/")
    (tmp_path / "two" / "tool").chmod(0o755)

    assert launch.find_program(("tool",), {"PATH": "one:two"}, "/") == "two/tool"
    assert (
        launch.find_program(("tool",), {"PATH": f"one:{tmp_path}/two"}, "/")
        == f"{tmp_path}/two/tool"
    )
    monkeypatch.chdir(tmp_path / "two")
    assert launch.find_program(("tool",), {"PATH": ""}, "/") == "./tool"
    assert launch.find_program(("sh",), {}, "/") in {"/bin/sh", "/usr/bin/sh"}


def test_errors_of_the_system_are_told_in_words():
    for code, words in {11: "ulimit -u", 12: "free memory", 5: "could not be started"}.items():
        error = OSError(code, os.strerror(code))
        assert words in program.explain("/bin/x", error, ("x",), {})


def test_launch_returns_to_the_root_whatever_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    launcher = Launcher()

    for cwd in (str(tmp_path), "/opt/none", "nul\0"):
        with pytest.raises(LaunchError):
            launcher.launch(("/opt/none",), {}, cwd, 1, 1)

    os.close(launcher._null)


# Timers


@given(st.lists(st.floats(0, 10)))
def test_calls_are_made_in_order_and_not_early(times):
    clock = [0.0]
    timers = Timers(lambda: clock[0])
    made = []
    for at in times:
        timers.call_at(at, lambda at=at: made.append((at, clock[0])))

    while (wait_s := timers.wait_s()) is not None:
        clock[0] += wait_s
        timers.run_due()

    assert [at for at, _ in made] == sorted(times)
    assert all(now >= at for at, now in made)


def test_a_call_added_by_a_call_waits_for_the_next_round():
    timers = Timers(lambda: 5.0)
    made = []

    def call() -> None:
        made.append(1)
        timers.call_in(0, call)

    timers.call_in(0, call)
    timers.run_due()

    assert made == [1]
    assert timers.wait_s() == 0


# Runs


@pytest.mark.parametrize(
    ("wait_status", "expected"),
    [(0, (0, 0)), (3 << 8, (3, 0)), (11, (139, 11)), (0x80 | 6, (134, 6))],
)
def test_wait_status_is_taken_apart(wait_status, expected):
    run = make_run()
    run.take_status(wait_status)

    assert (run.exit_status, run.exit_signal) == expected


def test_peak_of_a_child_counts_only_above_what_it_inherited():
    run = make_run()
    run.take_usage(usage(1.0, 13_000), floor_kb=13_000)
    assert run.conclude(11.0, 0.0).max_rss_kb == 13_000  # nothing better is known

    sampled = make_run()
    sampled.sampled_kb = 3000
    sampled.take_usage(usage(1.0, 13_000), floor_kb=13_000)
    assert sampled.conclude(11.0, 0.0).max_rss_kb == 3000
    sampled.take_usage(usage(0.5, 90_000), floor_kb=13_000)

    exited = sampled.conclude(12.5, 7.0)
    assert (exited.max_rss_kb, exited.cpu_s, exited.wall_s, exited.at) == (90_000, 1.5, 2.5, 7.0)


def test_a_kill_between_steps_is_not_a_success():
    run = make_run(steps=2)
    run.take_status(0)
    assert run.has_next_step
    run.is_killed = True
    assert not run.has_next_step

    exited = run.conclude(11.0, 0.0)

    assert (exited.exit_status, exited.exit_signal) == (143, 15)
    assert exited.reason == "killed on request"


@pytest.mark.parametrize(
    ("wait_status", "by_kernel", "reason"),
    [
        (signal.SIGKILL, False, "SIGKILL came from elsewhere"),
        (signal.SIGKILL, True, "the kernel killed it because memory ran out"),
        (137 << 8, True, "the kernel killed it because memory ran out"),
        (137 << 8, False, ""),
    ],
)
def test_whose_sigkill_it_was_is_remarked(wait_status, by_kernel, reason):
    run = make_run()
    run.take_status(wait_status)
    assert run.was_sigkilled

    run.explain_sigkill(by_kernel=by_kernel)

    exited = run.conclude(11.0, 0.0)
    assert (exited.reason, exited.out_of_memory) == (reason, by_kernel)


@pytest.mark.parametrize(
    ("wait_status", "is_killed"),
    [(signal.SIGKILL, True), (signal.SIGSEGV, False), (1 << 8, False)],
)
def test_our_own_sigkill_and_other_ends_need_no_explanation(wait_status, is_killed):
    run = make_run()
    run.is_killed = is_killed
    run.take_status(wait_status)

    assert not run.was_sigkilled


def test_a_bug_of_ours_ends_the_run_and_not_the_others(tmp_path, monkeypatch):
    timers = Timers()
    journal = Journal(str(tmp_path / "j"), "boot")
    supervisor = Supervisor(str(tmp_path), journal, timers, RunLocks(str(tmp_path)))
    monkeypatch.setattr(resident_supervisor, "open_log", [].index)
    monkeypatch.setattr(logfile, "explain_failure", lambda *_: {}[0])

    supervisor.spawn([make_request(name, ["true"], log_path="/x") for name in "ab"])

    assert [event.run_id for event in supervisor.events] == ["a", "b"]
    assert all("our bug" in event.reason for event in supervisor.events)
    assert not supervisor.runs


@pytest.mark.parametrize("what", ["log", "journal", "lock"])
@pytest.mark.parametrize(
    ("code", "status"), [(28, NOT_BEGUN), (122, NOT_BEGUN), (13, FAILED_LAUNCH)]
)
def test_a_full_disk_is_nobodys_fault(tmp_path, monkeypatch, what, code, status):
    journal, locks = Journal(str(tmp_path / "j"), "boot"), RunLocks(str(tmp_path))
    supervisor = Supervisor(str(tmp_path), journal, Timers(), locks)
    supervisor.define_env("base", {})
    error = OSError(code, os.strerror(code))

    def fail(*_: object) -> None:
        raise JournalError(journal.path, error) if what == "journal" else error

    owner, name = {
        "log": (resident_supervisor, "open_log"),
        "journal": (journal, "flush"),
        "lock": (locks, "take"),
    }[what]
    monkeypatch.setattr(owner, name, fail)

    supervisor.spawn([make_request("r.1", ["true"], log_path=tmp_path / "log")])

    (ended,) = supervisor.events
    assert (ended.exit_status, ended.exit_signal) == (status, 0)
    assert os.strerror(code) in ended.reason


# Processes


def test_own_process_as_the_kernel_sees_it():
    me = procfs.read_process(os.getpid())

    assert me
    assert (me.ppid, me.session) == (os.getppid(), os.getsid(0))
    assert me.is_alive
    assert (me.pid, me.start_ticks) in [(p.pid, p.start_ticks) for p in procfs.walk([me.pid])]
    assert 1000 < procfs.measure_memory_kb([me]) < 10_000_000
    assert procfs.read_process(2**22 + 5) is None


def test_children_are_found_without_children_files_too(monkeypatch):
    pid = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
    try:
        fast = procfs.list_children(os.getpid(), threads=2)
        monkeypatch.setattr(procfs, "_HAS_CHILDREN_FILES", False)
        slow = procfs.list_children(os.getpid())
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    assert pid in fast
    assert pid in slow


@pytest.mark.parametrize("count", [0, 3, 900])
def test_the_list_of_own_children_is_complete_however_long(count):
    # In a process of its own: it must have one thread.
    code = f"""
import os
from cuelet.runner.procfs import ChildList
held = ChildList()
pids = []
for _ in range({count}):
    pid = os.fork()
    if not pid:
        os._exit(0)
    pids.append(pid)
assert sorted(held.read()) == sorted(pids), (held.read(), pids)
for pid in pids:
    os.waitpid(pid, 0)
assert held.read() == []
"""
    env = {**os.environ, "PYTHONPATH": str(Path(procfs.__file__).parents[2])}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, timeout=60)


def test_start_ticks_are_known_without_asking(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    launcher = Launcher()
    log = open_log(str(tmp_path / "log"))
    for _ in range(50):
        started = launcher.launch(("sh", "-c", "exit"), {}, "/", log, log)
        process = procfs.read_process(started.pid)
        os.waitpid(started.pid, 0)
        assert process
        assert started.start_ticks == process.start_ticks
    os.close(log)
    os.close(launcher._null)


def test_a_signal_reaches_only_the_process_that_was_meant():
    pid = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
    process = procfs.read_process(pid)
    assert process

    assert not procfs.signal_process(process._replace(start_ticks=1), signal.SIGKILL)
    assert procfs.signal_process(process, signal.SIGKILL)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    assert not procfs.signal_process(process, signal.SIGKILL)


def test_markers_are_read_only_when_both_are_there():
    for env, expected in [
        ({"CUELET_RUN_ID": "a=b", "CUELET_RUNNER": "/x"}, ("a=b", "/x")),
        ({"CUELET_RUN_ID": "a"}, None),
        ({}, None),
    ]:
        pid = os.posix_spawn("/bin/sleep", ["sleep", "60"], env)
        try:
            assert procfs.read_markers(pid) == expected
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def test_errors_carry_fields_and_say_what_to_do():
    busy = RunnerBusyError("/d", "12")
    gone = RunnerUnreachableError("/d", "why")

    assert (busy.directory, busy.holder, gone.detail) == ("/d", "12", "why")
    assert "SIGTERM" in str(busy)
    assert "/d/runner.log" in str(gone)
