"""Python values that session data can hold, and the one place in a value that it cannot."""

from __future__ import annotations

import datetime as dt
import enum
import math
import os
import pathlib
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from outline._session import MAX_DEPTH, MOST_BITS
from outline._session.tagged import PATH_KINDS
from outline.exception import DataFormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_NUMBERS = (bool, int, float)
_FROM_ARRAYS = (*_NUMBERS, str, bytes)
_PLAIN = frozenset((*_NUMBERS, type(None), str, bytes, dt.date, dt.datetime))
_HELD = frozenset((list, tuple, dict, set))
_ORDERED = (list, tuple)
_PATHS = tuple(getattr(pathlib, name) for name in PATH_KINDS)
_HINT = "texts, numbers, lists and dicts, such as list(array) or vars(value)"

_PLAIN_OF: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (dict, dict),
    (tuple, tuple),
    (list, list),
    (set, set),
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    (bytes, lambda value: bytes(memoryview(value))),
    *((kind, lambda path, kind=kind: kind(pathlib.PurePath.__str__(path))) for kind in _PATHS),
)
"""How a value of a subclass becomes one of the class itself, whatever the subclass says of that."""
_EQUALS = frozenset(
    each.__eq__ for each in (*(kind for kind, _ in _PLAIN_OF), OrderedDict, Counter)
)
"""Comparisons by which a value and its plain form are equal both ways."""

_WAYS_OUT: tuple[tuple[type, str], ...] = (
    (enum.Enum, "value.value"),
    (dict, "dict(value)"),
    (os.PathLike, "str(value)"),
    (bytearray, "bytes(value)"),
    (memoryview, "bytes(value)"),
    (complex, "[value.real, value.imag]"),
    (dt.datetime, "value.isoformat()"),
    (dt.timedelta, "value.total_seconds()"),
    (dt.time, "value.isoformat()"),
    (Mapping, "dict(value)"),
    (AbstractSet, "set(value)"),
    (str, "str(value)"),
    (int, "int(value)"),
    (float, "float(value)"),
    (list, "list(value)"),
    (tuple, "tuple(value)"),
    (Iterator, "list(value)"),
    (Sequence, "list(value)"),
    (deque, "list(value)"),
)
"""What to store in place of a value; the first type that it is counts."""
_WAYS_OUT_BY_NAME = (
    ("fileno", "the file with put_file"),
    ("_asdict", "value._asdict()"),
    ("tolist", "value.tolist()"),
    ("__dataclass_fields__", "dataclasses.asdict(value)"),
)
"""The same for values that are known by what they have."""


class Checked:
    """A walk through one value that is to be stored.

    Args:
        thing: Whose data it is, for messages.
        key: Its name, for messages.
    """

    def __init__(self, thing: str, key: str) -> None:
        self._thing, self._key = thing, key
        self._inside: set[int] = set()

    def plain(self, value: Any, place: str = "") -> Any:
        """Return an equal value of which every part can be stored, as Python's own types.

        Raises:
            DataFormatError: A part cannot be stored; the message says which.
        """
        found = python_value(value)
        kind = type(found)
        if kind is int and found.bit_length() >= MOST_BITS:
            raise self._error(f"holds an endless number at {_shown(place)}; store hex(value)")
        if (kind in _PLAIN and not _has_odd_offset(found)) or kind in _PATHS:
            return found
        if kind not in _HELD:
            raise self._refused(value, place)
        if id(value) in self._inside:
            raise self._error(f"contains itself at {_shown(place)}")
        if len(self._inside) == MAX_DEPTH:
            raise self._error(f"nests too deep: over {MAX_DEPTH} levels")
        self._inside.add(id(value))
        found = self._parts(found, place)
        self._inside.discard(id(value))
        return found

    def _parts(self, value: Any, place: str) -> Any:
        if type(value) is dict:
            return {
                self._key_of(key, place): self.plain(item, f"{place}[{key!r}]")
                for key, item in value.items()
            }
        if type(value) is set:
            return {self._key_of(item, place) for item in value}
        return type(value)(self.plain(item, f"{place}[{n}]") for n, item in enumerate(value))

    def _key_of(self, key: Any, place: str) -> Any:
        """Return a key of a dict or an element of a set, which has to be found as before."""
        inner = f"{place}, key {short(key)}"
        found = self.plain(key, inner)
        if hash(found) != hash(key):
            raise self._refused(key, inner)
        return found

    def same(self, value: Any, back: Any, place: str = "") -> None:
        """Check that what is read back is what was stored, by value and by type.

        Raises:
            DataFormatError: It is not; the message says where.
        """
        if type(value) in _ORDERED and type(back) is type(value) and len(back) == len(value):
            for n, (item, other) in enumerate(zip(value, back, strict=True)):
                self.same(item, other, f"{place}[{n}]")
        elif type(value) is dict and type(back) is dict and len(back) == len(value):
            self._same_items(value, back, place)
        elif not is_key(value, back):
            raise self._changed(value, back, place)

    def _same_items(self, value: dict[Any, Any], back: dict[Any, Any], place: str) -> None:
        for (key, item), (other_key, other) in zip(value.items(), back.items(), strict=True):
            if not is_key(key, other_key):
                raise self._changed(key, other_key, place)
            self.same(item, other, f"{place}[{key!r}]")

    def _changed(self, value: Any, back: Any, place: str) -> DataFormatError:
        return self._error(
            f"holds {short(value)} at {_shown(place)}, which YAML gives back as {short(back)}; store it as text"
        )

    def _refused(self, value: Any, place: str) -> DataFormatError:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        where = f" at {_shown(place)}" if place else ""
        return self._error(
            f"holds a {kind}{where}, which YAML cannot express; store {way_out(value)}"
        )

    def _error(self, reason: str) -> DataFormatError:
        return DataFormatError(thing=self._thing, key=self._key, reason=reason)


