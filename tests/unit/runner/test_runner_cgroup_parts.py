"""Groups that are refused or vanish: a folder of plain files stands for what the kernel offers."""

from __future__ import annotations

from pathlib import Path

import pytest

from cuelet.runner.resident import cgroup
from cuelet.runner.resident.cgroup import Groups, Wall

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

    def wall(self, *missing: str) -> Wall:
        wall = self.groups.make(64)
        assert wall
        for name in set(FILES) - set(missing):
            Path(wall._path, name).touch()
        return wall

    def read(self, wall: Wall, name: str) -> str:
        return Path(wall._path, name).read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_limit_is_set_only_when_we_are_home_again(place: Place) -> None:
    wall = place.wall()
    seen: list[str] = []

    def launch() -> int:
        seen.extend([place.read(wall, "memory.max"), place.read(wall, "cgroup.procs")])
        return 42

    assert wall.launch_inside(launch) == 42

    assert seen == ["max", "0"]
    assert (place.home / "cgroup.procs").read_text() == "0"
    assert place.read(wall, "memory.max") == str(64 << 20)
    assert (place.read(wall, "memory.oom.group"), place.read(wall, "memory.swap.max")) == ("1", "0")
    assert place.notes == []


def test_a_launch_that_fails_brings_us_home_all_the_same(place: Place) -> None:
    wall = place.wall()

    with pytest.raises(ZeroDivisionError):
        wall.launch_inside(lambda: 1 // 0)

    assert (place.home / "cgroup.procs").read_text() == "0"


@pytest.mark.parametrize("missing", ["memory.max", "cgroup.procs"])
def test_a_group_that_cannot_be_entered_costs_the_wall_not_the_launch(
    place: Place, missing: str
) -> None:
    wall = place.wall(missing)

    assert wall.launch_inside(lambda: "launched") == "launched"

    assert "cannot be entered: No such file" in place.notes[0]


def test_without_a_way_home_there_is_no_limit_and_no_more_walls(place: Place) -> None:
    wall = place.wall()
    (place.home / "cgroup.procs").unlink()

    assert wall.launch_inside(lambda: "launched") == "launched"

    assert place.read(wall, "memory.max") == "max"
    assert "cannot be left, no run gets a memory limit any more" in place.notes[0]
    assert place.groups.make(64) is None


def test_a_kernel_without_swap_limits_memory_all_the_same(place: Place) -> None:
    wall = place.wall("memory.swap.max")

    wall.launch_inside(lambda: None)

    assert place.read(wall, "memory.max") == str(64 << 20)
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
    wall = place.wall()
    if events is not None:
        Path(wall._path, "memory.events").write_text(events)

    assert wall.count_kills() == kills


def test_a_group_that_is_not_empty_yet_is_taken_away_later(place: Place) -> None:
    wall = place.wall()

    wall.end()
    assert place.groups.sweep()

    for file in Path(wall._path).iterdir():
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
