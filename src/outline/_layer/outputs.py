"""Which files the inputs and outputs of a layer are, frame by frame."""

from __future__ import annotations

import os

from outline.frames import format_frames
from outline.jobspec import tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from outline.io import Path

_NUMBER = "#IFRAME#"


def pattern_of(path: Path) -> tuple[list[str], int]:
    """Return where a path's file may be, tokens in it, and the digits ``#IFRAME#`` has at least.

    The first place goes before the others, which attribute ``checkExt`` names.
    Text with a frame mark such as ``####`` is a sequence like a `FileSpec`.
    """
    from outline.io import FileSpec, has_frame_mark

    if isinstance(path, FileSpec):
        return _sequence(path)
    text = path.get_path()
    if not tokens.has_any(text, tokens.ALL) and has_frame_mark(text):
        return _sequence(FileSpec(text, **path.get_attributes()))
    return [tokens.for_wire(text)], 1


def _sequence(path: Any) -> tuple[list[str], int]:
    head = os.path.join(path.get_dirname(), f"{path.get_basename()}.{_NUMBER}")
    others = path.get_attribute("checkExt") or []
    endings = [path.get_ext(), *(each if each.startswith(".") else f".{each}" for each in others)]
    return [head + ending for ending in endings], path.get_digits()


def files_of(
    path: Path, frames: Sequence[int], known: Callable[[int], Mapping[str, str]]
) -> Iterator[list[str]]:
    """Yield the places of each file that some frames read or write.

    Args:
        path: An input or output.
        frames: The frames.
        known: What each token stands for, given a frame.
    """
    patterns, digits = pattern_of(path)
    each = frames if tokens.has_any(patterns, tokens.PER_FRAME) else frames[:1]
    for frame in each:
        values = {**known(frame), _NUMBER: f"{frame:0{digits}d}"}
        yield [tokens.replace(pattern, values) for pattern in patterns]


def min_bytes_of(path: Path) -> int:
    """Return the bytes a file has at least: attribute ``min_bytes``, else 1; raises InvalidSettingError."""
    from outline._layer.settings import check_whole

    wanted = path.get_attribute("min_bytes")
    return 1 if wanted is None else check_whole(f"path {path}", "min_bytes", wanted, least=1)


def declared(name: str, path: Path) -> dict[str, Any]:
    """Return an input or output as it travels to a farm."""
    patterns, digits = pattern_of(path)
    return {
        "name": name,
        "paths": [os.path.expanduser(each) for each in patterns],
        "digits": digits,
        "checked": bool(path.get_attribute("checked")),
        "min_bytes": min_bytes_of(path),
        **_written_frames(path),
    }


def _written_frames(path: Path) -> dict[str, str]:
    """Return the frames that a sequence names in its path, which a layer of one frame reads all."""
    frames = path.get_frame_set() if hasattr(path, "get_frame_set") else None
    return {} if frames is None else {"frames": format_frames(frames)}
