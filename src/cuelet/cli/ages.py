"""Ages as people write and read them: ``30d``, ``12h``, ``45m``."""

from __future__ import annotations

import re

from cuelet.cli.exits import CommandError, Exit

_AGE = re.compile(r"(\d+(?:\.\d+)?)([smhdw])\Z")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def seconds_of(text: str) -> float:
    """Return the seconds of ``--older-than``; raises CommandError."""
    match = _AGE.match(text)
    if match is None:
        raise CommandError(f"--older-than {text!r}: write it like 30d, 12h or 45m", Exit.USAGE)
    return float(match[1]) * _UNIT_S[match[2]]


def age_text(seconds: float) -> str:
    """Return an age in its largest fitting unit."""
    for unit in ("d", "h", "m"):
        if seconds >= _UNIT_S[unit]:
            return f"{seconds / _UNIT_S[unit]:.0f} {unit}"
    return f"{seconds:.0f} s"
