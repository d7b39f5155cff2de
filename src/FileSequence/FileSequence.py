"""A sequence of files, one per frame: ``/out/beauty.1-10####.exr``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import overload

from FileSequence.FrameSet import FrameSet

_PATH = re.compile(
    r"(?P<prefix>.*\.)(?P<range>[\d,x-]*)(?P<pad>[#@]*)(?P<suffix>\.[.\w]+)\Z", re.ASCII
)
_FIRST = re.compile(r"-?\d+", re.ASCII)


class FileSequence:
    """The paths of a sequence.

    Args:
        filepath: ``<name>.<range><padding>.<extension>``: the range has only ``x`` steps; each ``#`` is one digit;
            without one, a first frame number with leading zeros says how many there are.

    Raises:
        ValueError: The path has another form, or its range is malformed or goes down.
    """

    frameSet: FrameSet | None = None
    """The frames; None when the path names none."""

    def __init__(self, filepath: str) -> None:
        match = _PATH.match(filepath)
        if match is None or not match["range"] + match["pad"]:
            raise ValueError(
                f"file sequence {filepath!r} has no frames; write it like /out/beauty.1-10####.exr"
            )
        self._text = filepath
        self._prefix, self._suffix = match["prefix"], match["suffix"]
        self._pad_size = _pad_size(match["range"], match["pad"])
        self.frameSet = _frame_set(match["range"]) if match["range"] else None
        self._cursor = 0

    def getPrefix(self) -> str:
        """Return what is in front of the frame number."""
        return self._prefix

    def getSuffix(self) -> str:
        """Return what follows the frame number."""
        return self._suffix

    def getDirname(self) -> str:
        """Return the directory with its slash; empty when there is none."""
        return self._prefix[: self._prefix.rfind("/") + 1]

    def getBasename(self) -> str:
        """Return the name in front of the frame number, without directory and dot."""
        return os.path.basename(self._prefix)[:-1]

    def getPadSize(self) -> int:
        """Return the digits of a frame number."""
        return self._pad_size

    def getFileList(self, frameSet: FrameSet | None = None) -> list[str]:
        """Return the paths, all or those of some frames.

        Raises:
            AttributeError: The path has no range, and no frames are given.
        """
        if frameSet is None or self.frameSet is None:
            frames = (frameSet or self._require_frames()).getAll()
        else:
            frames = [frame for frame in self.frameSet if frame in frameSet]
        return [self(frame) for frame in frames]

    def getOpenRVPath(self, frameSet: FrameSet | None = None) -> str:
        """Return the path as the player OpenRV takes it."""
        frames = frameSet or self.frameSet
        span = f"{frames[0]}-{frames[-1]}" if frames else ""
        return f"{self._prefix}{span}{'@' * self._pad_size}{self._suffix}"

    def _require_frames(self) -> FrameSet:
        if self.frameSet is None:
            raise AttributeError(f"file sequence {self._text!r} has no range; name the frames")
        return self.frameSet

    def __call__(self, frame: int) -> str:
        """Return the path of one frame, whether the sequence has it or not."""
        return f"{self._prefix}{frame:0{self._pad_size}d}{self._suffix}"

    def __len__(self) -> int:
        return len(self._require_frames())

    @overload
    def __getitem__(self, key: int) -> str: ...

    @overload
    def __getitem__(self, key: slice) -> list[str]: ...

    def __getitem__(self, key: int | slice) -> str | list[str]:
        return self.getFileList()[key]

    def __iter__(self) -> Iterator[str]:
        self._require_frames()
        self._cursor = 0
        return self

    def __next__(self) -> str:
        if self._cursor >= len(self):
            raise StopIteration
        self._cursor += 1
        return self[self._cursor - 1]

    def __str__(self) -> str:
        return self._text


def _pad_size(frames: str, pad: str) -> int:
    """Return how many ``#`` it ends with; without any, the width of a first frame with leading 0 or sign."""
    marks = len(pad) - len(pad.rstrip("#"))
    first = _FIRST.match(frames)
    return marks or (len(first[0]) if first and first[0][0] in "0-" else 1)


def _frame_set(text: str) -> FrameSet:
    frames = FrameSet(text)
    if not frames or frames[0] > frames[-1]:
        raise ValueError(f"the range {text!r} of a file sequence goes down")
    return frames
