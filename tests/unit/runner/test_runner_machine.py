from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cuelet.runner import machine


@pytest.fixture
def groups(tmp_path, monkeypatch) -> Path:
    """A cgroup and its parent, empty."""
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    monkeypatch.setattr(machine, "_groups", lambda _: [inner, inner.parent])
    return inner


def test_this_machine_is_plausible():
    assert 0.1 <= machine.cores() <= (os.cpu_count() or 1)
    assert 100 < machine.memory_mb() < 100_000_000
    assert 0 < machine.free_memory_mb() <= machine.memory_mb()
    assert machine.hostname()
    assert "." not in machine.hostname()
    assert machine.load_average() >= 0
    assert 1e9 < machine.boot_time() < time.time()


def test_affinity_bounds_the_cores(groups):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert machine.cores() == 1.0
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"../cpu.max": "25000 100000"}, 0.25),
        ({"cpu.max": "50000 100000", "../cpu.max": "20000 100000"}, 0.2),
        ({"cpu.cfs_quota_us": "70000", "cpu.cfs_period_us": "100000"}, 0.7),
        ({"cpu.max": "10 100000"}, 0.1),
    ],
)
def test_the_tightest_quota_bounds_the_cores(groups, files, cores):
    for name, text in files.items():
        (groups / name).write_text(text)

    assert machine.cores() == pytest.approx(cores)


@pytest.mark.parametrize("text", ["max 100000", "-1", "", "nonsense"])
def test_no_quota_leaves_the_affinity(groups, text):
    (groups / "cpu.max").write_text(text)
    (groups / "cpu.cfs_quota_us").write_text("-1")
    (groups / "cpu.cfs_period_us").write_text("100000")

    assert machine.cores() == len(os.sched_getaffinity(0))


def test_memory_is_that_of_the_tightest_group(groups):
    whole = machine.memory_mb()
    (groups / "memory.max").write_text("max\n")
    assert machine.memory_mb() == whole
    (groups / "../memory.limit_in_bytes").write_text("9223372036854771712")
    assert machine.memory_mb() == whole

    (groups / "../memory.max").write_text(str(64 << 20))

    assert machine.memory_mb() == 64


def test_free_memory_counts_the_cache_of_a_group_as_free(groups):
    (groups / "memory.max").write_text(str(64 << 20))
    (groups / "memory.current").write_text(str(50 << 20))
    (groups / "memory.stat").write_text(f"anon 5\ninactive_file {20 << 20}\n")

    assert machine.free_memory_mb() == 34
    (groups / "memory.current").write_text(str(90 << 20))
    assert machine.free_memory_mb() == 0


def test_both_versions_of_cgroups_are_understood(tmp_path, monkeypatch):
    texts = {
        "/proc/self/cgroup": "4:memory:/jail/x\n1:cpu,cpuacct:/\n0::/v2\n",
        "/proc/self/mountinfo": (
            "33 31 0:30 / /cg/memory rw - cgroup cgroup rw,memory\n"
            "34 31 0:31 / /cg/cpu rw shared:1 - cgroup cgroup rw,cpu,cpuacct\n"
            "35 31 0:32 / /cg/unified rw - cgroup2 cgroup2 rw\n"
            "36 31 0:33 / /proc rw - proc proc rw\n"
        ),
    }
    monkeypatch.setattr(machine, "_text", lambda path: texts.get(str(path), ""))
    machine._memberships.cache_clear()
    try:
        memory, cpu = machine._groups("memory"), machine._groups("cpu")
    finally:
        machine._memberships.cache_clear()

    assert [str(path) for path in memory] == [
        "/cg/memory/jail/x",
        "/cg/memory/jail",
        "/cg/memory",
        "/cg/unified/v2",
        "/cg/unified",
    ]
    assert [str(path) for path in cpu] == ["/cg/cpu", "/cg/unified/v2", "/cg/unified"]
