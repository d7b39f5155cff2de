"""How people write frames: ``12-render`` as the farm prints it, a number, a range; nothing is asked of anybody."""

from __future__ import annotations

import re
from dataclasses import dataclass

from outline.frames import FrameRangeError, parse_range

_FRAME = re.compile(r"(-?\d{1,18})-(.+)\Z", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,18}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class FrameName:
    """A frame by number and layer."""

    number: int
    layer: str

    def __str__(self) -> str:
        return f"{self.number:04d}-{self.layer}"


def frame_name(word: str) -> FrameName | None:
    """Return the frame that ``12-render``, ``0012-render`` or ``-003-render`` names, else None."""
    match = _FRAME.match(word)
    return FrameName(int(match[1]), match[2]) if match else None


def frame_number(word: str) -> int | None:
    """Return the number that ``12``, ``0012`` or ``-3`` is, else None."""
    return int(word) if _NUMBER.match(word) else None


def is_range(word: str) -> bool:
    """Tell whether a word is a range of frames; a single number is one."""
    try:
        return bool(parse_range(word))
    except FrameRangeError:
        return False
