"""Frame sets and the questions about the environment that PyOutline names."""

from __future__ import annotations

import os

from outline.frames import format_frames, parse_range

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

    FrameSetLike = str | int | Iterable[int]


class FrameSet(tuple[int, ...]):
    """Frame numbers in order, with the methods scripts know from pycue's FrameSet.

    Args:
        frames: Range text, one frame number, or frame numbers.
    """

    __slots__ = ()

    def __new__(cls, frames: FrameSetLike = ()) -> Self:
        """Build from range text, one number or several."""
        if isinstance(frames, str):
            return super().__new__(cls, parse_range(frames))
        if isinstance(frames, int):
            return super().__new__(cls, (frames,))
        return super().__new__(cls, frames)

    def __str__(self) -> str:
        return ",".join(map(str, self))

    def __repr__(self) -> str:
        return f"FrameSet({format_frames(self)!r})"

    def get(self, index: int) -> int:
        """Return the frame number at a place."""
        return self[index]

    def getAll(self) -> list[int]:
        """Return every frame number."""
        return list(self)

    def size(self) -> int:
        """Return how many frames there are."""
        return len(self)

    def contains(self, frame: int) -> bool:
        """Tell whether a frame number is in the set."""
        return frame in self


def range_text(frames: Any) -> str:
    """Return range text of anything that names frames: text, a number, numbers, a FrameSet of pycue.

    Raises:
        FrameRangeError: The text is malformed or names no frame.
    """
    if isinstance(frames, bool) or frames is None:
        raise TypeError("a frame range is text, a number or numbers")
    if isinstance(frames, int):
        return str(frames)
    if not isinstance(frames, str):
        listed = frames.getAll() if hasattr(frames, "getAll") else frames
        frames = format_frames(int(number) for number in listed)
    text = ",".join(part.strip() for part in frames.split(","))
    parse_range(text)
    return text


def disaggregate_frame_set(frameset: FrameSetLike) -> list[int]:
    """Return the frame numbers of a frame set or range text."""
    return list(FrameSet(frameset))


def make_frame_set(frames: Iterable[int], normalize: bool = True) -> FrameSet:
    """Return a frame set of some numbers: sorted and each once, or as they are."""
    return FrameSet(sorted(set(frames)) if normalize else frames)


def intersect_frame_set(
    range1: FrameSetLike, range2: FrameSetLike, normalize: bool = True
) -> FrameSet | None:
    """Return the frames both sets have, or None when they have none in common.

    Args:
        range1: The set whose order is kept.
        range2: The other set.
        normalize: Sort the result instead.
    """
    wanted = frozenset(FrameSet(range2))
    common = [number for number in FrameSet(range1) if number in wanted]
    return make_frame_set(common, normalize) if common else None


def compact_frame_range(frames: FrameSetLike) -> str:
    """Return range text of a frame set, in its order, frames that follow each other joined to ``A-B``."""
    runs: list[list[int]] = []
    for number in FrameSet(frames):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join("-".join(map(str, run)) for run in runs)


def get_slice(frame_range: FrameSetLike, frames: Iterable[int], items: Any) -> list[Any]:
    """Return those of ``items``, one per frame of a range, that belong to some frames."""
    place = {number: index for index, number in enumerate(FrameSet(frame_range))}
    return [items[place[number]] for number in frames if number in place]


def get_show() -> str:
    """Return the show: ``$SHOW``, else the configured default."""
    return _usable("SHOW") or _option("default_show")


def get_shot() -> str:
    """Return the shot: ``$SHOT``, else the configured default."""
    return _usable("SHOT") or _option("default_shot")


def get_user() -> str:
    """Return the login name as a job can have it: ``$USER``, else what the system says, else the user id."""
    from outline.jobspec.names import is_name, login_name

    name = _login()
    return name if is_name(name) else login_name(name) or f"uid{os.getuid()}"


def changed_names() -> dict[str, tuple[str, str]]:
    """Return the names of this shell that no job can have, each with the one that is used instead."""
    names = {
        "user": (_login(), get_user()),
        "show": (os.environ.get("SHOW") or get_show(), get_show()),
        "shot": (os.environ.get("SHOT") or get_shot(), get_shot()),
    }
    return {kind: pair for kind, pair in names.items() if pair[0] != pair[1]}


def _usable(variable: str) -> str:
    """Return the name in a variable, as near as a job can have it."""
    from outline.jobspec.names import is_name, plain_name

    name = os.environ.get(variable, "")
    return name if not name or is_name(name) else plain_name(name)


def _login() -> str:
    name = os.environ.get("USER") or os.environ.get("LOGNAME")
    if name:
        return name
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid{os.getuid()}"


def get_uid() -> int:
    """Return the numeric user id."""
    return os.getuid()


def _option(name: str) -> str:
    from outline import config

    return config.get_option(name)
