"""Errors of the store.

StoreError
 +-- NewerSchemaError   the file was written by a later Cuelet
 +-- NewerJobError      a job in it was written by a later Cuelet
 +-- DamagedDatabaseError   the file is not as it was written
 +-- NothingLeftError   a damaged file of which nothing can be read
 +-- NoCopyError        it could not be copied before its schema changes
 +-- BackupError        a copy could not be made
 +-- DiskFullError      nothing more can be written until there is room
 |    +-- NoRoomForCopyError   no room for the copy before the schema changes
 +-- SyncError          the disk did not keep what was written; this process must end
"""

from __future__ import annotations

from pathlib import Path

from cuelet.core.values.errors import NoRoomError, NotSyncedError


class StoreError(Exception):
    """Say which file, what was tried, and what SQLite answered."""

    def __init__(self, *, path: Path, action: str, detail: str) -> None:
        self.path, self.action, self.detail = path, action, detail
        super().__init__(f"cannot {action} the farm's database {path}: {detail}")


class NewerSchemaError(StoreError):
    """Say which version the file has and which this Cuelet knows."""

    def __init__(self, *, path: Path, found: int, known: int) -> None:
        self.found, self.known = found, known
        super().__init__(
            path=path,
            action="open",
            detail=f"it has schema {found}, this Cuelet knows {known}; "
            "update Cuelet, or use another CUELET_STATE_DIR",
        )


class NewerJobError(StoreError):
    """Say which job has which version, and which this Cuelet knows."""

    def __init__(self, *, path: Path, job: str, found: int, known: int) -> None:
        self.job, self.found, self.known = job, found, known
        super().__init__(
            path=path,
            action="read",
            detail=f"job {job!r} is stored in version {found}, this Cuelet knows {known}; "
            "update Cuelet, or use another CUELET_STATE_DIR",
        )


class DamagedDatabaseError(StoreError):
    """Say what is wrong with the file, and what tells more."""

    def __init__(self, *, path: Path, detail: str) -> None:
        self.damage = detail
        super().__init__(
            path=path,
            action="open",
            detail=f"it is damaged ({detail}); cuelet farm check says which jobs are",
        )


class NothingLeftError(StoreError):
    """Say that nothing of a damaged file can be read, and the ways on."""

    def __init__(self, *, path: Path, detail: str) -> None:
        super().__init__(
            path=path,
            action="open",
            detail=f"{detail}, and no row in it has a checksum of ours; "
            "restore a backup in its place, or move it away to begin anew",
        )


class NoCopyError(StoreError):
    """Say why a database was left in its old schema."""

    def __init__(self, *, path: Path, detail: str) -> None:
        super().__init__(path=path, action="bring up to date", detail=detail)


class BackupError(StoreError):
    """Name the copy and what was in its way."""

    def __init__(self, *, path: Path, detail: str) -> None:
        super().__init__(path=path, action="back up to", detail=detail)
        self.args = (f"cannot back up to {path}: {detail}",)


class DiskFullError(StoreError, NoRoomError):
    """Say that the disk has no room."""

    def __init__(self, *, path: Path, action: str) -> None:
        self.folder = str(path.parent)
        super().__init__(path=path, action=action, detail="the disk is full; make room on it")


class NoRoomForCopyError(DiskFullError):
    """Say how much room a change of the schema needs, and how much there is."""

    def __init__(self, *, path: Path, target: Path, needed_bytes: int, free_bytes: int) -> None:
        self.needed_bytes, self.free_bytes = needed_bytes, free_bytes
        super().__init__(path=path, action="bring up to date")
        said = (
            f"cannot bring the farm's database {path} up to date: a copy ({target.name}) is made "
            f"first, which with the change takes {needed_bytes:,} bytes, and {free_bytes:,} are "
            "free; make room on that disk"
        )
        self.args = (said,)


class SyncError(StoreError, NotSyncedError):
    """Say that the disk failed to keep what it had been given.

    What the kernel holds in memory may differ from the disk from now on and asking again may
    answer that all is well, so only a fresh start can tell what is there.
    """

    def __init__(self, *, path: Path, detail: str) -> None:
        super().__init__(
            path=path,
            action="sync",
            detail=f"{detail}; the farm ends here, check the disk (dmesg) and start it again",
        )
