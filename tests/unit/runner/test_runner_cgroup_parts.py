"""Groups that are refused or vanish: a folder of plain files stands for what the kernel offers."""

from __future__ import annotations

from pathlib import Path

import pytest

from cuelet.runner.resident import cgroup
from cuelet.runner.resident.cgroup import Groups, MemoryLimit

FILES = ("memory.max", "memory.oom.group", "memory.swap.max", "cgroup.procs")


class Place:
    """The folder of a runner, the group it lives in, and what it noted."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder / "runner", folder / "home"
        for made in (self.folder, self.home):
            made.mkdir()
        (self.home / "cgroup.procs").touch()
        self.notes: list[str] = []
        self.groups = Groups(str(self.folder), str(self.home), self.notes.append)

    def limit(self, *missing: str) -> MemoryLimit:
        limit = self.groups.make(64)
        assert limit
        for name in set(FILES) - set(missing):
            Path(limit._path, name).touch()
        return limit

    def read(self, limit: MemoryLimit, name: str) -> str:
        return Path(limit._path, name).read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_limit_is_set_only_when_we_are_home_again(place: Place) -> None:
    limit = place.limit()
    seen: list[str] = []

    def launch() -> int:
        seen.extend([place.read(limit, "memory.max"), place.read(limit, "cgroup.procs")])
        return 42

    assert limit.launch_inside(launch) == 42

    assert seen == ["max", "0"]
    assert (place.home / "cgroup.procs").read_text() == "0"
    assert place.read(limit, "memory.max") == str(64 << 20)
    assert (place.read(limit, "memory.oom.group"), place.read(limit, "memory.swap.max")) == (
        "1",
        "0",
    )
    assert place.notes == []


def test_a_launch_that_fails_brings_us_home_all_the_same(place: Place) -> None:
    limit = place.limit()

    with pytest.raises(ZeroDivisionError):
        limit.launch_inside(lambda: 1 // 0)

    assert (place.home / "cgroup.procs").read_text() == "0"


@pytest.mark.parametrize("missing", ["memory.max", "cgroup.procs"])
def test_a_group_that_cannot_be_entered_costs_the_limit_not_the_launch(
    place: Place, missing: str
) -> None:
    limit = place.limit(missing)

    assert limit.launch_inside(lambda: "launched") == "launched"

    assert "cannot be entered: No such file" in place.notes[0]


def test_without_a_way_home_there_is_no_limit_and_no_further_one(place: Place) -> None:
    limit = place.limit()
    (place.home / "cgroup.procs").unlink()

    assert limit.launch_inside(lambda: "launched") == "launched"

    assert place.read(limit, "memory.max") == "max"
    assert "cannot be left, no run gets a memory limit any more" in place.notes[0]
    assert place.groups.make(64) is None


def test_a_kernel_without_swap_limits_memory_all_the_same(place: Place) -> None:
    limit = place.limit("memory.swap.max")

    limit.launch_inside(lambda: None)

    assert place.read(limit, "memory.max") == str(64 << 20)
    assert place.notes == []


def test_a_group_that_cannot_be_made_is_noted(place: Place) -> None:
    place.folder.rmdir()

    assert place.groups.make(64) is None
    assert "a run goes without a memory limit: No such file" in place.notes[0]


@pytest.mark.parametrize(
    ("events", "kills"),
    [("low 0\noom 3\noom_kill 2\noom_group_kill 1\n", 2), ("oom_kill x\n", 0), ("", 0), (None, 0)],
)
def test_kills_are_counted_by_the_events_of_the_group(
    place: Place, events: str | None, kills: int
) -> None:
    limit = place.limit()
    if events is not None:
        Path(limit._path, "memory.events").write_text(events)

    assert limit.count_kills() == kills


def test_a_group_that_is_not_empty_yet_is_taken_away_later(place: Place) -> None:
    limit = place.limit()

    limit.end()
    assert place.groups.sweep()

    for file in Path(limit._path).iterdir():
        file.unlink()
    assert not place.groups.sweep()
    assert list(place.folder.iterdir()) == []


def test_what_an_earlier_runner_left_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "run-1-1").mkdir()

    Groups(str(tmp_path), str(tmp_path), print)

    assert list(tmp_path.iterdir()) == []


def test_what_is_no_group_is_refused_with_a_note_and_off_is_off(tmp_path: Path) -> None:
    notes: list[str] = []

    assert cgroup.open_groups(str(tmp_path), "/runner", notes.append) is None
    assert "no memory limits by cgroups in" in notes[0]
    assert cgroup.open_groups("off", "/runner", notes.append) is None
    assert len(notes) == 1
