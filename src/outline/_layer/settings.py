"""What the settings of layers and outlines may hold; every check returns the value in its one form."""

from __future__ import annotations

import math
import os
import re

from outline.exception import InvalidSettingError
from outline.frames import FrameRangeError
from outline.jobspec.names import is_tag
from outline.util import range_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MEMORY = r"(?i)\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*\Z"
_TO_MB = {"k": 1 / 1024, "m": 1.0, "g": 1024.0, "t": 1024.0 * 1024}
_MOST_GB = 1024
"""A bare memory number above this was meant in MB."""
_MOST_CORES = 10_000
"""Cores no host has."""


def check_number(thing: str, setting: str, value: Any, *, unit: str, least: float = 0) -> float:
    """Return a finite number of at least ``least``; text that is a number is taken too.

    Raises:
        InvalidSettingError: It is anything else.
    """
    number = _as_float(value)
    if number is None or not math.isfinite(number) or number < least:
        raise InvalidSettingError(
            thing=thing,
            setting=setting,
            value=value,
            remedy=f"give a number of {unit} from {least:g} up",
        )
    return number


def _as_float(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def check_whole(
    thing: str, setting: str, value: Any, *, least: int, most: int | None = None
) -> int:
    """Return a whole number between two bounds; text that is one is taken too.

    Raises:
        InvalidSettingError: It is anything else.
    """
    number = _as_float(value)
    if number is not None and math.isfinite(number) and number == int(number):
        whole = int(value) if isinstance(value, int) else int(number)
        if whole >= least and (most is None or whole <= most):
            return whole
    bounds = f"from {least} up" if most is None else f"from {least} to {most}"
    raise InvalidSettingError(
        thing=thing, setting=setting, value=value, remedy=f"give a whole number {bounds}"
    )


def check_chunk(thing: str, value: Any) -> int:
    """Return how many frames one process executes, at least 1."""
    return check_whole(thing, "chunk", value, least=1)


def check_memory(thing: str, setting: str, value: Any) -> str:
    """Return memory as ``<MB>m``; as in PyOutline a bare number means GB.

    Raises:
        InvalidSettingError: It is negative, not a number, has another unit, or is a bare number that was meant in MB.
    """
    match = re.match(_MEMORY, str(value)) if isinstance(value, (str, int, float)) else None
    if match is None or isinstance(value, bool):
        remedy = "give memory such as '512m' or '4g', or call set_min_memory(MB)"
        raise InvalidSettingError(thing=thing, setting=setting, value=value, remedy=remedy)
    number, unit = float(match[1]), match[2].lower()
    if not unit and number > _MOST_GB:
        remedy = f"a bare number means GB; write '{number:g}m', or call set_min_memory({number:g})"
        raise InvalidSettingError(thing=thing, setting=setting, value=value, remedy=remedy)
    return memory_text(number * _TO_MB[unit or "g"])


def memory_text(memory_mb: float) -> str:
    """Return ``<MB>m``, rounded up to whole MB."""
    return f"{math.ceil(memory_mb)}m"


def memory_mb(text: str) -> int:
    """Return the MB of a text that `check_memory` returned."""
    return int(text[:-1])


def check_range(thing: str, value: Any) -> str:
    """Return range text of anything that names frames.

    Raises:
        InvalidSettingError: It is malformed or names no frame.
    """
    try:
        return range_text(value)
    except (FrameRangeError, TypeError, ValueError) as error:
        raise InvalidSettingError(
            thing=thing, setting="range", value=value, remedy=str(error)
        ) from error


def check_tags(thing: str, value: Any) -> list[str]:
    """Return tags, given as a list or as text with ``|`` or ``,`` between them.

    Raises:
        InvalidSettingError: A tag has characters OpenCue refuses or is under 3 characters.
    """
    tags = re.split(r"\s*[|,]\s*", value.strip()) if isinstance(value, str) else list(value)
    for tag in tags:
        if not isinstance(tag, str) or not is_tag(tag):
            remedy = f"the tag {tag!r} has to be at least 3 letters, digits, '_', '-' or '.'"
            raise InvalidSettingError(thing=thing, setting="tags", value=value, remedy=remedy)
    return tags


def check_names(thing: str, setting: str, value: Any) -> list[str]:
    """Return a list of names, given as a list or as text with commas between them."""
    names = value.split(",") if isinstance(value, str) else list(value)
    return [str(name).strip() for name in names if str(name).strip()]


def check_env(thing: str, key: object, value: object) -> tuple[str, str]:
    """Return an environment variable; numbers, paths and bytes become text.

    Raises:
        InvalidSettingError: One of both is not text, or cannot be in an environment.
    """
    if not isinstance(key, str) or not key or "=" in key or not _has_bytes(key):
        remedy = "give a name without '=' and without the character 0"
        raise InvalidSettingError(thing=thing, setting="env key", value=key, remedy=remedy)
    text = _env_text(value)
    if text is None or not _has_bytes(text):
        remedy = f"give text without the character 0, such as {str(value).partition(chr(0))[0]!r}"
        raise InvalidSettingError(thing=thing, setting=f"env {key}", value=value, remedy=remedy)
    return str.__str__(key), text


def _env_text(value: object) -> str | None:
    """Return the text of a value that has one meaning as text, else None."""
    if isinstance(value, str):
        return str.__str__(value)  # an enum that is text stands for its text
    if isinstance(value, (bytes, os.PathLike)):
        return os.fsdecode(value)
    if isinstance(value, (int, float)) or getattr(value, "shape", None) == ():
        return str(value)
    return None


def _has_bytes(text: str) -> bool:
    """Tell whether a process can be given a text: no character 0, no half of a surrogate pair."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def check_cores(thing: str, setting: str, value: Any, *, least: float = 0) -> float:
    """Return a number of cores, whole or fractional; 0 is a whole host, less leaves that many of it."""
    return check_number(thing, setting, value, unit="cores", least=least)


def check_minutes(thing: str, setting: str, value: Any) -> int:
    """Return whole minutes, a part of one counting as one."""
    return math.ceil(check_number(thing, setting, value, unit="minutes"))


def check_bool(thing: str, setting: str, value: Any) -> bool:
    """Return a yes or no; the texts of configuration files are taken too.

    Raises:
        InvalidSettingError: It is neither.
    """
    said = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }
    found = said.get(str(value).strip().lower())
    if found is None:
        raise InvalidSettingError(
            thing=thing, setting=setting, value=value, remedy="give True or False"
        )
    return found


def check_start(thing: str, value: Any) -> Any:
    """Return a time or delay; see `outline.jobspec.starttime.check_start`."""
    from outline.jobspec import starttime

    return starttime.check_start(thing, value)


def _optional_range(thing: str, value: Any) -> str | None:
    return None if value is None else check_range(thing, value)


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "range": _optional_range,
    "chunk": check_chunk,
    "cores": lambda thing, value: check_cores(thing, "cores", value, least=-_MOST_CORES),
    "threads": lambda thing, value: check_cores(thing, "threads", value, least=-_MOST_CORES),
    "max_cores": lambda thing, value: check_cores(thing, "max_cores", value),
    "memory": lambda thing, value: check_memory(thing, "memory", value),
    "gpus": lambda thing, value: check_whole(thing, "gpus", value, least=0),
    "gpu_memory": lambda thing, value: check_memory(thing, "gpu_memory", value),
    "timeout": lambda thing, value: check_minutes(thing, "timeout", value),
    "timeout_llu": lambda thing, value: check_minutes(thing, "timeout_llu", value),
    "retries": lambda thing, value: check_whole(thing, "retries", value, least=0, most=16),
    "skip_existing": lambda thing, value: check_bool(thing, "skip_existing", value),
    "start_after": check_start,
    "tags": check_tags,
    "limits": lambda thing, value: check_names(thing, "limits", value),
}
"""The arguments of a layer that are checked as soon as they are set."""


def check_argument(thing: str, key: str, value: Any) -> Any:
    """Return an argument of a layer in its one form; arguments without a check pass through."""
    check = CHECKS.get(key)
    return value if check is None or (value is None and key != "chunk") else check(thing, value)
