"""A file that only takes up room: given up on a full disk, so that ends can still be recorded."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

BALLAST_BYTES = 8 * 1024 * 1024
SHARE = 8
"""On a small disk the ballast is this part of it."""


def ballast_of(path: Path) -> Path:
    """Return where the ballast of a database is."""
    return path.with_suffix(".ballast")


class Ballast:
    """Room set aside beside the database.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def size_bytes(self) -> int:
        """How much is set aside on this disk."""
        disk = os.statvfs(self.path.parent)
        whole = disk.f_blocks * disk.f_frsize
        return min(BALLAST_BYTES, whole // SHARE) if whole else BALLAST_BYTES

    @property
    def free_bytes(self) -> int:
        """How much this user can still write on this disk."""
        disk = os.statvfs(self.path.parent)
        return (disk.f_bavail if os.geteuid() else disk.f_bfree) * disk.f_frsize

    def take(self) -> bool:
        """Set the room aside; return whether it is there now."""
        if self.path.exists():
            return True
        fresh = self.path.with_suffix(".new")
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.posix_fallocate(handle, 0, self.size_bytes)
            finally:
                os.close(handle)
            fresh.rename(self.path)
        except OSError:
            with suppress(OSError):
                fresh.unlink()
            return False
        return True

    def give_up(self) -> bool:
        """Let the room go; return whether there was any."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
