"""Times, durations, memory and long names as text, under the names that scripts know from OpenCue."""

from __future__ import annotations

import time

_KB_PER_MB, _KB_PER_GB = 1024, 1024 * 1024


def formatTime(
    epoch: int | None, time_format: str = "%m/%d %H:%M", default: str = "--/-- --:--"
) -> str:
    """Return a local time as text.

    Args:
        epoch: Seconds since 1970; 0 or None when it is not set.
        time_format: As `time.strftime` takes it.
        default: The text for a time that is not set.
    """
    return time.strftime(time_format, time.localtime(epoch)) if epoch else default


def findDuration(start: int, stop: int) -> int:
    """Return the seconds from start to stop, or until now when it has not stopped.

    Args:
        start: Seconds since 1970.
        stop: Seconds since 1970; 0 when it has not stopped.
    """
    return (int(time.time()) if stop < 1 else stop) - start


def formatDuration(sec: float) -> str:
    """Return a duration in seconds as ``HH:MM:SS``."""
    minutes, seconds = divmod(int(sec), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"


def formatLongDuration(sec: float) -> str:
    """Return a duration in seconds as days and hours: ``DD:HH``."""
    days, hours = divmod(int(sec) // 3600, 24)
    return f"{days:02d}:{hours:02d}"


def formatMem(kmem: int, unit: str | None = None) -> str:
    """Return an amount of memory as text.

    Args:
        kmem: KB.
        unit: K, M or G; chosen by size when not given.
    """
    if unit == "K" or (not unit and kmem < _KB_PER_MB):
        return f"{int(kmem)}K"
    if unit == "M" or (not unit and kmem < _KB_PER_GB):
        return f"{int(kmem / _KB_PER_MB)}M"
    return f"{kmem / _KB_PER_GB:.1f}G"


def cutoff(s: str, length: int) -> str:
    """Return a text that fits a column of some width: cut, with dots at its end, when it comes close to it."""
    return s if len(s) < length - 2 else f"{s[: length - 2]}.."
