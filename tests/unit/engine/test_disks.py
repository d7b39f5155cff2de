"""When a disk counts as full, and when as free again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.state.disks import DiskUse
from cuelet.engine.disks import DiskWatch, Space, is_full

MB = 1024 * 1024
SPACES = st.builds(
    Space,
    whole_bytes=st.integers(0, 2**50),
    free_bytes=st.integers(0, 2**50),
    free_files=st.none() | st.integers(0, 2**30),
)


class Disks:
    """Disks by folder, as a test sets them."""

    def __init__(self, **free_mb: int) -> None:
        self.free_mb = free_mb
        self.owed = 0

    def watch(self) -> DiskWatch:
        return DiskWatch(self.look, database="db", logs="logs", owed_bytes=lambda: self.owed)

    def look(self, folder: str) -> Space | None:
        free_mb = self.free_mb.get(folder.strip("/"), 500)
        return None if free_mb < 0 else Space(1000 * MB, free_mb * MB, 1000)


def test_each_disk_is_told_by_what_it_is_used_for() -> None:
    disks = Disks(db=1, logs=2, shared=0)

    found = disks.watch().look(["/shared/a/1", "/shared/b/2", "/other/a/1", ""], ())

    assert [(disk.use, disk.folder) for disk in found] == [
        (DiskUse.DATABASE, "db"),
        (DiskUse.LOGS, "logs"),
        (DiskUse.SESSION, "/shared"),
    ]
    assert found[0].detail == "1.0 of 1000 MB are left"


def test_a_disk_that_was_full_needs_twice_the_least_to_be_free() -> None:
    disks = Disks(logs=3)
    watch = disks.watch()
    before = watch.look([], ())

    disks.free_mb["logs"] = 6
    assert watch.look([], before) != ()
    assert watch.look([], ()) == ()
    disks.free_mb["logs"] = 9
    assert watch.look([], before) == ()


def test_what_is_yet_to_be_set_aside_counts_as_taken() -> None:
    disks = Disks(db=10)
    assert disks.watch().look([], ()) == ()

    disks.owed = 8 * MB

    (found,) = disks.watch().look([], ())
    assert found.use is DiskUse.DATABASE


def test_a_disk_that_cannot_be_asked_is_not_full() -> None:
    assert Disks(db=-1, logs=-1).watch().look(["/gone/a/b"], ()) == ()


def test_a_disk_without_files_left_is_full_whatever_its_bytes() -> None:
    assert is_full(Space(1000 * MB, 500 * MB, 3), was_full=False)
    assert not is_full(Space(1000 * MB, 500 * MB, None), was_full=False)


@given(SPACES)
def test_full_implies_full_for_one_that_was_full(space: Space) -> None:
    if is_full(space, was_full=False):
        assert is_full(space, was_full=True)
    if space.free_bytes >= 8 * MB and (space.free_files is None or space.free_files >= 32):
        assert not is_full(space, was_full=True)