def _has_odd_offset(value: Any) -> bool:
    """Tell whether a time is so many seconds away from UTC; YAML has hours and minutes."""
    offset = value.utcoffset() if type(value) is dt.datetime else None
    return offset is not None and offset % dt.timedelta(minutes=1) != dt.timedelta()


def python_value(value: Any) -> Any:
    """Return what Python has of its own that equals a value, not looking inside; any other value as it is."""
    kind = type(value)
    if kind in _PLAIN or kind in _HELD or kind in _PATHS:
        return value
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return _of_array(value)
    if kind.__eq__ not in _EQUALS:
        return value
    plain = next(plain(value) for base, plain in _PLAIN_OF if isinstance(value, base))
    return plain if plain == value else value


def _of_array(value: Any) -> Any:
    """Return the Python value that a scalar of an array library equals, any other value as it is."""
    found = value.item()
    if type(found) not in _FROM_ARRAYS:
        return value
    try:
        return found if found == value or found != found else value
    except TypeError:  # raw bytes of NumPy's compare with nothing else
        return value


def as_lists(value: Any, *, odd_keys: bool = False) -> Any:
    """Return a value as JSON's kinds, which lose what it was: tuples as lists, paths as texts.

    Args:
        value: Of what `Checked` lets pass.
        odd_keys: Make lists of dicts whose keys are no texts; else they stay, as do all other kinds.
    """

    def listed(value: Any) -> Any:
        kind = type(value)
        if kind in _ORDERED:
            return list(map(listed, value))
        if kind is not dict:
            return str(value) if kind in _PATHS else value
        if odd_keys and not all(type(key) is str for key in value):
            return [[listed(key), listed(item)] for key, item in value.items()]
        return {key: listed(item) for key, item in value.items()}

    return listed(value)


def lost_tuples(before: Any, now: Any) -> bool:
    """Tell whether two values are the same, but that the one before has lists where the other has tuples."""
    if type(now) in _ORDERED and type(before) is list:
        return len(now) == len(before) and all(map(lost_tuples, before, now))
    if type(now) is dict and type(before) is dict:
        return now.keys() == before.keys() and all(
            lost_tuples(before[key], now[key]) for key in now
        )
    return bool(before == now)


def is_key(value: Any, back: Any) -> bool:
    """Tell whether two keys or plain values are the same and of the same type."""
    if type(value) is not type(back):
        return False
    if isinstance(value, _ORDERED):
        return len(value) == len(back) and all(map(is_key, value, back))
    if isinstance(value, set):
        return _typed(value) == _typed(back)
    return bool(value == back) or (isinstance(value, float) and math.isnan(value + back))


def _typed(values: Iterable[Any]) -> set[tuple[str, str]]:
    """Return elements with their types, as 1 and True are equal."""
    return {(type(each).__name__, repr(each)) for each in values}


def way_out(value: Any) -> str:
    """Return what to store in place of a value that cannot be stored."""
    if getattr(value, "shape", None) == ():
        return "str(value)"
    for name, instead in _WAYS_OUT_BY_NAME:
        if hasattr(value, name):
            return instead
    found = (instead for kind, instead in _WAYS_OUT if isinstance(value, kind))
    return next(found, _HINT)


def short(value: Any) -> str:
    """Return a value in at most 80 characters, for messages."""
    try:
        text = repr(value)
    except ValueError:  # a number in it has more digits than Python writes
        return f"a {type(value).__qualname__}"
    return text if len(text) <= 80 else text[:77] + "..."


def _shown(place: str) -> str:
    """Return a place inside a value as the reader would write it."""
    return f"value{place}"
