"""What files look like: a digest by which a later look tells whether one of them has changed."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cuelet.core.values.runs import OutputFile

TICK_NS = 20_000_000
"""Two writes within so long may leave the same time behind: file systems stamp by the kernel's tick."""
COARSE_NS = 2_000_000_000
"""The same on file systems that keep whole seconds, or every other one."""
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Some files at one moment."""

    text: str = ""
    """Digest of their paths, sizes and times; empty when one cannot be relied on."""
    oldest_ns: int = 0
    newest_ns: int = 0
    newest: str = ""
    """The path that has the newest time."""
    fault: str = ""
    """What is wrong with the first that cannot be relied on."""


def take_fingerprint(files: Sequence[OutputFile]) -> Fingerprint:
    """Return the fingerprint of files that all have to be there, with content; none of them a directory."""
    made = hashlib.blake2b(digest_size=8)
    times = []
    for file in files:
        path, found = _find(file)
        if found is None:
            return Fingerprint(fault=_fault(file))
        times.append((found.st_mtime_ns, path))
        name = os.fsencode(path)
        made.update(b"%d:%s %d %d\n" % (len(name), name, found.st_size, found.st_mtime_ns))
    oldest, newest = min(times, default=(0, "")), max(times, default=(0, ""))
    return Fingerprint(made.hexdigest(), oldest[0], *newest)


def take_settled_fingerprint(
    files: Sequence[OutputFile],
    now_ns: Callable[[], int] = time.time_ns,
    sleep: Callable[[float], None] = time.sleep,
) -> Fingerprint:
    """Return a fingerprint that every later write changes, waiting a moment for it when a file is fresh.

    A file that is so fresh on a file system with coarse times, or newer than our clock, gives none.
    """
    fingerprint = take_fingerprint(files)
    if fingerprint.text and 0 <= now_ns() - fingerprint.newest_ns < TICK_NS:
        sleep(TICK_NS / 1e9)
        fingerprint = take_fingerprint(files)
    age_ns = now_ns() - fingerprint.newest_ns
    needed_ns = COARSE_NS if fingerprint.newest_ns % _SECOND_NS == 0 else TICK_NS
    if fingerprint.text and age_ns < needed_ns:
        return Fingerprint(fault=f"{fingerprint.newest} was written just now")
    return fingerprint


def _find(file: OutputFile) -> tuple[str, os.stat_result | None]:
    """Return where a file is, and its facts; no facts when it is nowhere with enough content."""
    for path in file.paths:
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(found.st_mode) and found.st_size >= file.min_bytes:
            return path, found
    return "", None


def _fault(file: OutputFile) -> str:
    from outline.jobspec.files import find_fault

    fault = find_fault(file.paths, file.min_bytes)
    return fault or f"{file.paths[0]} is no plain file"
