"""Ages and moments as people write and read them: ``30d``, ``12h``, ``2026-11-22``."""

from __future__ import annotations

import re
from datetime import datetime

from cuelet.cli.exits import CommandError, Exit

_AGE = re.compile(r"(\d+(?:\.\d+)?)([smhdw])\Z")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def seconds_of(text: str) -> float:
    """Return the seconds of ``--older-than``; raises CommandError."""
    match = _AGE.match(text)
    if match is None:
        raise CommandError(f"--older-than {text!r}: write it like 30d, 12h or 45m", Exit.USAGE)
    return float(match[1]) * _UNIT_S[match[2]]


def moment_of(text: str, flag: str, *, now: float) -> float:
    """Return the epoch seconds of a date, a time or an age such as ``2h``.

    Args:
        text: What was given.
        flag: Where, for the complaint.
        now: Epoch seconds.

    Raises:
        CommandError: It is none of these.
    """
    match = _AGE.match(text)
    if match is not None:
        return now - float(match[1]) * _UNIT_S[match[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        hint = "write it like 2h, 3d, 2026-11-22 or 2026-11-22T03:00"
        raise CommandError(f"{flag} {text!r}: {hint}", Exit.USAGE) from None


def age_text(seconds: float) -> str:
    """Return an age in its largest fitting unit."""
    for unit in ("d", "h", "m"):
        if seconds >= _UNIT_S[unit]:
            return f"{seconds / _UNIT_S[unit]:.0f} {unit}"
    return f"{seconds:.0f} s"
