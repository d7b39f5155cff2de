"""Session data as text: YAML that is also JSON wherever the value allows, because JSON is read 500 times faster."""

from __future__ import annotations

import json
import math
import re
from itertools import repeat

from outline._session import MAX_DEPTH, MOST_BITS
from outline.exception import DataFormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BYTES = 64 << 20
"""The most a data file may hold."""
MAX_YAML_BYTES = 256 << 10
"""The most of it that is not JSON: the YAML reader needs seconds for a megabyte."""
_MAX_MERGED = 10_000
"""Entries of a mapping that another one was merged into; what is written out is bounded by the file."""
_CLOSED = (dict, list, str)
"""JSON values whose text says by itself where it ends."""

_TUPLE = "tag:yaml.org,2002:python/tuple"
"""How stock PyOutline writes a tuple."""
_SEQUENCES = (_TUPLE, "tag:yaml.org,2002:seq")
_FROM_ODD_YAML = (ValueError, AttributeError, LookupError, TypeError, ArithmeticError)
"""What the YAML reader raises, beside its own errors, for a tag whose text is none of its kind."""
_KEY = "!key"
"""A sequence inside of a key, while it is read."""
_ASTRAL = r"\\ud[89ab]"


def is_json(value: Any, levels: int = MAX_DEPTH) -> bool:
    """Tell whether JSON gives back exactly this value: no tuples, no odd types, no text keys that were numbers."""
    kind = type(value)
    if kind is str:
        return value.isascii() or _is_text(value)
    if kind is float:
        return math.isfinite(value)
    if kind is list:
        return levels > 0 and all(map(is_json, value, repeat(levels - 1)))
    if kind is dict:
        return levels > 0 and all(
            type(key) is str and is_json(key) and is_json(item, levels - 1)
            for key, item in value.items()
        )
    return kind in {bool, type(None)} or (kind is int and value.bit_length() < MOST_BITS)


