from __future__ import annotations

import contextlib
import datetime as dt
import enum
import io
import json
import os
import pickle
import socket
import stat
import time
import tracemalloc
import types
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.outline.conftest import data_file

from outline import Layer, Outline, SessionException, load_outline
from outline._session.datafile import MAX_YAML_BYTES, is_json, to_text
from outline.exception import (
    DataExistsError,
    DataFormatError,
    DataNotFoundError,
    FileExistsInSessionError,
    FileNotStoredError,
    FileSourceError,
    NoSessionError,
    ScriptError,
    UnsafeNameError,
)
from outline.session import stored_layers

VALUES: list[Any] = [
    None,
    True,
    0,
    -3,
    10**30,
    1.5,
    1e16,
    1.5e-300,
    "",
    "text",
    "yes",
    "1.5",
    "null",
    "a: b",
    "tab\tnewline\ncr\rbell\x07nul\x00del\x7f",
    "snow ☃ clef 𝄞 bom \ufeff line\u2028sep nel\x85",
    [],
    {},
    [1, [2, {"x": [None]}]],
    {"resolution": [1920, 1080], "samples": 256, "engine": "arnold", "aovs": ["beauty"]},
    {"k" * 300: 1},
    {1: "one", 2.5: "two", None: "three", False: "four"},
    dt.date(2025, 1, 29),
    b"bytes\x00",
    {"a"},
    float("inf"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_what_is_stored_comes_back_and_is_yaml(layer: Layer, value: Any) -> None:
    layer.put_data("key", value)

    assert layer.get_data("key") == value
    assert type(layer.get_data("key")) is type(value)
    assert yaml.safe_load(data_file(layer, "key").read_bytes()) == value


@pytest.mark.parametrize(
    "value",
    [
        {(0, 1): "a"},
        {(0, 0), (0, (1, "x"))},
        {"tiles": {(0, 0): 1}},
        [{(1,): 2}],
        ["NaN", 1e16],
        {1: "number", "1": "text"},
    ],
    ids=repr,
)
def test_tuples_stay_tuples_in_keys_and_sets(layer: Layer, value: Any) -> None:
    layer.put_data("key", value)

    assert layer.get_data("key") == value
    assert yaml.unsafe_load(data_file(layer, "key").read_bytes()) == value, (
        "stock PyOutline reads it"
    )


def test_data_of_versions_that_wrote_lists_as_keys_can_be_read(layer: Layer) -> None:
    layer.put_data("key", 1)
    data_file(layer, "key").write_text("{? [0, 1] : a}\n")

    assert layer.get_data("key") == {(0, 1): "a"}


class Odd:
    pass


class Kind(enum.Enum):
    PROXY = 1


class Files(type(Path())):  # type: ignore[misc]
    """Paths with a comparison of their own."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class Loose(dict[str, int]):
    """A dict with a comparison of its own."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


class Hashed(str):
    """A text that no dict finds by the text it equals."""

    __slots__ = ()

    def __hash__(self) -> int:
        return 7


class RawBytes:
    """A scalar of an array library that compares with nothing."""

    __hash__ = None  # type: ignore[assignment]
    shape = ()

    def item(self) -> bytes:
        return b"a"

    def __eq__(self, other: object) -> bool:
        raise TypeError("cannot compare")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": [1, Files("/x")]}, r"Files at value\['a'\]\[1\], .*store str\("),
        ({"n": Loose()}, r"Loose at value\['n'\], .*store dict\(value\)"),
        (
            {"n": [(1, {Hashed("x"): 1})]},
            r"Hashed at value\['n'\]\[0\]\[1\], key 'x', .*store str\(",
        ),
        ([RawBytes()], r"RawBytes at value\[0\], .*store str\(value\)"),
        ([dt.timedelta(1)], r"timedelta at value\[0\], .*store value.total_seconds\(\)"),
        ({"x": 10**5000}, r"endless number at value\['x'\]; store hex"),
        ({Kind.PROXY: 1}, r"Kind at value, key .*store value.value"),
        ([iter([1])], r"list_iterator at value\[0\], .*store list\(value\)"),
        ("\ud83d\ude00", "YAML gives back as"),
        (
            dt.datetime(2020, 1, 1, tzinfo=dt.timezone(dt.timedelta(seconds=30))),
            r"store value.isoformat\(\)",
        ),
    ],
    ids=[
        "path",
        "dict",
        "hash",
        "raw",
        "delta",
        "digits",
        "enum",
        "iterator",
        "surrogates",
        "offset",
    ],
)
def test_what_is_refused_is_named_with_its_place_and_what_to_store(
    layer: Layer, value: Any, told: str
) -> None:
    with pytest.raises(DataFormatError, match=f"data 'key' holds .*{told}"):
        layer.put_data("key", value)
    assert not data_file(layer, "key").exists()


@pytest.mark.parametrize("number", [7, 1.5, True, float("inf"), "text", b"bytes"])
def test_scalars_of_array_libraries_come_back_as_pythons(layer: Layer, number: Any) -> None:
    equal = {"__eq__": lambda _, other: other == number}
    scalar = type("Scalar", (types.SimpleNamespace,), equal)(shape=(), item=lambda: number)

    layer.put_data("key", [scalar])

    assert layer.get_data("key") == [number]
    assert type(layer.get_data("key")[0]) is type(number)


def test_arrays_are_refused_with_the_way_out(layer: Layer) -> None:
    array = types.SimpleNamespace(shape=(1,), item=lambda: 1, tolist=lambda: [1])

    with pytest.raises(DataFormatError, match=r"store value.tolist\(\)"):
        layer.put_data("key", array)


def test_an_open_file_is_refused(layer: Layer, tmp_path: Path) -> None:
    with (
        (tmp_path / "file").open("w") as stream,
        pytest.raises(DataFormatError, match="store the file with put_file"),
    ):
        layer.put_data("key", {"log": stream})


def test_a_tag_whose_text_is_none_of_its_kind_is_the_one_error(layer: Layer) -> None:
    layer.put_data("key", 1)
    for text in ("!!timestamp x\n", "!!bool x\n", "!!int ''\n", "!!float x\n"):
        data_file(layer, "key").write_text(text)
        with pytest.raises(DataFormatError, match="cannot be read"):
            layer.get_data("key")


def test_a_retried_frame_may_store_the_same_but_nothing_else(layer: Layer) -> None:
    layer.put_data("key", {"a": 1, "b": [2]})
    layer.put_data("key", {"b": [2], "a": 1})

    with pytest.raises(DataExistsError, match=r"already holds \{'a': 1, 'b': \[2\]\}, not 'other'"):
        layer.put_data("key", "other")
    assert layer.get_data("key") == {"a": 1, "b": [2]}
    layer.put_data("key", "other", force=True)
    assert layer.get_data("key") == "other"


def test_the_same_holds_before_setup() -> None:
    layer = Layer("render")
    layer.put_data("key", 1)
    layer.put_data("key", 1)
    with pytest.raises(DataExistsError):
        layer.put_data("key", 2)
    layer.put_data("key", 2, force=True)
    assert layer.get_data("key") == 2


def test_what_was_remembered_is_the_value_at_that_time() -> None:
    layer, value = Layer("render"), [1]
    layer.put_data("key", value)
    value.append(2)
    assert layer.get_data("key") == [1]


@pytest.mark.parametrize(
    "value",
    [Odd(), frozenset({1}), [1, {"a": Odd()}], 1j, print],
    ids=["object", "frozenset", "nested", "complex", "function"],
)
def test_what_yaml_cannot_express_is_refused_by_type(layer: Layer, value: Any) -> None:
    with pytest.raises(DataFormatError, match="which YAML cannot express"):
        layer.put_data("key", value)
    assert not data_file(layer, "key").exists()


def test_values_that_contain_themselves_or_are_huge_are_refused(layer: Layer) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(DataFormatError, match="contains itself"):
        layer.put_data("key", loop)
    with pytest.raises(DataFormatError, match="store it as a file"):
        layer.put_data("key", {1: b"x" * (MAX_YAML_BYTES + 1)})


def test_json_is_used_exactly_where_it_gives_the_value_back() -> None:
    assert to_text("layer", "key", {"a": [1, 2.5, None]}) == '{"a": [1, 2.5, null]}\n\n'
    assert not is_json((1,))
    assert not is_json({1: 2})
    assert not is_json(float("nan"))


def test_an_absent_key_names_what_is_there(layer: Layer) -> None:
    with pytest.raises(
        DataNotFoundError, match="layer 'render' has no data 'key'; stored: nothing"
    ):
        layer.get_data("key")
    for index in range(10):
        layer.put_data(f"key{index}", index)
    with pytest.raises(DataNotFoundError, match=r"stored: key0, key1, .*key7, ..."):
        layer.get_data("key")
    with pytest.raises(DataNotFoundError, match="outline 'a-job' has no data"):
        layer.get_outline().get_data("key")


def test_another_frames_layer_sees_it(layer: Layer) -> None:
    layer.put_data("output_1", {"path": "x"})

    assert layer.get_outline().get_layer("render").get_data("output_1") == {"path": "x"}


BAD_NAMES = [
    "../x",
    "/etc/x",
    "a/b",
    "",
    ".",
    "..",
    "a\0b",
    "a\nb",
    "x" * 300,
    "-rf",
    "é" * 150,
    3,
    ".cuelet-x",
]


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: repr(name)[:20])
def test_names_that_leave_the_directory_are_refused(
    layer: Layer, tmp_path: Path, name: Any
) -> None:
    source = tmp_path / "scene.ma"
    source.write_text("x")
    before = sorted(tmp_path.rglob("*"))

    for call in (
        lambda: layer.put_data(name, 1),
        lambda: layer.get_data(name),
        lambda: layer.get_file(name),
        lambda: layer.get_file(name, new=True),
        lambda: Layer("other").put_data(name, 1),
    ):
        with pytest.raises(UnsafeNameError, match="use a plain file name"):
            call()
    if name != "":  # no new name at all
        for put in (layer.put_file, layer.sym_file, Layer("other").put_file):
            with pytest.raises(UnsafeNameError):
                put(source, rename=name)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_sessions_own_files_cannot_be_replaced(layer: Layer, tmp_path: Path) -> None:
    source = tmp_path / "scene.ma"
    source.write_text("x")
    with pytest.raises(SessionException, match="used by the session itself"):
        layer.put_file(source, rename="data")
    for name in ("layers.pack", "layers", "outline.yaml", "launch.json"):
        with pytest.raises(SessionException, match="used by the session itself"):
            layer.get_outline().put_file(source, rename=name)


