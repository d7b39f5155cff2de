"""How much room the farm's database, logs and sessions take."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from cuelet.quantities import memory
from cuelet.settings import Settings, default_state_dir
from outline import util
from outline.session import session_root

LOOK_FOR_S = 2.0
"""A folder with so many files that counting takes longer is counted up to there."""


@dataclass(frozen=True, slots=True)
class Size:
    """What files take on disk, or took when the counting was given up."""

    size_bytes: int
    is_whole: bool = True

    def __str__(self) -> str:
        """Return it for people."""
        return memory(self.size_bytes / 1024) + ("" if self.is_whole else " and more")


@dataclass(frozen=True, slots=True)
class Sizes:
    """Where the room goes."""

    database: Size
    logs: Size
    sessions: Size

    def values(self) -> dict[str, dict[str, object]]:
        """Return them for JSON."""
        return asdict(self)

    def line(self) -> str:
        """Return them in one line."""
        return f"database {self.database}, logs {self.logs}, sessions {self.sessions}"


def measure() -> Sizes:
    """Look at this user's farm, which need not run."""
    settings = Settings(state_dir=default_state_dir())
    return Sizes(
        database=Size(sum(map(_size_of_file, settings.state_dir.glob("farm.db*")))),
        logs=size_of_folder(settings.frame_logs),
        sessions=size_of_folder(Path(session_root(util.get_show(), util.get_shot()))),
    )


def size_of_folder(folder: Path) -> Size:
    """Return what the files in a folder take; links are not followed."""
    until, total = time.monotonic() + LOOK_FOR_S, 0
    for size_bytes in _sizes_in(folder):
        total += size_bytes
        if time.monotonic() > until:
            return Size(total, is_whole=False)
    return Size(total)


def _sizes_in(folder: Path | str) -> Iterator[int]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    yield from _sizes_in(entry.path)
                else:
                    yield entry.stat(follow_symlinks=False).st_blocks * 512


def _size_of_file(path: Path) -> int:
    try:
        return path.stat().st_blocks * 512
    except OSError:
        return 0
