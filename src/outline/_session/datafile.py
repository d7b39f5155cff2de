"""Session data as text: YAML that is JSON wherever the value allows, but for tags, because JSON is read 500 times faster."""

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

_SLOW_YAML_BYTES = 16 << 10
"""From here on dicts whose keys are no texts are written with a tag rather than as YAML's mappings."""
_EXACT = "\n\n"
"""The end of a text whose lists are lists: earlier versions, which wrote tuples as lists, left no empty line."""

_TAGS = "tag:yaml.org,2002:"
_BINARY = "tag:yaml.org,2002:binary"
_TUPLE = f"{_TAGS}python/tuple"
"""How stock PyOutline writes a tuple."""
_SEQUENCES = (_TUPLE, f"{_TAGS}seq")
_FROM_ODD_YAML = (ValueError, AttributeError, LookupError, TypeError, ArithmeticError)
"""What the YAML reader raises, beside its own errors, for a tag whose text is none of its kind."""
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

    Raises:
        DataFormatError: It holds something the text could not give back, nests too deep, or is too large.
    """
    text = _json_text(value) if is_json(value) else None
    if text is None:
        text = _checked_text(thing, key, value)
    if len(text) > MAX_BYTES:
        raise _too_large(thing, key, len(text), MAX_BYTES)
    return text + "\n" if "[" in text else text


def is_exact(text: str) -> bool:
    """Tell whether what a text has as a list was one, and not a tuple that an earlier version stored."""
    return text.endswith(_EXACT)


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


def _checked_text(thing: str, key: str, value: Any) -> str:
    """Return a text that gives back the value; raises DataFormatError where none does."""
    from outline._session.values import Checked

    checked = Checked(thing, key)
    plain = checked.plain(value)
    text = _tagged_text(plain, odd_keys=False) or _yaml_text(thing, key, plain)
    try:
        back = from_text(thing, key, text)
    except DataFormatError as error:
        reason = "holds something that YAML could not give back; store it as text"
        raise DataFormatError(thing=thing, key=key, reason=reason) from error
    checked.same(plain, back)
    return text


def _tagged_text(plain: Any, *, odd_keys: bool) -> str | None:
    """Return JSON with or without tags, or None where it would not be the value for every reader.

    Args:
        plain: Of what `Checked` lets pass.
        odd_keys: Take also dicts whose keys are no texts; versions before this one cannot read them with a tag.
    """
    from outline._session import tagged
    from outline._session.values import as_lists

    lists = as_lists(plain, odd_keys=odd_keys)
    if not is_json(lists, 3 * MAX_DEPTH) or _json_text(lists) is None:
        return None
    return tagged.to_text(plain)


def _yaml_text(thing: str, key: str, plain: Any) -> str:
    """Return YAML, or where that would take long to read JSON with tags."""
    tagged = _tagged_text(plain, odd_keys=True)
    if tagged and len(tagged) > _SLOW_YAML_BYTES:
        return tagged
    text = _dumped(thing, key, plain)
    if len(text) > MAX_YAML_BYTES:
        raise _too_large(thing, key, len(text), MAX_YAML_BYTES)
    return text


def _dumped(thing: str, key: str, plain: Any) -> str:
    import base64
    import pathlib

    import yaml

    from outline._session.tagged import PATH_TAG

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def from_tuple(dumper: Any, value: tuple[Any, ...]) -> Any:
        return dumper.represent_sequence(_TUPLE, value)

    def from_path(dumper: Any, path: pathlib.PurePath) -> Any:
        return dumper.represent_sequence(f"{_TAGS}{PATH_TAG}{type(path).__name__}", [str(path)])

    def from_bytes(dumper: Any, value: bytes) -> Any:
        # In quotes, so that a text that was cut off is none; YAML's usual block would just be shorter.
        return dumper.represent_scalar(_BINARY, base64.b64encode(value).decode(), style='"')

    Dumper.add_representer(bytes, from_bytes)
    Dumper.add_representer(tuple, from_tuple)
    Dumper.add_multi_representer(pathlib.PurePath, from_path)
    try:
        text: str = yaml.dump(
            plain, Dumper=Dumper, sort_keys=False, default_flow_style=True, width=MAX_BYTES
        )
    except (yaml.YAMLError, ValueError) as error:
        first = str(error).partition(";")[0]
        reason = f"cannot be written: {first}; store it as text"
        raise DataFormatError(thing=thing, key=key, reason=reason) from error
    return text


def _retag_keys(mapping: Any) -> None:
    """Say of every sequence in the keys of a mapping, or in a set, that it is a tuple: a list cannot be there."""
    nodes = [key for key, _ in mapping.value]
    while nodes:
        node = nodes.pop()
        if node.tag in _SEQUENCES:
            node.tag = _TUPLE
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
        raise _too_deep(thing, key) from None
    except ValueError:
        return _from_tagged(thing, key, text)


def _too_deep(thing: str, key: str) -> DataFormatError:
    return DataFormatError(thing=thing, key=key, reason="nests too deep")


def _no_number(name: str) -> Any:
    """Refuse ``NaN`` and ``Infinity``, which are plain texts in YAML."""
    raise ValueError(name)


def _whole(thing: str, key: str, text: bytes | str, value: Any) -> Any:
    """Return the value of a text that ends as every text we write does; ``123`` may be the half of ``123456``."""
    if text[-1:] not in (b"\n", "\n"):
        reason = "cannot be read: it is cut off, there is no newline at its end; store it again with force=True"
        raise DataFormatError(thing=thing, key=key, reason=reason)
    return value


def _from_tagged(thing: str, key: str, text: bytes | str) -> Any:
    """Return the value of JSON with tags, or of YAML."""
    if (b"!!python/" if isinstance(text, bytes) else "!!python/") in text:  # type: ignore[operator]
        from outline._session import tagged

        try:
            return tagged.from_text(text.decode() if isinstance(text, bytes) else text)
        except RecursionError:
            raise _too_deep(thing, key) from None
        except ValueError:
            pass  # it is YAML of another kind, or none
    return _from_yaml(thing, key, text)


def _from_yaml(thing: str, key: str, text: bytes | str) -> Any:
    if len(text) > MAX_YAML_BYTES:
        raise _too_large(thing, key, len(text), MAX_YAML_BYTES)
    _whole(thing, key, text, None)
    import yaml

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506 - a SafeLoader, see there
    except RecursionError:
        raise _too_deep(thing, key) from None
    except (yaml.YAMLError, *_FROM_ODD_YAML) as error:
        first = str(error).partition("\n")[0]
        raise DataFormatError(
            thing=thing, key=key, reason=f"cannot be read: {first}; store it again with force=True"
        ) from error


def _loader() -> Any:
    """Return a safe loader that also knows tuples and paths, and whose merge keys cannot grow without bound."""
    import yaml

    from outline._session import tagged

    class Loader(yaml.SafeLoader):
        def flatten_mapping(self, node: Any) -> None:
            written = len(node.value)
            super().flatten_mapping(node)
            if len(node.value) > max(_MAX_MERGED, written):
                raise yaml.constructor.ConstructorError(
                    None, None, f"merges over {_MAX_MERGED:,} entries", node.start_mark
                )
            _retag_keys(node)

    def as_tuple(loader: Any, node: Any) -> tuple[Any, ...]:
        return tuple(loader.construct_sequence(node, deep=True))

    def as_path(loader: Any, name: str, node: Any) -> Any:
        kind = name.removeprefix("_local.")
        return tagged.path_of([kind, *loader.construct_sequence(node)])

    Loader.add_constructor(_TUPLE, as_tuple)
    Loader.add_multi_constructor(f"{_TAGS}{tagged.PATH_TAG}", as_path)
    return Loader
