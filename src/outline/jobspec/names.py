"""Names: what OpenCue takes, what it makes of them, and what may be a file name."""

from __future__ import annotations

import re

from outline.exception import InvalidNameError, UnsafeNameError

MAX_FILE_NAME_BYTES = 200
"""Room is left for the suffixes that session files carry; file systems end at 255."""
MAX_NAME = 200
"""OpenCue's columns hold 255 characters, its job name contains show, shot and user too."""
TEMPORARY = ".cuelet-"
"""How our temporary files begin."""

_TAG = r"(?a)[\w.-]{3,}\Z"
_WIRE = r"[a-z0-9_.-]*\Z"
_CONTROL = r"[\x00-\x1f\x7f]"


def wire_name(name: str) -> str:
    """Return the form OpenCue gives a layer name: lower case, ``-`` becomes ``_``."""
    return name.lower().replace("-", "_")


def wire_job_name(name: str) -> str:
    """Return the form OpenCue gives a job name, without its ``show-shot-user_`` prefix.

    Source:
        Cuebot, the name normalisation of its job spec reader: runs of ``_`` collapse before ``-`` becomes ``_``.
    """
    return re.sub("_+", "_", name.lower()).replace("-", "_").lstrip("_")


def check_name(kind: str, name: object, *, example: str, least: int = 3) -> str:
    """Return a name that OpenCue takes and that may name a directory.

    Args:
        kind: What is named: ``layer``, ``outline``, ``shot``, ...
        name: The name as the script spells it.
        example: A good name, for the message.
        least: The fewest characters OpenCue takes for this kind.

    Raises:
        InvalidNameError: It is not text, too short, too long, or has other characters.
    """
    reason = _why_not(name, least)
    if reason is not None:
        raise InvalidNameError(kind=kind, name=name, reason=reason, example=example)
    return str(name)


def _why_not(name: object, least: int) -> str | None:
    if not isinstance(name, str):
        return "is not text"
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters"
    if name.startswith("-") or not name.strip("."):
        return "would not be a plain file name"
    if "/" in name:
        return "leaves its directory"
    if not re.match(_WIRE, wire_name(name)):
        return "has characters OpenCue refuses"
    return "is too short for OpenCue" if len(name) < least else None


def is_name(text: str) -> bool:
    """Tell whether a show, shot or user may be called so."""
    return not text.startswith(".") and _why_not(text, 1) is None


def is_tag(text: str) -> bool:
    """Tell whether OpenCue takes a text as a tag of a layer."""
    return re.match(_TAG, text) is not None


def plain_name(text: str) -> str:
    """Return the nearest name to one that nobody typed, such as a login of a directory service; empty for none."""
    import unicodedata

    letters = unicodedata.normalize("NFKD", text)
    bare = "".join(each for each in letters if not unicodedata.combining(each))
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", bare).lstrip("-.")[:MAX_NAME]
    return name if name.strip("_.-") else ""


def login_name(text: str) -> str:
    """Return the nearest name to a login; those of a domain, before a backslash or after an ``@``, go without it."""
    bare = text.strip().rpartition("\\")[2].partition("@")[0]
    return plain_name(bare) or plain_name(text.strip())


def check_file_name(thing: str, name: object) -> str:
    """Return a name that stays in its directory whatever the file system.

    Raises:
        UnsafeNameError: It is empty, has a ``/`` or control characters, begins with ``-`` or is over 200 bytes.
    """
    reason = _why_unsafe(name)
    if reason is not None:
        raise UnsafeNameError(thing=thing, name=_shortened(name), reason=reason)
    return str(name)


def _why_unsafe(name: object) -> str | None:
    if not isinstance(name, str):
        return "is not text"
    if name in {"", ".", ".."}:
        return "is not a file name"
    if "/" in name:
        return "leaves its directory"
    if re.search(_CONTROL, name):
        return "has control characters"
    if name.startswith("-"):
        return "begins with '-', which commands take for an option"
    if name.startswith(TEMPORARY):
        return "is kept for temporary files"
    if len(name.encode("utf-8", "surrogateescape")) > MAX_FILE_NAME_BYTES:
        return f"is over {MAX_FILE_NAME_BYTES} bytes"
    return None


def _shortened(name: object) -> object:
    return name[:40] + "..." if isinstance(name, str) and len(name) > 60 else name