def test_planted_symlinks_divert_nothing(layer: Layer, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    secret = outside / "secret.yaml"
    secret.write_text("1")
    data = Path(layer.get_path()) / "data"
    data.mkdir()
    (data / "key.yaml").symlink_to(secret)
    (data / "new.yaml").symlink_to(outside / "made.yaml")

    with pytest.raises(SessionException):
        layer.get_data("key")
    with pytest.raises(SessionException):
        layer.put_data("new", 2)
    layer.put_data("key", 2, force=True)
    assert secret.read_text() == "1"
    assert layer.get_data("key") == 2
    data.rename(data.with_name("moved"))
    data.symlink_to(outside)
    for call in (lambda: layer.put_data("more", 1), lambda: layer.get_data("secret")):
        with pytest.raises(SessionException):
            call()
    assert sorted(outside.iterdir()) == [secret]


def test_files_and_directories_are_for_the_user_alone(layer: Layer, tmp_path: Path) -> None:
    source = tmp_path / "tool.sh"
    source.write_text("#!/bin/sh\n")
    source.chmod(0o755)
    put = layer.put_file(source)
    assert put is not None
    layer.put_data("key", 1)

    assert stat.S_IMODE(os.stat(put).st_mode) == 0o700
    assert stat.S_IMODE(data_file(layer, "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(data_file(layer, "key").parent.stat().st_mode) == 0o700


def test_files_are_copied_linked_and_found(layer: Layer, tmp_path: Path) -> None:
    source = tmp_path / "scene.ma"
    source.write_text("one")
    assert layer.put_file(source) == layer.get_file("scene.ma")
    source.write_text("two")
    layer.put_file(source, rename="main")
    layer.sym_file(str(source), rename="link")

    assert Path(layer.get_file("scene.ma")).read_text() == "one"
    assert Path(layer.get_file("main")).read_text() == "two"
    assert os.readlink(layer.get_file("link")) == str(source)
    with pytest.raises(FileNotStoredError, match="pass check=False"):
        layer.get_file("nothing")
    assert layer.get_file("nothing", check=False).endswith("/layers/render/nothing")
    assert os.path.isdir(os.path.dirname(layer.get_file("nothing", new=True)))
    with pytest.raises(FileExistsInSessionError):
        layer.get_file("main", new=True)
    with pytest.raises(FileSourceError, match="there is no such file"):
        layer.put_file("/no/such/file")
    with pytest.raises(FileSourceError):
        layer.put_file(tmp_path)


def test_a_link_that_leads_nowhere_here_is_mapped(layer: Layer, tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    for folder in (there, here):
        folder.mkdir()
        (folder / "cache.abc").write_text("x")
    layer.sym_file(there / "cache.abc")
    (there / "cache.abc").unlink()
    with pytest.raises(FileNotStoredError):
        layer.get_file("cache.abc")

    os.environ["CUELET_PATH_MAP"] = json.dumps({str(there): str(here)})

    assert layer.get_file("cache.abc") == str(here / "cache.abc")


def test_nothing_temporary_stays(layer: Layer) -> None:
    for force in (True, True, False):
        layer.put_data("key", 1, force=force)

    assert os.listdir(data_file(layer, "key").parent) == ["key.yaml"]


HOSTILE = [
    "!!python/object/apply:os.system ['touch {marker}']",
    "!!python/object/new:os.system ['touch {marker}']",
    "!!python/name:os.system",
    "!!python/module:os",
    "- !!python/object/apply:subprocess.check_output [[touch, {marker}]]",
    "? !!python/tuple [1]\n: 2",
    "[" * 100_000,
    "{a: " * 5_000,
    "- " * 5_000,
    "a: &a [x]\nb: &b [*a, *a]\n<<: [[",
    "\x00",
    "a: [unclosed",
    "\ufffe",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_hostile_data_is_refused_quickly_and_runs_nothing(
    layer: Layer, tmp_path: Path, text: str
) -> None:
    layer.put_data("key", 1)
    marker = tmp_path / "marker"
    data_file(layer, "key").write_text(text.replace("{marker}", str(marker)))
    started = time.monotonic()

    with pytest.raises(SessionException, match="layer 'render': data 'key'"):
        layer.get_data("key")

    assert time.monotonic() - started < 1.5
    assert not marker.exists()


ALIASES = "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'lol'}]\n" for i in range(12)
)
MERGES = "m0: &m0 {x: 1}\n" + "".join(
    f"m{i}: &m{i}\n  <<: [{', '.join([f'*m{i - 1}'] * 9)}]\n  k{i}: 1\n" for i in range(1, 12)
)


@pytest.mark.parametrize("text", [ALIASES, MERGES], ids=["aliases", "merges"])
def test_alias_bombs_do_not_explode(layer: Layer, text: str) -> None:
    layer.put_data("key", 1)
    data_file(layer, "key").write_text(text)
    started = time.monotonic()
    tracemalloc.start()

    # Some versions of PyYAML merge without growing: then there is nothing to refuse.
    with contextlib.suppress(DataFormatError):
        loaded = layer.get_data("key")
        assert len(pickle.dumps(loaded)) < 100_000, "what is shared counts once"

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 128 << 20, "the buffer for the largest text there may be is half of it"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("kind", [str, int], ids=["json", "yaml"])
def test_a_large_mapping_without_merges_comes_back(layer: Layer, kind: type) -> None:
    value = {kind(number): number for number in range(20_000)}
    layer.put_data("key", value)
    assert layer.get_data("key") == value


def test_merges_that_grow_are_refused(layer: Layer) -> None:
    many = ", ".join(f"k{i}: 1" for i in range(10_001))
    layer.put_data("key", 1)
    data_file(layer, "key").write_text(f"a: &a {{{many}}}\nb:\n  <<: *a\n")

    with pytest.raises(DataFormatError, match="'key' cannot be read: .*merges over"):
        layer.get_data("key")


def test_ten_megabytes_are_read_quickly_or_refused(layer: Layer) -> None:
    layer.put_data("key", 1)
    data_file(layer, "key").write_text("a: " + "x" * 10_000_000)
    with pytest.raises(DataFormatError, match="over the limit"):
        layer.get_data("key")
    with open(data_file(layer, "key"), "r+b") as stream:
        stream.truncate(100 << 20)
    with pytest.raises(DataFormatError, match="over the limit"):
        layer.get_data("key")


def test_truncated_data_is_a_clear_error(layer: Layer) -> None:
    layer.put_data("key", {"a": [1, 2, 3]})
    path = data_file(layer, "key")
    path.write_bytes(path.read_bytes()[:7])

    with pytest.raises(DataFormatError, match=r"cannot be read.*force=True"):
        layer.get_data("key")
    with pytest.raises(SessionException):
        layer.put_data("key", {"a": 1})
    layer.put_data("key", {"a": 1}, force=True)
    assert layer.get_data("key") == {"a": 1}


def test_a_session_that_cannot_be_made_says_where(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    os.environ["OUTLINE_OUTLINE_SESSION_DIR"] = str(blocker / "sessions")
    ol = Outline("a-job")
    ol.add_layer(Layer("render"))

    with pytest.raises(NoSessionError, match=r"set session_dir in outline.cfg"):
        ol.setup()

    assert ol.find_session() is None


def test_the_session_directory_knows_show_and_shot(tmp_path: Path) -> None:
    os.environ["OUTLINE_OUTLINE_SESSION_DIR"] = str(tmp_path / "{SHOW}" / "{SHOT}")
    ol = Outline("a-job")
    ol.add_layer(Layer("render"))

    ol.setup()

    assert (
        ol.get_session()
        .get_path()
        .startswith(str(tmp_path / "demo" / "shot010" / "demo-shot010-kim_a-job"))
    )


def test_the_layers_of_a_session_are_told_without_loading_it(layer: Layer, tmp_path: Path) -> None:
    folder = layer.get_outline().get_session().get_path()
    assert stored_layers(folder) == ["render"]

    (tmp_path / "outline.yaml").write_text('{"version": 2}')
    with pytest.raises(NoSessionError, match="names no layers"):
        stored_layers(str(tmp_path))
    with pytest.raises(NoSessionError, match="No such file"):
        stored_layers(str(tmp_path / "none"))


def odd_files(folder: Path) -> dict[str, Path]:
    """Return files that are no plain ones."""
    os.mkfifo(folder / "pipe")
    (folder / "linked").symlink_to("pipe")
    socket.socket(socket.AF_UNIX).bind(str(folder / "socket"))
    (folder / "folder").mkdir()
    names = ("pipe", "linked", "socket", "folder")
    return {name: folder / name for name in names} | {"device": Path("/dev/zero")}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("is_staged", [False, True], ids=["after setup", "before setup"])
def test_what_is_no_plain_file_is_refused_at_once(
    layer: Layer, tmp_path: Path, is_staged: bool
) -> None:
    store = Layer("other") if is_staged else layer
    told = {"pipe": "named pipe", "linked": "named pipe", "folder": "directory.*sym_file"}
    for name, path in odd_files(tmp_path).items():
        with pytest.raises(FileSourceError, match=f"it is a {told.get(name, name)}"):
            store.put_file(path, rename="stored")
        if name != "folder":
            with pytest.raises(FileSourceError, match=f"it is a {told.get(name, name)}"):
                store.sym_file(path, rename="stored")
    assert store.sym_file(tmp_path / "folder") is not None or is_staged


def test_a_pipe_in_the_session_is_not_handed_out(layer: Layer) -> None:
    os.mkfifo(Path(layer.get_path()) / "planted")

    with pytest.raises(FileSourceError, match="it is a named pipe; remove it"):
        layer.get_file("planted")
    assert layer.get_file("planted", check=False), "who asks for no check gets the path"


def test_a_file_that_somebody_writes_to_is_not_stored_half(
    layer: Layer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "cache.abc"
    source.write_bytes(b"x" * 3000)

    class Growing(io.FileIO):
        """A file that grows with every look at it."""

        def read(self, size: int = -1) -> bytes:
            with source.open("ab") as other:
                other.write(b"y" * 1000)
            return super().read(size)

    monkeypatch.setattr("outline.jobspec.plainfile.open_plain", lambda path: Growing(path, "rb"))
    with pytest.raises(FileSourceError, match="changed while it was copied"):
        layer.put_file(source)
    assert not (Path(layer.get_path()) / "cache.abc").exists()


def test_a_script_that_is_a_pipe_is_no_script(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "job.outline")

    with pytest.raises(ScriptError, match="it is a named pipe, no plain file"):
        load_outline(str(tmp_path / "job.outline"))


def test_a_session_of_somebody_else_is_there_but_not_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, look = str(tmp_path / "outline.yaml"), os.stat

    def closed(path: Any, **how: Any) -> os.stat_result:
        if path == there:
            raise PermissionError(13, "Permission denied", path)
        return look(path, **how)

    monkeypatch.setattr(os, "stat", closed)
    with pytest.raises(ScriptError, match="may not enter .* session_group"):
        load_outline(str(tmp_path / "outline.yaml"))
