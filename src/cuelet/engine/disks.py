"""Which of the farm's disks are full; one that was full needs some more room to count as free."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from cuelet.core.state.disks import DiskUse, FullDisk

LEAST_BYTES = 4 * 1024 * 1024
"""A disk with less than this left is full."""
LEAST_PART = 32
"""On a small disk: with less than this part of it left."""
LEAST_FILES = 16
AGAIN_TIMES = 2
"""Times the least room that a full disk must have to be used again."""
_MB = 1024 * 1024


class Space(NamedTuple):
    """What a disk has."""

    whole_bytes: int
    """0 when the disk does not say."""
    free_bytes: int
    free_files: int | None
    """None when the disk does not count files."""


SpaceOf = Callable[[str], Space | None]
"""Looks at the disk of a folder; None when it cannot."""


class DiskWatch:
    """Look at the disks the farm needs.

    Args:
        space_of: Looks at one; may take its time.
        database: Folder of the database.
        logs: Folder of the logs.
        owed_bytes: Returns what is yet to be set aside on the disk of the database.
    """

    def __init__(
        self, space_of: SpaceOf, *, database: str, logs: str, owed_bytes: Callable[[], int]
    ) -> None:
        self._space_of, self._owed_bytes = space_of, owed_bytes
        self._fixed = ((DiskUse.DATABASE, database), (DiskUse.LOGS, logs))

    def look(self, sessions: Iterable[str], before: Collection[FullDisk]) -> tuple[FullDisk, ...]:
        """Return the disks that are full now.

        Args:
            sessions: Session folders of the jobs that have frames to start.
            before: What the last look found.
        """
        shared = {posixpath.dirname(posixpath.dirname(path)) for path in sessions if path}
        uses = [*self._fixed, *((DiskUse.SESSION, folder) for folder in sorted(shared))]
        were = {(disk.use, disk.folder) for disk in before}
        looked = (self._look_at(use, folder, (use, folder) in were) for use, folder in uses)
        return tuple(disk for disk in looked if disk)

    def _look_at(self, use: DiskUse, folder: str, was_full: bool) -> FullDisk | None:
        space = self._space_of(folder)
        if space and use is DiskUse.DATABASE:
            space = space._replace(free_bytes=max(0, space.free_bytes - self._owed_bytes()))
        if space is None or not is_full(space, was_full=was_full):
            return None
        return FullDisk(use, folder, describe(space))


def is_full(space: Space, *, was_full: bool) -> bool:
    """Tell whether a disk is full: at first with less than the least, then with less than twice."""
    times = AGAIN_TIMES if was_full else 1
    if space.free_files is not None and space.free_files < LEAST_FILES * times:
        return True
    least = min(LEAST_BYTES, space.whole_bytes // LEAST_PART)
    return space.whole_bytes > 0 and space.free_bytes < least * times


def describe(space: Space) -> str:
    """Return what is left of a disk."""
    if space.free_files is not None and space.free_files < LEAST_FILES * AGAIN_TIMES:
        return f"room for {space.free_files} files is left"
    return f"{space.free_bytes / _MB:.1f} of {space.whole_bytes / _MB:.0f} MB are left"
