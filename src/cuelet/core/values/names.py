"""OpenCue's normal form of job, layer and frame names, and looking jobs up by any spelling."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

from cuelet.core.values.errors import InvalidSpecError

_PLAIN = re.compile(r"(?=_*[^_])[\w.-]{3,}\Z", re.ASCII)
_RUNS = re.compile(r"_+")
MAX_NAME = 255


def normal_layer(name: str) -> str:
    """Return the wire form of a layer name: lower case, dashes become underscores.

    Raises:
        InvalidSpecError: Shorter than 3 characters, too long, or other than letters, digits, _ . -
    """
    return _checked("layer name", name, name.lower().replace("-", "_"))


def normal_shot(name: str) -> str:
    """Return the wire form of a shot name; raises InvalidSpecError."""
    return _checked("shot", name, name.lower().replace("-", "_"))


def normal_job(name: str, *, show: str, shot: str, user: str) -> str:
    """Return ``show-shot-user_name`` in OpenCue's normal form.

    A name that carries the prefix already is not prefixed twice.

    Raises:
        InvalidSpecError: The last part is shorter than 3 characters or has odd ones.
    """
    prefix = f"{show}-{shot}-{user}_"
    rest = name[len(prefix) - 1 :] if name.startswith(prefix) else name
    rest = _RUNS.sub("_", rest.lower()).replace("-", "_")
    rest = _checked("job name", name, rest).lstrip("_")
    return f"{show}-{shot}-{user}".lower() + "_" + rest


def _checked(what: str, given: str, normal: str) -> str:
    if len(normal) > MAX_NAME:
        raise InvalidSpecError(where=what, value=given, reason=f"longer than {MAX_NAME} characters")
    if not _PLAIN.match(normal):
        raise InvalidSpecError(
            where=what,
            value=given,
            reason="use at least 3 letters, digits, underscores, dashes or dots",
        )
    return normal


def lookup_key(name: str) -> str:
    """Return what all spellings of one name have in common."""
    return _RUNS.sub("_", name.lower().replace("-", "_"))


def is_glob(text: str) -> bool:
    """Tell whether a name stands for all that match it, as ``shot*`` does."""
    return any(char in text for char in "*?[")


def glob_test(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a name matches a pattern of ``*``, ``?`` and ``[...]``, whatever the case."""
    matches = re.compile(fnmatch.translate(pattern.lower())).match
    return lambda name: matches(name.lower()) is not None
