"""One section of a frame range: ``N``, ``A-B``, ``A-BxS``, ``A-ByS`` or ``A-B:S``."""

from __future__ import annotations

import re
from typing import ClassVar

from FileSequence.listing import FrameList

_SPAN = r"(?P<sf>-?\d+)-(?P<ef>-?\d+)"


class FrameRange(FrameList):
    """The frames of one section, in order.

    Args:
        frameRange: The text of the section, without spaces.

    Raises:
        ValueError: It is malformed, its step is 0, or its step goes against its direction.
    """

    SINGLE_FRAME_PATTERN: ClassVar[re.Pattern[str]] = re.compile(r"-?\d+\Z", re.ASCII)
    SIMPLE_FRAME_RANGE_PATTERN: ClassVar[re.Pattern[str]] = re.compile(rf"{_SPAN}\Z", re.ASCII)
    STEP_PATTERN: ClassVar[re.Pattern[str]] = re.compile(
        rf"{_SPAN}(?P<stepSep>[xy])(?P<step>-?\d+)\Z", re.ASCII
    )
    INTERLEAVE_PATTERN: ClassVar[re.Pattern[str]] = re.compile(
        rf"{_SPAN}:(?P<step>-?\d+)\Z", re.ASCII
    )

    def __init__(self, frameRange: str) -> None:
        self.frameList = self.parseFrameRange(frameRange)

    @classmethod
    def parseFrameRange(cls, frameRange: str) -> list[int]:
        """Return the frames of a section; raises ValueError."""
        if cls.SINGLE_FRAME_PATTERN.match(frameRange):
            return [int(frameRange)]
        if match := cls.SIMPLE_FRAME_RANGE_PATTERN.match(frameRange):
            first, last = int(match["sf"]), int(match["ef"])
            return _span(first, last, 1 if last >= first else -1)
        if match := cls.STEP_PATTERN.match(frameRange):
            return _stepped(*_numbers(match), inverse=match["stepSep"] == "y")
        if match := cls.INTERLEAVE_PATTERN.match(frameRange):
            return _interleaved(*_numbers(match))
        raise ValueError(f"frame range {frameRange!r} is malformed; write it like 1-10x2")


def _numbers(match: re.Match[str]) -> tuple[int, int, int]:
    """Return first, last and step, checked."""
    first, last, step = int(match["sf"]), int(match["ef"]), int(match["step"])
    if step == 0:
        raise ValueError(f"frame range {match[0]!r} has step 0")
    if step > 1 and last < first:
        raise ValueError(f"frame range {match[0]!r} steps up but goes down")
    if step < 0 and last >= first:
        raise ValueError(f"frame range {match[0]!r} steps down but goes up")
    return first, last, step


def _span(first: int, last: int, step: int) -> list[int]:
    return list(range(first, last + (1 if step > 0 else -1), step))


def _stepped(first: int, last: int, step: int, *, inverse: bool) -> list[int]:
    """Return every step-th frame, or for an inverse range the others."""
    frames = range(first, last + (1 if step > 0 else -1), step)
    if not inverse:
        return list(frames)
    return [each for each in _span(first, last, 1 if step > 0 else -1) if each not in frames]


def _interleaved(first: int, last: int, step: int) -> list[int]:
    """Return passes ``step``, ``step/2``, ... 1 apart, each starting one frame further on."""
    direction = 1 if step > 0 else -1
    size, seen = abs(step), dict[int, None]()
    for start in range(first, last + direction, direction):
        seen.update(dict.fromkeys(_span(start, last, size * direction)))
        if size == 1:
            break
        size //= 2
    return list(seen)
