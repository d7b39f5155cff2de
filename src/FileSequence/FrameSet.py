"""Several sections of a frame range, joined by commas."""

from __future__ import annotations

from FileSequence.FrameRange import FrameRange
from FileSequence.listing import FrameList


class FrameSet(FrameList):
    """The frames of a range, in order, a frame named twice kept twice.

    Args:
        frameRange: Sections joined by commas, without spaces; see `FrameRange`.

    Raises:
        ValueError: A section is malformed.
    """

    def __init__(self, frameRange: str) -> None:
        self.frameList = self.parseFrameRange(frameRange)

    @classmethod
    def parseFrameRange(cls, frameRange: str) -> list[int]:
        """Return the frames of a range; raises ValueError."""
        sections = map(FrameRange.parseFrameRange, frameRange.split(","))
        return [frame for section in sections for frame in section]
