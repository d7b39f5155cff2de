"""What is put into a session comes back exactly or is refused at once, and no part of it is taken for the whole."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import pathlib
from typing import Any, NamedTuple

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from outline._session import tagged
from outline._session.datafile import from_text, is_json, to_text
from outline.exception import DataFormatError
from tests.budget import examples

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.dates(min_value=dt.date(1000, 1, 1))
    | st.binary(max_size=20)
)
KEYS = st.text(max_size=8) | st.integers() | st.booleans()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


class Colour(enum.IntEnum):
    """A number that is more than a number."""

    RED = 1


class Access(enum.IntFlag):
    """Bits with names."""

    READ = 1
    WRITE = 2


class Pass(enum.StrEnum):
    """A text that is more than a text."""

    BEAUTY = "beauty"


class Name(str):
    """A text that somebody made a class of, and that writes itself otherwise."""

    __slots__ = ()

    def __str__(self) -> str:
        return "other"


class Metres(float):
    """A number that somebody made a class of."""


class Frames(tuple[Any, ...]):
    """A tuple that somebody made a class of."""

    __slots__ = ()


class Loose(str):
    """A text with a comparison of its own."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class Hashed(str):
    """A text that no dict finds by the text it equals."""

    __slots__ = ()

    def __hash__(self) -> int:
        return 7


class Scalar:
    """A number as array libraries have them."""

    shape = ()

    def __init__(self, number: float) -> None:
        self.number = number

    def item(self) -> float:
        """Return Python's number."""
        return self.number

    def __eq__(self, other: object) -> bool:
        return self.number == other

    def __hash__(self) -> int:
        return hash(self.number)


class Size(NamedTuple):
    """Two values with names."""

    width: Any
    height: Any


MORE_THAN_PLAIN = st.sampled_from(
    [Colour.RED, Access.READ, Access.READ | Access.WRITE, Pass.BEAUTY, Name("x"), Metres(1.5)]
)
PATHS = st.builds(
    lambda kind, parts: kind(*parts),
    st.sampled_from([pathlib.Path, pathlib.PurePosixPath, pathlib.PureWindowsPath]),
    st.lists(
        st.sampled_from(["/", "C:\\", "..", "a b", "é", '"', "\udc80"]) | st.text(max_size=3),
        max_size=3,
    ),
)
LIKE_MARKS = st.sampled_from(
    [
        "NaN",
        "Infinity",
        "!!python/tuple [",
        '"!!python/tuple []',
        "[NaN, ",
        "\\",
        "PosixPath",
        "\n\n",
    ]
)
ODD_SCALARS = (
    SCALARS
    | st.floats()
    | st.text(st.characters(categories=["Cs", "Cc", "Zs"]), max_size=4)
    | st.sampled_from(
        ["on", "1e3", "null", "NaN", "Infinity", "1:30", "0x1F", "<<", "=", "~", "a: b", "- x"]
    )
    | st.sampled_from([1e16, 1e-7, 1j, frozenset({1}), Loose("x"), Hashed("x")])
    | MORE_THAN_PLAIN
    | PATHS
    | LIKE_MARKS
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.builds(Scalar, st.integers() | st.floats(allow_nan=False))
)
ODD_KEYS = st.recursive(
    KEYS
    | st.dates()
    | st.binary(max_size=3)
    | MORE_THAN_PLAIN
    | PATHS
    | LIKE_MARKS
    | st.just(Hashed("x"))
    | st.builds(Scalar, st.integers()),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.lists(inner, max_size=3).map(Frames)
        | st.builds(Size, inner, inner)
    ),
    max_leaves=4,
)


def _counter(counts: dict[Any, int]) -> collections.Counter[Any]:
    return collections.Counter(counts)


def _filled(items: dict[Any, Any]) -> collections.defaultdict[Any, Any]:
    return collections.defaultdict(list, items)


ODD_VALUES = st.recursive(
    ODD_SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.lists(inner, max_size=3).map(Frames)
        | st.builds(Size, inner, inner)
        | st.dictionaries(ODD_KEYS, inner, max_size=3)
        | st.sets(ODD_KEYS, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3).map(collections.OrderedDict)
        | st.dictionaries(ODD_KEYS, inner, max_size=3).map(_filled)
        | st.dictionaries(ODD_KEYS, st.integers(), max_size=3).map(_counter)
    ),
    max_leaves=8,
)
FAMILIES = (dict, tuple, list, set, bool, int, float, str, bytes, dt.datetime, dt.date, type(None))


def family(value: Any) -> type:
    """Return the type of Python's own that a value has to come back as."""
    if isinstance(value, pathlib.PurePath):
        return type(value)
    if isinstance(value, Scalar):
        return type(value.number)
    return next(kind for kind in FAMILIES if isinstance(value, kind))


def is_back(value: Any, found: Any) -> bool:
    """Tell whether a value is equal to what was found, part by part, and of its family."""
    if type(found) is not family(value):
        return False
    if isinstance(value, dict):
        keys = is_back(list(value), list(found))
        return keys and is_back(list(value.values()), list(found.values()))
    if isinstance(value, list | tuple):
        return len(value) == len(found) and all(map(is_back, value, found))
    if isinstance(value, set):
        pairs = [(each, other) for each in value for other in found if each == other]
        return len(pairs) == len(value) == len(found) and all(is_back(*pair) for pair in pairs)
    return bool(found == value) or (value != value and found != found)


@settings(max_examples=examples(600), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ODD_VALUES)
def test_a_value_of_any_kind_comes_back_or_is_refused_when_it_is_put(value: Any) -> None:
    try:
        text = to_text("layer", "key", value)
    except DataFormatError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert "layer: data 'key' holds" in refused
        assert "store" in refused
        return

    found = from_text("layer", "key", text.encode())

    assert is_back(value, found), (text, found)
    assert is_back(found, from_text("layer", "key", to_text("layer", "key", found)))
    assert is_back(found, yaml.unsafe_load(text)), "what stock PyOutline reads"


JSONABLE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | LIKE_MARKS
)
PLAIN_KEYS = st.recursive(
    JSONABLE | PATHS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4
)
TAGGED = st.recursive(
    JSONABLE | PATHS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=4) | LIKE_MARKS, inner, max_size=4)
        | st.dictionaries(PLAIN_KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=examples(600), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TAGGED)
def test_json_with_tags_gives_back_what_it_was_made_of(value: Any) -> None:
    assert is_back(value, tagged.from_text(tagged.to_text(value)))


@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_a_value_comes_back_and_any_yaml_reader_sees_it(value: Any) -> None:
    text = to_text("layer", "key", value)

    assert from_text("layer", "key", text) == value
    assert from_text("layer", "key", text.encode()) == value
    assert yaml.safe_load(text) == value
    assert text.endswith("\n")


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.floats(0, 1, exclude_max=True))
@example(b"\0" * 7, 0.4375)
@example(b"\0" * 200, 0.5)
def test_a_file_that_was_cut_off_is_an_error_or_still_whole(value: Any, where: float) -> None:
    text = to_text("layer", "key", value).encode()
    part = text[: int(len(text) * where)]

    try:
        found = from_text("layer", "key", part)
    except DataFormatError:
        return
    assert found == value


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_garbage_is_a_plain_value_or_the_one_error(text: Any) -> None:
    try:
        value = from_text("layer", "key", text)
    except DataFormatError:
        return
    assert is_json(value) or yaml.safe_dump(value)
