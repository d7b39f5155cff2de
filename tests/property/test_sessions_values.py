"""What is put into a session comes back exactly or is refused at once, and no part of it is taken for the whole."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import pathlib
from typing import Any, NamedTuple

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outline._session.datafile import from_text, is_json, to_text
from outline._session.values import Checked
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


ODD_SCALARS = (
    SCALARS
    | st.floats()
    | st.text(st.characters(categories=["Cs", "Cc", "Zs"]), max_size=4)
    | st.sampled_from(
        ["on", "1e3", "null", "NaN", "Infinity", "1:30", "0x1F", "<<", "=", "~", "a: b", "- x"]
    )
    | st.sampled_from([1e16, 1e-7, Colour.RED, 1j, pathlib.Path("/x"), frozenset({1})])
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.builds(Scalar, st.integers() | st.floats(allow_nan=False))
)
ODD_KEYS = st.recursive(
    KEYS | st.dates() | st.binary(max_size=3) | st.just(Colour.RED),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
ODD_VALUES = st.recursive(
    ODD_SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(ODD_KEYS, inner, max_size=3)
        | st.sets(ODD_KEYS, max_size=3)
        | st.builds(Size, inner, inner)
        | st.dictionaries(KEYS, inner, max_size=3).map(collections.OrderedDict)
    ),
    max_leaves=8,
)


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

    checked = Checked("layer", "key")
    checked.same(checked.plain(value), found)  # by value and type, tuples outside of keys as lists
    checked.same(found, from_text("layer", "key", to_text("layer", "key", found)))


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
