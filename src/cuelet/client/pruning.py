"""Forget jobs that ended long ago, and the folders of their logs."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import opencue
from cuelet.client.disk_usage import size_of_folder
from cuelet.client.errors import RemainsError, StockServerError
from cuelet.settings import Settings, default_state_dir


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is to go, or went."""

    jobs: tuple[str, ...] = ()
    """Their names."""
    frames: int = 0
    logs: tuple[Path, ...] = ()
    """Folders of logs: of these jobs, and of jobs that nobody knows any more."""
    logs_bytes: int = 0


def prune(before: float, *, logs: bool, dry_run: bool) -> Pruning:
    """Forget the jobs that ended before a time, or tell which these are; logs are only named.

    Args:
        before: Epoch seconds.
        logs: Look for folders of logs as well.
        dry_run: Forget nothing.

    Raises:
        StockServerError: The server keeps its history elsewhere.
    """
    answer = opencue.farm.call_or_none("Prune", before=before, dry_run=dry_run)
    if answer is None:
        raise StockServerError(reason="its history is kept there")
    gone = {job["id"] for job in answer["jobs"]}
    folders = tuple(_find_logs(gone, set(answer["known"]), before)) if logs else ()
    return Pruning(
        jobs=tuple(job["name"] for job in answer["jobs"]),
        frames=sum(job["frames"] for job in answer["jobs"]),
        logs=folders,
        logs_bytes=sum(size_of_folder(path).size_bytes for path in folders),
    )


def _find_logs(gone: Collection[str], known: Collection[str], before: float) -> Iterator[Path]:
    """Yield the log folders of jobs that go, and old ones of jobs that nobody knows.

    They are looked for below the state directory only, and no link is followed.
    """
    root = Settings(state_dir=default_state_dir()).frame_logs
    for folder in sorted(root.glob("*/*/logs/*--*")):
        job_id = folder.name.rpartition("--")[2]
        if any(part.is_symlink() for part in (folder, *folder.parents[:3])) or job_id in known:
            continue
        if job_id in gone or folder.stat().st_mtime < before:
            yield folder


def remove_logs(folders: Collection[Path]) -> None:
    """Remove folders of logs; raises RemainsError when some stay."""
    failed = []
    for folder in folders:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            failed.append(f"{folder}: {error.strerror or error}")
    if failed:
        raise RemainsError(done="forgot the jobs, but logs stay", failed=failed)
