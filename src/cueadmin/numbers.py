"""Numbers and switches out of flags."""

from __future__ import annotations

import math

from cueadmin.failures import UsageError

_ON = frozenset({"yes", "on", "enabled", "true", "1"})
_OFF = frozenset({"no", "off", "disabled", "false", "0"})


def cores(text: str, flag: str) -> float:
    """Return a number of cores, whole or fractional.

    Raises:
        UsageError: The text is not a number.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(flag=flag, reason=f"{text!r} is not a number of cores")
    return number


def whole(text: str, flag: str) -> int:
    """Return a whole number.

    Raises:
        UsageError: The text is not a whole number.
    """
    try:
        return int(text)
    except ValueError:
        raise UsageError(flag=flag, reason=f"{text!r} is not a whole number") from None


def points(text: str, flag: str) -> int:
    """Return a number of hundredths of a core.

    Raises:
        UsageError: The text is not a whole number, or below 0.
    """
    return not_negative(whole(text, flag), flag)


def not_negative(number: int, flag: str) -> int:
    """Return a number, unless it is below 0.

    Raises:
        UsageError: It is.
    """
    if number < 0:
        raise UsageError(flag=flag, reason=f"{number} is below 0")
    return number


def switch(text: str, flag: str) -> bool:
    """Return whether a switch is on.

    Raises:
        UsageError: The text is neither on nor off.
    """
    if text.lower() in _ON | _OFF:
        return text.lower() in _ON
    raise UsageError(flag=flag, reason=f"{text!r} is neither ON nor OFF")
