"""What FrameRange and FrameSet share: a list of frame numbers, in order, duplicates kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import overload


class FrameList:
    """Frame numbers in the order they were written."""

    frameList: list[int]
    """The numbers; changed in place by `normalize`."""

    def size(self) -> int:
        """Return how many numbers there are."""
        return len(self.frameList)

    def get(self, idx: int) -> int:
        """Return the number at a place; raises IndexError."""
        return self.frameList[idx]

    def index(self, idx: int) -> int:
        """Return the first place of a frame number, or -1 when it is not there."""
        return self.frameList.index(idx) if idx in self.frameList else -1

    def getAll(self) -> list[int]:
        """Return the numbers."""
        return self.frameList

    def normalize(self) -> None:
        """Sort the numbers and drop duplicates, in place."""
        self.frameList = sorted(set(self.frameList))

    def __len__(self) -> int:
        return len(self.frameList)

    @overload
    def __getitem__(self, key: int) -> int: ...

    @overload
    def __getitem__(self, key: slice) -> list[int]: ...

    def __getitem__(self, key: int | slice) -> int | list[int]:
        return self.frameList[key]

    def __iter__(self) -> Iterator[int]:
        return iter(self.frameList)

    def __contains__(self, frame: object) -> bool:
        return frame in self.frameList

    def __str__(self) -> str:
        return ",".join(map(str, self.frameList))
