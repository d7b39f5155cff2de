"""What is put into a session comes back exactly, and no part of it is ever taken for the whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outline._session.datafile import from_text, is_json, to_text
from outline.exception import DataFormatError

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


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_a_value_comes_back_and_any_yaml_reader_sees_it(value: Any) -> None:
    text = to_text("layer", "key", value)

    assert from_text("layer", "key", text) == value
    assert from_text("layer", "key", text.encode()) == value
    assert yaml.safe_load(text) == value
    assert text.endswith("\n")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.floats(0, 1, exclude_max=True))
def test_a_file_that_was_cut_off_is_an_error_or_still_whole(value: Any, where: float) -> None:
    text = to_text("layer", "key", value).encode()
    part = text[: int(len(text) * where)]

    try:
        found = from_text("layer", "key", part)
    except DataFormatError:
        return
    assert found == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_garbage_is_a_plain_value_or_the_one_error(text: Any) -> None:
    try:
        value = from_text("layer", "key", text)
    except DataFormatError:
        return
    assert is_json(value) or yaml.safe_dump(value)
