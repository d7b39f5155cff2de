"""Times, durations, memory and long names as text."""

from __future__ import annotations

import time

from opencue.wrappers.util import convert_mem, format_time, secondsToHHMMSS

_SECONDS_PER_DAY, _SECONDS_PER_HOUR = 86_400, 3_600


def text_from_time(epoch: int) -> str:
    """Return a local time as ``mm/dd HH:MM``; dashes when it is not set."""
    return format_time(epoch)


def seconds_between(start: int, stop: int) -> int:
    """Return the seconds from start to stop, or until now; 0 before the start."""
    return int((stop or time.time()) - start) if start else 0


def text_from_seconds(sec: int) -> str:
    """Return a duration as ``HH:MM:SS``."""
    return secondsToHHMMSS(max(0, sec))


def days_from_seconds(sec: int) -> str:
    """Return a duration as days and hours: ``dd:hh``."""
    sec = max(0, sec)
    return f"{sec // _SECONDS_PER_DAY:02d}:{sec % _SECONDS_PER_DAY // _SECONDS_PER_HOUR:02d}"


def text_from_memory(kmem: int, unit: str | None = None) -> str:
    """Return an amount of KB as text like ``3.2G``."""
    return convert_mem(int(kmem), unit)


def cut(text: str, length: int) -> str:
    """Return the text, cut to a length with dots at its end when it is longer."""
    return text if len(text) <= length else f"{text[: length - 2]}.."
