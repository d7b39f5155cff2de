"""Numbers and times as people read them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return ``0.4 s``, ``12 s``, ``3:05`` or ``2:03:05``."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(max(int(seconds), 60), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def memory(kib: float) -> str:
    """Return memory given in KiB with a fitting unit."""
    if kib < 1024:
        return f"{kib:.0f} KB"
    if kib < 1024 * 1024:
        return f"{kib / 1024:.0f} MB"
    return f"{kib / 1024 / 1024:.1f} GB"


def count(number: int, thing: str) -> str:
    """Return ``1 frame`` or ``3 frames``."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
