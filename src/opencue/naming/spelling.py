"""Spellings of names: what all of one have in common, globs, and how ids begin; nothing is asked of anybody.

The embedded farm reads names by the same rules (`cuelet.core.values.names` and `ids`).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence

ID_LENGTH = 36
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_BEGINNING = re.compile(r"[0-9a-f]{4}(?:[0-9a-f]{4}(?:-[0-9a-f-]*)?|[0-9a-f]{0,3})\Z")
_RUNS = re.compile(r"_+")
_UNLIKELY = re.compile(r"[\x00-\x1f\x7f]")
_MAX_NAME = 800
"""Show, shot, user and name have up to 255 characters each, mostly far fewer; nothing longer is a name."""
_SHORT_ID = 8
_ANY_DASHES = "[-_]+"


def lookup_key(name: str) -> str:
    """Return what all spellings of one name have in common."""
    return _RUNS.sub("_", name.lower().replace("-", "_"))


def wire_name(name: str) -> str:
    """Return the form OpenCue gives a layer name: lower case, ``-`` becomes ``_``."""
    return name.lower().replace("-", "_")


def can_be_name(text: str) -> bool:
    """Tell whether a text may name something; a server need not be asked about others."""
    return 0 < len(text) <= _MAX_NAME and not _UNLIKELY.search(text)


def is_glob(text: str) -> bool:
    """Tell whether a name stands for all that match it, as ``shot*`` does."""
    return any(char in text for char in "*?[")


def glob_test(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a name matches a pattern of ``*``, ``?`` and ``[...]``, whatever the case."""
    matches = re.compile(fnmatch.translate(pattern.lower())).match
    return lambda name: matches(name.lower()) is not None


def is_id(text: str) -> bool:
    """Tell whether a text is an id."""
    return _ID.match(text) is not None


def is_beginning(text: str) -> bool:
    """Tell whether a text may be an id, or how one begins: four characters of it or more."""
    return len(text) <= ID_LENGTH and _BEGINNING.match(text) is not None


def short_name(name: str, *, show: str, shot: str, user: str) -> str:
    """Return the name of a job without show, shot and user."""
    return name.lower().removeprefix(f"{show}-{shot}-{user}_".lower())


def name_regex(name: str) -> str:
    """Return a regular expression that finds every job of a name, full or short, and maybe others.

    It means the same to Python and to PostgreSQL, and is for whoever tests what it finds once more.
    """
    parts = (re.escape(part) for part in lookup_key(name).split("_"))
    return f"(?i)(^|_){_ANY_DASHES.join(parts)}$"


def glob_regex(pattern: str) -> str:
    """Return a regular expression that finds every name a glob matches, and maybe others; see `name_regex`.

    What stands before its first ``[`` is enough to leave most names out.
    """
    plain = re.split(r"[*?]+", pattern.lower().partition("[")[0])
    return f"(?i){'.*'.join(map(re.escape, plain))}"


def short_ids(ids: Sequence[str]) -> dict[str, str]:
    """Return how each of some ids begins: enough to tell them apart."""
    size = _SHORT_ID
    while len({each[:size] for each in ids}) < len(set(ids)):
        size += 1
    return {each: each[:size] for each in ids}
