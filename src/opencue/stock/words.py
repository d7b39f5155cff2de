"""Numbers of frames, states and memory in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from opencue_proto import job_pb2

MAX_SHOWN = 40
"""Characters of a range of frames in a sentence."""
_MAX_NAMES = 5


def frames_text(number: int) -> str:
    """Return a number of frames in words."""
    return f"{number:,} frame{'' if number == 1 else 's'}"


def range_text(numbers: Iterable[int], most: int = 0) -> str:
    """Return numbers of frames as a range; not longer than so many characters when that is said."""
    text = ",".join(_runs(sorted(set(numbers))))
    return text if not most or len(text) <= most else f"{text[: most - 3]}..."


def _runs(numbers: list[int]) -> Iterator[str]:
    first = last = None
    for number in [*numbers, None]:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None:
            yield str(first) if first == last else f"{first}-{last}"
        first = last = number


def state_name(frame: Any) -> str:
    """Return the state of a frame in lower case."""
    return str(job_pb2.FrameState.Name(frame.state)).lower()


def states_text(frames: Iterable[Any]) -> str:
    """Return frames by state, such as ``3 waiting (1-3), 1 dead (7)``."""
    numbers: dict[str, list[int]] = {}
    for frame in frames:
        numbers.setdefault(state_name(frame), []).append(frame.number)
    return ", ".join(
        f"{len(found)} {state} ({range_text(found, MAX_SHOWN)})" for state, found in numbers.items()
    )


def memory_text(kib: int) -> str:
    """Return an amount of memory in MB or GB."""
    return f"{kib / 1024:.0f} MB" if kib < 1 << 21 else f"{kib / (1 << 20):.1f} GB"


def cores_text(number: float) -> str:
    """Return a number of cores in words."""
    return f"{number:g} core{'' if number == 1 else 's'}"


def names_text(names: Iterable[str]) -> str:
    """Return some names, the rest as how many they are."""
    ordered = list(dict.fromkeys(names))
    more = len(ordered) - _MAX_NAMES
    return ", ".join(ordered[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
