"""The tokens of commands: what each is replaced by, and whether a command is for a frame or for a chunk."""

from __future__ import annotations

import re

from outline.frames import format_frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PER_FRAME = ("#IFRAME#", "#ZFRAME#", "#FRAME#", "%{FRAME}", "%{ZFRAME}")
"""Tokens that differ from frame to frame."""
PER_CHUNK = ("#FRAMESPEC#", "#FRAME_START#", "#FRAME_END#", "#FRAME_CHUNK#", "%{RANGE}")
"""Tokens of a command that executes a whole chunk by itself."""

ALL = (*PER_FRAME, *PER_CHUNK, "#LAYER#", "#JOB#")
"""Every token."""

MAX_LISTED = 10_000
"""Frames listed one by one; an environment variable holds no more than 128 KB."""

_NAMES = "(?:IFRAME|ZFRAME|FRAME|LAYER|JOB|FRAMESPEC|FRAME_START|FRAME_END|FRAME_CHUNK)"
_PYOUTLINE_NAMES = r"\{(?:FRAME|ZFRAME|RANGE)\}"
_LITERAL = rf"#!+{_NAMES}#|%!+{_PYOUTLINE_NAMES}"
"""A token that stands for itself, written ``#!IFRAME#`` or ``%!{FRAME}``; further ``!`` stay."""
_PATTERN = rf"{_LITERAL}|#{_NAMES}#|%{_PYOUTLINE_NAMES}"
_ON_THE_WIRE = {"%{FRAME}": "#IFRAME#", "%{ZFRAME}": "#ZFRAME#", "%{RANGE}": "#FRAMESPEC#"}


def is_in(text: str) -> bool:
    """Tell whether a text may have a token, or one that stands for itself; a quick look."""
    return "#" in text or "%{" in text or "%!" in text


def has_any(command: str | Sequence[str], tokens: Sequence[str]) -> bool:
    """Tell whether a command contains one of some tokens."""
    text = command if isinstance(command, str) else "\n".join(command)
    return any(token in text for token in tokens)


def has_literal(text: str) -> bool:
    """Tell whether a text has a token that stands for itself."""
    return is_in(text) and re.search(_LITERAL, text) is not None


def is_for_chunk(command: str | Sequence[str]) -> bool:
    """Tell whether a command executes a whole chunk by itself.

    PyOutline's ``%{RANGE}`` beside ``%{FRAME}`` does not make it so: that command runs for every frame.
    """
    if has_any(command, PER_CHUNK[:-1]):
        return True
    return has_any(command, PER_CHUNK) and not has_any(command, ("%{FRAME}", "%{ZFRAME}"))


def opencue_values(
    *, frame: int, frames: Sequence[int], chunk: int, layer: str, job: str
) -> dict[str, str]:
    """Return what every token of OpenCue stands for; whoever runs frames replaces these and no others.

    Args:
        frame: The frame being executed.
        frames: The frames of its chunk, in order.
        chunk: The chunk size of the layer, however many frames this chunk has.
        layer: The layer's name on the wire.
        job: The job's name.
    """
    padded = f"{frame:04d}"
    spec = format_frames(frames)
    return {
        "#IFRAME#": str(frame),
        "#ZFRAME#": padded,
        "#FRAME#": f"{padded}-{layer}",
        "#LAYER#": layer,
        "#JOB#": job,
        "#FRAMESPEC#": spec,
        "#FRAME_START#": str(frames[0]),
        "#FRAME_END#": str(frames[-1]),
        "#FRAME_CHUNK#": str(chunk),
    }


def values(
    *, frame: int, frames: Sequence[int], chunk: int, layer: str, job: str
) -> dict[str, str]:
    """Return what every token stands for, PyOutline's own included; see `opencue_values`."""
    return {
        **opencue_values(frame=frame, frames=frames, chunk=chunk, layer=layer, job=job),
        **pyoutline_values(frame=frame, frames=frames),
    }


def pyoutline_values(*, frame: int, frames: Sequence[int]) -> dict[str, str]:
    """Return what PyOutline's own tokens stand for."""
    return {
        "%{FRAME}": str(frame),
        "%{ZFRAME}": f"{frame:04d}",
        "%{RANGE}": list_frames(frames),
    }


def list_frames(frames: Sequence[int]) -> str:
    """Return every frame number, commas between, as PyOutline does; compact where that would be huge."""
    if len(frames) > MAX_LISTED:
        return format_frames(frames)
    return ",".join(map(str, frames))


def replace(text: str, known: Mapping[str, str]) -> str:
    """Replace every token that is known, once: what a value contains stays as it is.

    ``#!IFRAME#`` and ``%!{FRAME}`` become ``#IFRAME#`` and ``%{FRAME}``.
    """
    if not is_in(text):
        return text
    return re.sub(_PATTERN, lambda match: _value(match, known), text)


def _value(match: re.Match[str], known: Mapping[str, str]) -> str:
    if match[0][1] == "!":
        return match[0].replace("!", "", 1)
    return known.get(match[0], match[0])


def for_wire(text: str) -> str:
    """Return a text with PyOutline's tokens spelled as OpenCue's; those that stand for themselves stay so."""
    if not is_in(text):
        return text
    return re.sub(_PATTERN, lambda match: _ON_THE_WIRE.get(match[0], match[0]), text)
