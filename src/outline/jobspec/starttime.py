"""When a layer may start, as people write it: a time, or how long after the launch."""

from __future__ import annotations

import re
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LATEST_AT = 253_402_300_799
"""End of the year 9999, in epoch seconds."""
REMEDY = "give a time such as '2026-11-22T03:00', or how long after the launch: '45m', '2h'"

_DELAY = re.compile(r"\+?(\d+(?:\.\d+)?)\s*([smhdw])\Z")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def start_at(value: Any, *, now: float) -> float | None:
    """Return the epoch seconds that a value means, or None when it means nothing.

    Args:
        value: A number of epoch seconds, a datetime, ISO text, or a delay such as ``2h``.
            A time without a zone is that of this machine.
        now: Epoch seconds from which a delay counts.
    """
    if isinstance(value, str):
        value = _from_text(value.strip(), now)
    elif hasattr(value, "timestamp"):
        value = value.timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= LATEST_AT else None


def _from_text(text: str, now: float) -> float | None:
    delay = _DELAY.match(text)
    if delay is not None:
        return now + float(delay[1]) * _UNIT_S[delay[2]]
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def check_start(thing: str, value: Any) -> Any:
    """Return what says when a layer may start, unless it means nothing.

    Raises:
        InvalidSettingError: It is neither a time nor a delay.
    """
    from outline.exception import InvalidSettingError

    if start_at(value, now=time.time()) is None:
        raise InvalidSettingError(thing=thing, setting="start_after", value=value, remedy=REMEDY)
    return value.isoformat() if hasattr(value, "isoformat") else value