def _is_text(value: str) -> bool:
    """Tell whether a text has no half of a surrogate pair: JSON would join two of them."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def to_text(thing: str, key: str, value: Any) -> str:
    """Return a value as YAML text that ends with a newline, and that was read back if there was any doubt.

    Tuples become lists, as YAML has no tuples, except in keys of dicts and in sets.

    Raises:
        DataFormatError: It holds something YAML's safe types cannot express, nests too deep, or is too large.
    """
    text = _json_text(value) if is_json(value) else None
    if text is None:
        text = _yaml_text(thing, key, value)
    if len(text) > MAX_BYTES:
        raise _too_large(thing, key, len(text), MAX_BYTES)
    return text


def _json_text(value: Any) -> str | None:
    """Return JSON, or None where YAML would read that JSON as something else."""
    text = json.dumps(value, indent=None)
    if re.search(_ASTRAL, text) or _has_bare_exponent(value):
        return None
    return None if _has_long_key(value) else text + "\n"


def _has_bare_exponent(value: Any) -> bool:
    """Tell whether a float would be written like 1e+16, which YAML 1.1 takes for text."""
    if isinstance(value, float):
        text = repr(value)
        return "e" in text and "." not in text
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_has_bare_exponent, items))


def _has_long_key(value: Any) -> bool:
    """Tell whether a key is longer than YAML takes on one line."""
    if isinstance(value, dict):
        return any(len(key) > 120 or _has_long_key(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_long_key, value))


def _yaml_text(thing: str, key: str, value: Any) -> str:
    """Return YAML that gives back the value; raises DataFormatError where none does."""
    from outline._session.values import Checked

    checked = Checked(thing, key)
    plain = checked.plain(value)
    text = _dumped(thing, key, plain)
    if len(text) > MAX_YAML_BYTES:
        raise _too_large(thing, key, len(text), MAX_YAML_BYTES)
    try:
        back = from_text(thing, key, text)
    except DataFormatError as error:
        reason = "holds something that YAML could not give back; store it as text"
        raise DataFormatError(thing=thing, key=key, reason=reason) from error
    checked.same(plain, back)
    return text


def _dumped(thing: str, key: str, value: Any) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

        def represent_mapping(self, *args: Any, **kwargs: Any) -> Any:
            node = super().represent_mapping(*args, **kwargs)
            _retag_keys(node, _TUPLE)
            return node

    try:
        text: str = yaml.dump(
            value, Dumper=Dumper, sort_keys=False, default_flow_style=True, width=MAX_BYTES
        )
    except (yaml.YAMLError, ValueError) as error:
        first = str(error).partition(";")[0]
        reason = f"cannot be written: {first}; store it as text"
        raise DataFormatError(thing=thing, key=key, reason=reason) from error
    return text


def _retag_keys(mapping: Any, tag: str) -> None:
    """Say of every sequence in the keys of a mapping, or in a set, that it is a tuple: a list cannot be there."""
    nodes = [key for key, _ in mapping.value]
    while nodes:
        node = nodes.pop()
        if node.tag in _SEQUENCES:
            node.tag = tag
            nodes += node.value


def _too_large(thing: str, key: str, size: int, most: int) -> DataFormatError:
    reason = f"is {size:,} bytes, over the limit of {most:,}; store it as a file with put_file"
    return DataFormatError(thing=thing, key=key, reason=reason)


def from_text(thing: str, key: str, text: bytes | str) -> Any:
    """Return the value of some text, JSON or YAML, without ever executing anything.

    Raises:
        DataFormatError: It is neither, was cut off, nests too deep, or is too large.
    """
    try:
        value = json.loads(text, parse_constant=_no_number)
        return value if isinstance(value, _CLOSED) else _whole(thing, key, text, value)
    except RecursionError:
        raise DataFormatError(thing=thing, key=key, reason="nests too deep") from None
    except ValueError:
        return _from_yaml(thing, key, text)


def _no_number(name: str) -> Any:
    """Refuse ``NaN`` and ``Infinity``, which are plain texts in YAML."""
    raise ValueError(name)


def _whole(thing: str, key: str, text: bytes | str, value: Any) -> Any:
    """Return the value of a text that ends as every text we write does; ``123`` may be the half of ``123456``."""
    if text[-1:] not in (b"\n", "\n"):
        reason = "cannot be read: it is cut off, there is no newline at its end; store it again with force=True"
        raise DataFormatError(thing=thing, key=key, reason=reason)
    return value


def _from_yaml(thing: str, key: str, text: bytes | str) -> Any:
    if len(text) > MAX_YAML_BYTES:
        raise _too_large(thing, key, len(text), MAX_YAML_BYTES)
    _whole(thing, key, text, None)
    import yaml

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506 - a SafeLoader, see there
    except RecursionError:
        raise DataFormatError(thing=thing, key=key, reason="nests too deep") from None
    except (yaml.YAMLError, *_FROM_ODD_YAML) as error:
        first = str(error).partition("\n")[0]
        raise DataFormatError(
            thing=thing, key=key, reason=f"cannot be read: {first}; store it again with force=True"
        ) from error


def _loader() -> Any:
    """Return a safe loader whose merge keys cannot grow without bound.

    Stock PyOutline writes tuples as ``!!python/tuple``: they come back as lists, as all tuples do here that are no keys.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        def flatten_mapping(self, node: Any) -> None:
            written = len(node.value)
            super().flatten_mapping(node)
            if len(node.value) > max(_MAX_MERGED, written):
                raise yaml.constructor.ConstructorError(
                    None, None, f"merges over {_MAX_MERGED:,} entries", node.start_mark
                )
            _retag_keys(node, _KEY)

    def as_tuple(loader: Any, node: Any) -> tuple[Any, ...]:
        return tuple(loader.construct_sequence(node, deep=True))

    def as_list(loader: Any, node: Any) -> list[Any]:
        found: list[Any] = loader.construct_sequence(node, deep=True)
        return found

    Loader.add_constructor(_TUPLE, as_list)
    Loader.add_constructor(_KEY, as_tuple)
    return Loader
