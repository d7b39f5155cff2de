"""Times and memory as text."""

# ruff: noqa: A002 - pycue calls the argument format
from __future__ import annotations

import time

__all__ = [
    "convert_mem",
    "dateToMMDDHHMM",
    "format_time",
    "secondsDiffToHMMSS",
    "secondsToHHHMM",
    "secondsToHHMMSS",
    "secondsToHMMSS",
]

NO_TIME = "--/-- --:--"
_KB_PER_MB = 1024
_KB_PER_GB = 1024 * 1024


def format_time(epoch: int, format: str = "%m/%d %H:%M", default: str = NO_TIME) -> str:
    """Return a local time as text; the default when it is not set.

    Args:
        epoch: Seconds since 1970; 0 means not set.
        format: As `time.strftime` takes it.
        default: The text for a time that is not set.
    """
    return time.strftime(format, time.localtime(epoch)) if epoch else default


def time_or_text(epoch: int, format: str | None) -> int | str:
    """Return a time as it is, or as text when a format is given."""
    return format_time(epoch, format) if format else epoch


def dateToMMDDHHMM(sec: int) -> str:
    """Return a local time as ``mm/dd HH:MM``; dashes when it is not set."""
    return format_time(sec)


def secondsToHHMMSS(sec: int) -> str:
    """Return a duration as ``HH:MM:SS``."""
    return f"{sec // 3600:02d}:{sec // 60 % 60:02d}:{sec % 60:02d}"


def secondsToHMMSS(sec: int) -> str:
    """Return a duration as ``H:MM:SS``."""
    return f"{sec // 3600:d}:{sec // 60 % 60:02d}:{sec % 60:02d}"


def secondsToHHHMM(sec: int) -> str:
    """Return a duration as ``HHH:MM``."""
    return f"{sec // 3600:03d}:{sec // 60 % 60:02d}"


def secondsDiffToHMMSS(secA: int, secB: int) -> str:
    """Return the time between two moments as ``H:MM:SS``; 0 stands for now."""
    now = int(time.time())
    return secondsToHMMSS(abs((secA or now) - (secB or now)))


def convert_mem(kmem: int, unit: str | None = None) -> str:
    """Return an amount of memory as text.

    Args:
        kmem: KB.
        unit: K, M or G; chosen by size when not given.
    """
    if unit is None:
        unit = "K" if kmem < _KB_PER_MB else "M" if kmem < _KB_PER_GB else "G"
    match unit:
        case "K":
            return f"{kmem}K"
        case "M":
            return f"{kmem // _KB_PER_MB}M"
        case "G":
            return f"{kmem / _KB_PER_GB:.1f}G"
    raise ValueError(f"memory unit {unit!r}: expected K, M or G")
