"""Sessions under load and under attack: many processes at once, kill -9, planted links, hostile YAML."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import outline
from outline import Layer, Outline, SessionException
from outline.exception import DataFormatError, OutlineException
from outline.loader import load_outline
from outline.modules.shell import Shell
from outline.session import Session
from tests.conftest import SRC
from tests.private_copy import private_copy

STOCK = Path(__file__).parent.parent / "compat" / "stock_1_37_session"


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("OUTLINE_", "OL_", "CUE")):
            monkeypatch.delenv(name)
    for name, value in {"HOME": tmp_path, "SHOW": "demo", "SHOT": "sh010", "USER": "kim"}.items():
        monkeypatch.setenv(name, str(value))
    outline.config.reload()
    yield
    outline.config.reload()
    Outline.current = None


@pytest.fixture
def layer() -> Layer:
    ol = Outline("a-job")
    found = Shell("render", command=["/bin/true"], range="1-4")
    ol.add_layer(found)
    ol.setup()
    return found


def session_path(layer: Layer) -> Path:
    return Path(layer.get_session().get_path())


def python(code: str, *args: str, given: str = "") -> Any:
    """Run code that prints one line of JSON; ``layer()`` in it loads a layer of the session named first."""
    head = (
        "import json, os, random, signal, sys, time\n"
        "import yaml\n"
        "from outline.exception import SessionException, DataExistsError\n"
        "from outline.loader import load_outline\n"
        "def layer(): return load_outline(sys.argv[1]).get_layer('render')\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            head + textwrap.dedent(code),
            *args,
        ],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        input=given,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# -- R10: at once ---------------------------------------------------------------------------------

RACE = """
count, same = 64, sys.argv[2] == "same"
found = layer()
ready, go = os.pipe(), os.pipe()
children = []
for number in range(count):
    pid = os.fork()
    if pid == 0:
        os.close(go[1])
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        try:
            found.put_data("key", {"winner": 0 if same else number, "fill": ["x"] * 500})
            os._exit(0)
        except DataExistsError:
            os._exit(1)
        except BaseException:
            os._exit(2)
    children.append(pid)
left = count
while left:
    left -= len(os.read(ready[0], left))
os.close(go[1])
statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
print(json.dumps([statuses, found.get_data("key")["winner"]]))
"""


def test_of_64_processes_one_wins_and_the_others_are_told(layer: Layer) -> None:
    statuses, winner = python(RACE, str(session_path(layer)), "different")

    assert sorted(statuses) == [0] + [1] * 63
    assert statuses[winner] == 0
    assert os.listdir(session_path(layer) / "layers" / "render" / "data") == ["key.yaml"]


def test_64_processes_may_store_the_same(layer: Layer) -> None:
    statuses, _ = python(RACE, str(session_path(layer)), "same")

    assert statuses == [0] * 64


OVERWRITE = """
found, reads = layer(), 2500
found.put_data("key", {"n": 0, "fill": [0] * 300})
writers = []
for start in (1, 2):
    pid = os.fork()
    if pid == 0:
        number = start
        while True:
            found.put_data("key", {"n": number, "fill": [number] * 300}, force=True)
            number += 2
    writers.append(pid)
readers = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        for _ in range(reads):
            value = found.get_data("key")
            if set(value["fill"]) != {value["n"]} or len(value["fill"]) != 300:
                os._exit(1)
        os._exit(0)
    readers.append(pid)
statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in readers]
for pid in writers:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
print(json.dumps([statuses, found.get_data("key")["n"]]))
"""


def test_no_read_of_10000_is_torn_while_others_overwrite(layer: Layer) -> None:
    statuses, last = python(OVERWRITE, str(session_path(layer)))

    assert statuses == [0] * 4
    assert last > 0


KILLED = """
found, seen = layer(), []
random.seed(int(sys.argv[2]))
for round in range(40):
    key = f"key{round % 4}"
    pid = os.fork()
    if pid == 0:
        number = round * 1000
        while True:
            found.put_data(key, {"n": number, "fill": [number] * 2000}, force=True)
            number += 1
    time.sleep(random.random() * 0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    try:
        value = found.get_data(key)
        seen.append(set(value["fill"]) == {value["n"]} and len(value["fill"]) == 2000)
    except SessionException as error:
        seen.append("has no data" in str(error))
print(json.dumps(seen))
"""


def test_kill_9_during_a_put_leaves_the_old_value_or_the_new(layer: Layer) -> None:
    assert python(KILLED, str(session_path(layer)), "1") == [True] * 40
    layer.put_data("key1", "after", force=True)
    assert layer.get_data("key1") == "after"


@pytest.mark.parametrize("value", [123456, 1.5, True, None, "text", [1, 2], {"a": [1]}, {1: 2}])
def test_a_file_cut_off_anywhere_is_a_clear_error(layer: Layer, value: Any) -> None:
    layer.put_data("key", value)
    path = session_path(layer) / "layers" / "render" / "data" / "key.yaml"
    whole = path.read_bytes()
    for length in range(len(whole.rstrip(b"\n"))):
        path.write_bytes(whole[:length])
        with pytest.raises(SessionException, match="layer 'render': data 'key'"):
            layer.get_data("key")


# -- R11: where nothing may lead ------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """Return a folder of secrets; nothing in it may change."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for name in ("secret.yaml", "outline.yaml"):
        (folder / name).write_text('"secret"\n')
    before = {path: path.read_bytes() for path in folder.iterdir()}
    yield folder
    after = {path: path.read_bytes() for path in folder.iterdir() if path.name != "layers.pack"}
    assert after == before


def again(layer: Layer) -> Layer:
    """Load the layer as a frame does."""
    return load_outline(str(session_path(layer))).get_layer("render")


def test_layers_are_not_read_through_a_planted_link(layer: Layer, outside: Path) -> None:
    pack = session_path(layer) / "layers.pack"
    (outside / pack.name).write_bytes(pack.read_bytes())
    pack.unlink()
    pack.symlink_to(outside / pack.name)

    with pytest.raises(OutlineException, match="layers.pack"):
        again(layer)


@pytest.mark.parametrize("part", ["layers", "layers/render", "layers/render/data"])
def test_a_planted_folder_diverts_nothing(layer: Layer, outside: Path, part: str) -> None:
    layer.put_data("key", 1)
    place = session_path(layer) / part
    place.rename(place.with_name("moved"))
    place.symlink_to(outside)
    source = outside.parent / "source"
    source.write_text("x")

    for call in (
        lambda: layer.put_data("new", 1),
        lambda: layer.put_data("new", 1, force=True),
        lambda: layer.get_data("secret"),
        *(
            []
            if part.endswith("data")
            else [lambda: layer.put_file(source), lambda: layer.sym_file(source)]
        ),
    ):
        with pytest.raises(SessionException):
            call()


def test_a_planted_pipe_makes_nobody_wait(layer: Layer) -> None:
    layer.put_data("key", 1)
    path = session_path(layer) / "layers" / "render" / "data" / "key.yaml"
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(SessionException, match="no plain file"):
        layer.get_data("key")


@pytest.mark.parametrize("name", ["../../outside", "/etc", "..", "a\0b", "-rf"])
def test_an_outline_cannot_name_a_layer_outside(layer: Layer, outside: Path, name: str) -> None:
    path = session_path(layer) / "outline.yaml"
    data = json.loads(path.read_text())
    data["layers"] = [name]
    path.write_text(json.dumps(data))

    with pytest.raises(SessionException, match="use a plain file name"):
        load_outline(str(path)).get_layers()


def test_names_are_checked_even_where_only_a_bool_is_asked(layer: Layer) -> None:
    with pytest.raises(SessionException):
        layer.get_session().has_data("../../outline")


@pytest.mark.parametrize("shared", [False, True])
def test_modes_are_for_the_user_or_on_request_for_the_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    if shared:
        monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_GROUP", "true")
    source = tmp_path / "tool"
    source.write_text("x")
    source.chmod(0o755)
    before = os.umask(0o077)
    try:
        ol = Outline("a-job")
        layers = [Shell(f"layer{i:02}", command=["/bin/true"], range="1-1") for i in range(20)]
        for layer in layers:
            ol.add_layer(layer)
        ol.setup()
        layers[0].put_data("key", 1)
        layers[0].put_file(source)
        monkeypatch.delenv("OUTLINE_OUTLINE_SESSION_GROUP", raising=False)
        load_outline(ol.get_session().get_path()).get_layer("layer01").put_data("key", 1)
    finally:
        os.umask(before)

    top = Path(ol.get_session().get_path())
    modes = {p: p.stat().st_mode & 0o7777 for p in [top, top.parent, *top.rglob("*")]}
    tool = modes.pop(top / "layers" / "layer00" / "tool")
    assert tool == (0o770 if shared else 0o700)
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o2770 if shared else 0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o660 if shared else 0o600}


def test_a_senseless_group_option_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_GROUP", "perhaps")
    ol = Outline("a-job")
    ol.add_layer(Shell("render", command=["/bin/true"]))

    with pytest.raises(SessionException, match="write true or false"):
        ol.setup()


# -- R12: hostile YAML ----------------------------------------------------------------------------

