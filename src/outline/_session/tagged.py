"""JSON with YAML's tags for what JSON lacks: tuples, paths, and dicts whose keys are no texts.

The tags are those of stock PyOutline, which reads such a text as the YAML it is; here it becomes JSON by one
replacement in which ``NaN`` and ``Infinity``, numbers that no such text holds, mark the lists that are none.
"""

from __future__ import annotations

import json
import math
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable
    from typing import Any

PATH_KINDS = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
"""Classes of `pathlib` that a text can name; each platform can have three of them."""
PATH_TAG = "python/object/apply:pathlib."
"""How a tag of a path begins; newer Pythons name the module after it."""
_TUPLE_TAG, _DICT_TAG = "!!python/tuple [", "!!python/object/apply:builtins.dict ["

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_WRITTEN = re.compile(
    rf"{_STRING}|(?P<tuple>\[NaN(?:, )?+)|(?P<dict>\[-Infinity, )|(?P<path>\[Infinity, \"(\w+)\", )",
    re.DOTALL,
)
_READ = re.compile(
    rf"{_STRING}|(?P<tuple>!!python/tuple \[)(?P<empty>\])?+|(?P<dict>{re.escape(_DICT_TAG)})"
    rf"|(?P<path>!!{re.escape(PATH_TAG)}(?:_local\.)?+(\w+) \[)|(?P<neither>[NI\"])",
    re.DOTALL,
)


def to_text(value: Any) -> str:
    """Return the text of a value that consists of JSON's kinds, tuples, paths and dicts of any keys."""

    def tagged(found: re.Match[str]) -> str:
        if found["tuple"]:
            return _TUPLE_TAG
        if found["dict"]:
            return _DICT_TAG
        return f"!!{PATH_TAG}{found[4]} [" if found["path"] else found[0]

    return _WRITTEN.sub(tagged, json.dumps(_marked(value))) + "\n"


def _marked(value: Any) -> Any:
    """Return a value as JSON's own kinds, with a number that is none before what was no list."""
    kind = type(value)
    if kind is dict:
        if all(type(key) is str for key in value):
            return {key: _marked(item) for key, item in value.items()}
        return [-math.inf, [[_marked(key), _marked(item)] for key, item in value.items()]]
    if kind is list:
        return list(map(_marked, value))
    if kind is tuple:
        return [math.nan, *map(_marked, value)]
    if kind.__name__ in PATH_KINDS:
        return [math.inf, kind.__name__, str(value)]
    return value


def from_text(text: str) -> Any:
    """Return the value of such a text.

    Raises:
        ValueError: It is none; it may still be YAML.
    """

    def marked(found: re.Match[str]) -> str:
        if found["neither"]:  # a number, or the quote of a text without end
            raise ValueError(found[0])
        if found["tuple"]:
            return "[NaN]" if found["empty"] else "[NaN, "
        if found["dict"]:
            return "[-Infinity, "
        return f'[Infinity, "{found[5]}", ' if found["path"] else found[0]

    try:
        return _made(json.loads(_READ.sub(marked, text), parse_constant=_MAKERS.__getitem__))
    except (TypeError, NotImplementedError) as error:
        raise ValueError(str(error)) from error


def _made(value: Any) -> Any:
    """Return what a value of JSON stands for."""
    kind = type(value)
    if kind is dict:
        return {key: _made(item) for key, item in value.items()}
    if kind is not list:
        return value
    if value and callable(value[0]):
        return value[0](value[1:])
    return list(map(_made, value))


def _tuple_of(parts: list[Any]) -> tuple[Any, ...]:
    """Return the tuple of some parts."""
    return tuple(map(_made, parts))


def _dict_of(parts: list[Any]) -> dict[Any, Any]:
    """Return the dict of its one part, a list of keys with values."""
    [pairs] = parts
    return {_made(key): _made(item) for key, item in pairs}


def path_of(parts: list[Any]) -> pathlib.PurePath:
    """Return the path of a class and its parts.

    Raises:
        ValueError: There is no such class, or none for this platform.
    """
    import pathlib

    name, *texts = parts
    if name not in PATH_KINDS:
        raise ValueError(f"{name} is no path")
    try:
        path: pathlib.PurePath = getattr(pathlib, name)(*texts)
    except NotImplementedError:
        raise ValueError(f"a {name} cannot be on this platform") from None
    return path


_MAKERS: dict[str, Callable[[list[Any]], Any]] = {
    "NaN": _tuple_of,
    "Infinity": path_of,
    "-Infinity": _dict_of,
}
"""What makes the value of a list that begins with such a number."""
