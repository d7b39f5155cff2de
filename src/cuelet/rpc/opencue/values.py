"""Which values of requests the farm can hold; the others are refused with the ones that it can."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cuelet.core.operations.machine import MAX_GPUS
from cuelet.core.state.order import Placing
from cuelet.core.values.errors import InvalidRequestError

MOST_CORES = 1_000_000
"""Of a job's share."""
MOST_LAYER_CORES = 10_000
MOST_MEMORY_KB = 1 << 40
MOST_GPU_MEMORY_KB = 1 << 40
MOST_MINUTES = 60 * 24 * 366
MOST_PRIORITY = 1_000_000
MOST_TAGS, LONGEST_TAG = 64, 255


def checked(what: str, value: float, low: float, high: float) -> Any:
    """Return a number within bounds; raises InvalidRequestError."""
    if not low <= value <= high:
        reason = f"use {low:,g} to {high:,g}" if high < 1e7 else f"use {low:,g} to {high:,}"
        raise InvalidRequestError(request=f"set {what} to {value:g}", reason=reason)
    return value


def checked_cores(value: float) -> float:
    """Return a core count of a job; -1 is no limit."""
    return float(checked("cores", value, -1, MOST_CORES))


def checked_gpus(value: float) -> int:
    """Return a number of GPUs; -1 is no limit."""
    return int(checked("GPUs", value, -1, MAX_GPUS))


def checked_priority(value: int) -> int:
    """Return a job's priority."""
    return int(checked("priority", value, -MOST_PRIORITY, MOST_PRIORITY))


def minutes(value: int) -> int:
    """Return a time-out in minutes; what is below 0 is none, as 0 is."""
    return max(int(checked("the timeout (minutes)", value, -1, MOST_MINUTES)), 0)


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags of a layer without blanks in them; raises InvalidRequestError."""
    words = tuple("".join(tag.split()) for tag in tags)
    chosen = tuple(word for word in words if word)
    if len(chosen) > MOST_TAGS or any(len(word) > LONGEST_TAG for word in chosen):
        reason = f"use at most {MOST_TAGS} of at most {LONGEST_TAG} characters"
        raise InvalidRequestError(request="set the tags of a layer", reason=reason)
    return chosen


def checked_choice(kind: Any, what: str, number: int) -> int:
    """Return the number of an enumeration's value; raises InvalidRequestError."""
    if number not in kind.values():
        names = ", ".join(kind.keys())
        raise InvalidRequestError(request=f"set {what} to {number}", reason=f"use {names}")
    return number


def placing_of(order: int) -> Placing:
    """Return where frames are to be put; raises InvalidRequestError."""
    try:
        return Placing(order)
    except ValueError as error:
        names = ", ".join(f"{each.name} ({each.value})" for each in Placing)
        raise InvalidRequestError(request=f"order {order}", reason=f"use {names}") from error
