"""What put_data keeps of tuples, paths and classes of Python's own types, also of other versions' sessions."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import re
import signal
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

import pytest
import yaml
from tests.unit.outline.conftest import data_file

from outline import Layer
from outline.exception import DataExistsError, DataFormatError
from outline.util import FrameSet


class Size(NamedTuple):
    width: Any
    height: Any


class Pass(enum.StrEnum):
    BEAUTY = "beauty"


def filled(items: dict[str, Any]) -> collections.defaultdict[str, Any]:
    return collections.defaultdict(list, items)


TAGGED = [
    (1920, 1080),
    (),
    ((),),
    {"size": (1920, 1080), "tiles": [((0, 1), "a"), {"x": (1,)}]},
    {"!!python/tuple [": ("NaN", '"!!python/tuple []', "\\", "Infinity]")},
    ("\ud800", float("inf"), dt.date(2025, 1, 29)),
    Path("/shots/sh010"),
    [PurePosixPath("."), PureWindowsPath("C:\\shots"), {"p": (Path("a b"),)}],
    {Path("/x"): 1, (Path("/y"), 2): "b"},
    Path("/\udc80"),
]


@pytest.mark.parametrize("value", TAGGED, ids=lambda value: repr(value)[:40])
def test_tuples_and_paths_come_back_as_what_they_were(layer: Layer, value: Any) -> None:
    layer.put_data("key", value)
    layer.put_data("key", value)

    assert layer.get_data("key") == value
    assert type(layer.get_data("key")) is type(value)
    assert yaml.unsafe_load(data_file(layer, "key").read_bytes()) == value, (
        "stock PyOutline reads it"
    )


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (Size(1, (2,)), (1, (2,))),
        (collections.OrderedDict(b=1, a=Size(1, 2)), {"b": 1, "a": (1, 2)}),
        (filled({"a": [1]}), {"a": [1]}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        ({signal.SIGINT: [Pass.BEAUTY]}, {2: ["beauty"]}),
        ({(Pass.BEAUTY, 1): re.IGNORECASE}, {("beauty", 1): 2}),
        (FrameSet("1-3"), (1, 2, 3)),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_more_than_pythons_own_comes_back_as_what_it_equals(
    layer: Layer, value: Any, back: Any
) -> None:
    layer.put_data("key", value)

    assert layer.get_data("key") == back == value
    assert repr(layer.get_data("key")) == repr(back)


@pytest.mark.parametrize(
    "value",
    [
        {f"k{number}": (number, "x", Path("/x")) for number in range(20_000)},
        {(number, 1): "x" for number in range(20_000)},
        {number: (number,) for number in range(20_000)},
    ],
    ids=["tuples", "keys", "numbers"],
)
def test_many_tuples_are_read_without_the_yaml_reader(
    layer: Layer, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)

    layer.put_data("key", value)

    assert layer.get_data("key") == value


def test_a_retried_frame_brings_tuples_back_that_earlier_versions_stored_as_lists(
    layer: Layer,
) -> None:
    layer.put_data("key", 1)
    for text in ('{"size": [1920, 1080], "names": ["a"]}\n', "{size: [1920, 1080], names: [a]}\n"):
        data_file(layer, "key").write_text(text)

        layer.put_data("key", {"size": (1920, 1080), "names": ["a"]})

        assert layer.get_data("key") == {"size": (1920, 1080), "names": ["a"]}


@pytest.mark.parametrize("now", [(1920, 1081), [1920, 1080, 1], {1920, 1080}, Path("/x")], ids=repr)
def test_another_value_than_an_earlier_version_stored_is_refused(layer: Layer, now: Any) -> None:
    layer.put_data("key", 1)
    data_file(layer, "key").write_text('{"size": [1920, 1080], "path": "/x"}\n')

    with pytest.raises(DataExistsError):
        layer.put_data("key", {"size": now, "path": "/x"})
    with pytest.raises(DataExistsError):
        layer.put_data("key", {"size": [1920, 1080], "path": Path("/x")})


def test_a_list_is_no_tuple_and_a_text_no_path(layer: Layer) -> None:
    for key, before, now in (
        ("list", [1, 2], (1, 2)),
        ("tuple", (1, 2), [1, 2]),
        ("path", Path("/x"), "/x"),
        ("text", "/x", Path("/x")),
    ):
        layer.put_data(key, before)
        with pytest.raises(DataExistsError):
            layer.put_data(key, now)
        assert layer.get_data(key) == before


@pytest.mark.parametrize(
    "text",
    [
        "!!python/tuple\n- 1920\n- !!python/tuple [1, 2]\n",
        "!!python/tuple [1920, !!python/tuple [1, 2]]\n",
        "!!python/tuple [1920, !!python/tuple [1, 2,],]\n",
    ],
    ids=["block", "flow", "commas"],
)
def test_tuples_that_stock_wrote_are_tuples(layer: Layer, text: str) -> None:
    layer.put_data("key", 1)
    data_file(layer, "key").write_text(text)

    assert layer.get_data("key") == (1920, (1, 2))


def test_paths_that_stock_wrote_are_paths(layer: Layer) -> None:
    layer.put_data("key", 1)
    for module in ("pathlib", "pathlib._local"):
        text = f"- !!python/object/apply:{module}.PosixPath\n  - /\n  - shots\n"
        data_file(layer, "key").write_text(text)
        assert layer.get_data("key") == [Path("/shots")]


def test_a_path_of_another_platform_is_refused_by_name(layer: Layer) -> None:
    layer.put_data("key", 1)
    data_file(layer, "key").write_text('!!python/object/apply:pathlib.WindowsPath ["C:"]\n')

    with pytest.raises(DataFormatError, match="a WindowsPath cannot be on this platform"):
        layer.get_data("key")