CALLS = (
    "os.system", "os.popen", "os.remove", "os.kill", "subprocess.Popen", "subprocess.check_output",
    "subprocess.run", "builtins.eval", "builtins.exec", "builtins.open", "builtins.__import__",
    "posix.system", "shutil.rmtree", "ctypes.CDLL", "socket.socket", "importlib.import_module",
    "pickle.loads", "code.interact", "pty.spawn", "webbrowser.open",
)  # fmt: skip
PAYLOADS = [
    *(f"!!python/object/apply:{call} ['touch marker']\n" for call in CALLS),
    *(f"key: [!!python/object/new:{call} ['touch marker']]\n" for call in CALLS),
    "!!python/object:outline.layer.Layer {}\n",
    "!!python/object:subprocess.Popen {args: [touch, marker]}\n",
    "!!python/name:os.system\n",
    "!!python/module:os\n",
    "!!python/module:antigravity\n",
    "!!python/object/new:type\nargs: [x, !!python/tuple [], {__reduce__: !!python/name:os.system }]\n",
    "!!python/object/apply:os.system\nargs: ['touch marker']\nkwds: {}\n",
    "!!python/object/apply:builtins.exec\n- import os; os.system('touch marker')\n",
    "? !!python/object/apply:os.system ['touch marker']\n: 1\n",
    "<<: !!python/object/apply:os.system ['touch marker']\n",
    "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch marker']\n",
    "%TAG ! tag:yaml.org,2002:python/object/apply:\n---\n!os.system ['touch marker']\n",
]

HOSTILE = """
from outline._session.datafile import from_text
try:
    from_text("layer", "key", "{warm: !!python/name:up up, [\\n")
except SessionException:
    pass
events, watched = [], ("os.", "subprocess.", "exec", "compile", "import", "open", "socket.", "ctypes.", "pickle.", "shutil.")
def hook(event, args):
    if armed and event.startswith(watched):
        events.append(event)
armed = False
sys.addaudithook(hook)
outcomes = []
for text in json.load(sys.stdin):
    began = time.process_time()
    armed = True
    try:
        from_text("layer", "key", text)
        outcome = "value"
    except SessionException as error:
        outcome = "refused" if "data 'key'" in str(error) else str(error)
    armed = False
    outcomes.append([outcome, time.process_time() - began])
print(json.dumps([outcomes, events]))
"""


def test_no_payload_of_50_is_executed() -> None:
    assert len(PAYLOADS) >= 50

    outcomes, events = python(HOSTILE, given=json.dumps(PAYLOADS))

    assert [
        text for text, found in zip(PAYLOADS, outcomes, strict=True) if found[0] != "refused"
    ] == []
    assert events == []


BOMBS = {
    "aliases": "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'lol'}]\n" for i in range(20)
    ),
    "merges": "m0: &m0 {x: 1}\n"
    + "".join(
        f"m{i}: &m{i}\n  <<: [{', '.join([f'*m{i - 1}'] * 9)}]\n  k{i}: 1\n" for i in range(1, 20)
    ),
    "lists": "[" * 100_000,
    "closed lists": "[" * 100_000 + "]" * 100_000,
    "maps": "{a: " * 50_000,
    "dashes": "- " * 100_000 + "\n",
    "indent": "".join(" " * i + "a:\n" for i in range(600)),
    "keys": "? " * 100_000,
    "a loop": "&a [*a]\n",
}


def test_bombs_end_within_a_second_each() -> None:
    outcomes, events = python(HOSTILE, given=json.dumps(list(BOMBS.values())))

    assert events == []
    slow = {name: took for name, (_, took) in zip(BOMBS, outcomes, strict=True) if took > 1.0}
    assert slow == {}


@pytest.mark.parametrize("size", [10_000_000])
def test_ten_megabytes_of_yaml_are_refused_at_once_and_of_json_read(
    layer: Layer, size: int
) -> None:
    layer.put_data("key", 1)
    path = session_path(layer) / "layers" / "render" / "data" / "key.yaml"
    path.write_text("a: " + "x" * size + "\n")
    began = time.process_time()
    with pytest.raises(DataFormatError, match="over the limit"):
        layer.get_data("key")
    path.write_text('"' + "x" * size + '"\n')
    assert len(layer.get_data("key")) == size
    assert time.process_time() - began < 1.0


# -- sessions that stock PyOutline wrote ----------------------------------------------------------


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    return private_copy(STOCK, tmp_path / "stock")


@pytest.fixture
def stock_session(stock: Path) -> Session:
    """Return the sample, read as a session; its outline is not, as that would be executing it."""
    return Session(Outline("stock-sample", path=str(stock / "outline.yaml")))


def test_what_stock_stored_is_read_with_its_types(stock_session: Session) -> None:
    session, layer = stock_session, Layer("render")

    assert session.get_data("config") == {
        "resolution": [1920, 1080],
        "samples": 256,
        "engine": "arnold",
        "denoise": True,
        "gamma": 2.2,
        "camera": None,
        "note": "café: yes",
        "on": "no",
    }
    assert session.get_data("frames", layer=layer) == [1, 2, 3, 4]
    assert session.get_data("title", layer=layer) == "a longer text\nwith two lines\n"
    assert session.get_data("size", layer=layer) == (1920, 1080)
    assert str(session.get_data("layer", layer=layer)) == "2025-01-29"


def test_objects_that_stock_stored_are_refused(stock_session: Session) -> None:
    with pytest.raises(DataFormatError, match="could not determine a constructor"):
        stock_session.get_data("ordered", layer=Layer("render"))


def test_an_outline_that_stock_wrote_is_read(stock: Path) -> None:
    layers = load_outline(str(stock)).get_layers()

    assert [layer.get_name() for layer in layers] == ["render"]
