from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

import outline
from outline import Layer, Outline, OutlineException, SessionException
from outline.cuerun import OutlineLauncher
from outline.exception import (
    InvalidNameError,
    InvalidSettingError,
    MissingArgumentError,
    ModeError,
    NameCollisionError,
    NoSessionError,
    ScriptError,
    UnknownLayerError,
)
from outline.modules.shell import Shell

SCRIPT = """
from outline import Layer
from outline.modules.shell import Shell
class Mine(Layer):
    def _execute(self, frames):
        self.put_data("frames", list(frames))
Mine("mine", range="1-4", chunk=2)
Shell("list", command=["ls"], range="1-4")
"""


def simple(name: str = "a-job") -> Outline:
    ol = Outline(name)
    ol.add_layer(Layer("render", range="1-4"))
    return ol


def test_names_come_from_arguments_environment_and_script() -> None:
    ol = Outline("sequential-pipeline-v001", show="demo-project", user="artist01")

    assert ol.get_name() == "sequential-pipeline-v001"
    assert ol.get_full_name() == "demo-project-shot010-artist01_sequential-pipeline-v001"
    assert Outline().get_name() == "outline"
    assert Outline(path="/some/where/lighting.outline").get_name() == "lighting"
    assert len(Outline("job", name_unique=True).get_name()) == len("job_1234567")


@pytest.mark.parametrize("key", ["name", "show", "shot", "user"])
def test_names_opencue_cannot_take_are_refused(key: str) -> None:
    with pytest.raises(InvalidNameError, match=r"'../x'"):
        Outline(**{key: "../x"})
    ol = Outline("a-job")
    with pytest.raises(InvalidNameError):
        getattr(ol, f"set_{key}")("a b")


def test_limits_of_the_whole_job_are_checked() -> None:
    ol = Outline("a-job", maxcores=8.5, maxgpus=2)
    ol.set_priority(50)

    assert (ol.get_maxcores(), ol.get_maxgpus(), ol.get_priority()) == (8.5, 2, 50)
    for setter in (ol.set_maxcores, ol.set_maxgpus, ol.set_priority):
        with pytest.raises(InvalidSettingError, match="outline 'a-job'"):
            setter(-1)


def test_setup_makes_a_session_for_the_user_alone() -> None:
    ol = simple()

    ol.setup()

    session = Path(ol.get_session().get_path())
    assert session.parts[-4:-1] == (".opencue", "sessions", "demo-shot010-kim_a-job")[-3:]
    assert ol.get_path() == str(session / "outline.yaml")
    assert stat.S_IMODE(session.stat().st_mode) == 0o700
    assert stat.S_IMODE((session / "outline.yaml").stat().st_mode) == 0o600
    assert json.loads((session / "outline.yaml").read_text())["layers"] == ["render"]
    assert ol.get_session().get_name() == f"demo-shot010-kim_a-job/{session.name}"
    assert outline.is_session_path(str(session))


def test_setup_happens_once() -> None:
    ol = simple()
    ol.setup()

    with pytest.raises(ModeError, match=r"setup\(\) has been called already"):
        ol.setup()
    with pytest.raises(ModeError, match="cannot add layer late after setup"):
        ol.add_layer(Layer("late"))
    with pytest.raises(ModeError, match="cannot remove"):
        ol.remove_layer(ol.get_layer("render"))
    with pytest.raises(ModeError, match="cannot rename"):
        ol.get_layer("render").set_name("other")
    with pytest.raises(ModeError, match="cannot go back"):
        ol.set_mode(1)


def test_a_setup_that_fails_leaves_nothing_behind_and_can_be_repeated(tmp_path: Path) -> None:
    ol = simple()
    source = tmp_path / "scene.ma"
    source.write_text("x")
    ol.get_layer("render").put_file(source)
    source.unlink()

    with pytest.raises(SessionException, match="there is no such file"):
        ol.setup()
    assert not list((tmp_path / ".opencue").rglob("outline.yaml"))
    assert not list((tmp_path / ".opencue" / "sessions").glob("*/*"))

    source.write_text("x")
    ol.setup()
    assert Path(ol.get_layer("render").get_file("scene.ma")).read_text() == "x"


def test_an_outline_without_layers_has_a_session_and_cannot_be_launched() -> None:
    ol = Outline("a-job")
    ol.setup()
    ol.put_data("colour", "red")

    assert ol.get_session().get_data("colour") == "red"
    for call in (ol.check, OutlineLauncher(ol).launch):
        with pytest.raises(OutlineException, match=r"has no layers; call add_layer\(layer\)"):
            call()


def test_a_layer_made_after_setup_joins_the_outline_it_is_added_to() -> None:
    first, second = simple(), Outline("another-job")
    Outline.current = first
    try:
        first.setup()
        late = Shell("late", command=["true"])
        second.add_layer(late)
    finally:
        Outline.current = None

    assert (late.get_outline(), first.is_layer("late")) == (second, False)


def test_a_missing_command_is_found_at_setup() -> None:
    ol = Outline("a-job")
    ol.add_layer(Shell("render"))

    with pytest.raises(
        MissingArgumentError, match="layer 'render' has no command; give it command="
    ):
        ol.setup()


def test_layers_are_found_by_every_spelling() -> None:
    ol = simple()
    ol.add_layer(Layer("Beauty-Pass"))

    assert ol.get_layer("Beauty-Pass") is ol.get_layer("beauty_pass")
    assert ol.is_layer("render")
    with pytest.raises(UnknownLayerError, match="its layers: render, Beauty-Pass"):
        ol.get_layer("nobody")
    with pytest.raises(UnknownLayerError):
        ol.remove_layer(Layer("nobody"))
    ol.remove_layer(ol.get_layer("render"))
    assert [layer.get_name() for layer in ol.get_layers()] == ["Beauty-Pass"]
    with pytest.raises(OutlineException, match="is no layer"):
        ol.add_layer("render")  # type: ignore[arg-type]


def test_before_setup_files_and_data_are_remembered(tmp_path: Path) -> None:
    source = tmp_path / "scene.ma"
    source.write_text("a scene")
    ol = simple()
    layer = ol.get_layer("render")

    assert layer.put_file(source, rename="main") == layer.get_file("main")
    layer.put_data("config", {"a": 1})
    ol.put_data("config", [1])
    ol.sym_file(source)

    assert not os.path.exists(layer.get_file("main"))
    assert layer.get_data("config") == {"a": 1}
    assert ol.get_data("config") == [1]
    with pytest.raises(SessionException, match="no file"):
        layer.get_file("other")
    with pytest.raises(SessionException, match="stored: config"):
        layer.get_data("other")
    future = ol.get_file("scene.ma")
    ol.setup()
    assert future == ol.get_file("scene.ma")
    assert Path(layer.get_file("main")).read_text() == "a scene"
    assert layer.get_data("config") == {"a": 1}
    assert ol.get_data("config") == [1]


def test_a_layer_in_no_outline_remembers_too(tmp_path: Path) -> None:
    source = tmp_path / "scene.ma"
    source.write_text("a scene")
    layer = Layer("render")
    assert layer.put_file(source) is None
    layer.put_data("key", "value")
    assert layer.get_data("key") == "value"
    with pytest.raises(NoSessionError, match=r"outline.add_layer"):
        layer.get_file("scene.ma")
    with pytest.raises(OutlineException, match="in no outline yet"):
        layer.get_session()
    ol = Outline("a-job")
    ol.add_layer(layer)
    with pytest.raises(NoSessionError, match="made by setup"):
        ol.get_session()

    ol.setup()

    assert Path(layer.get_file("scene.ma")).read_text() == "a scene"


def test_a_session_is_loaded_one_layer_at_a_time() -> None:
    ol = simple()
    other = Shell("list", command=["echo", "#IFRAME#"], range="1-9", chunk=3, env={"A": "b"})
    other.depend_on(ol.get_layer("render"), "LAYER_ON_LAYER")
    ol.add_layer(other)
    ol.set_env("KEY", "value")
    ol.set_arg("localbook", {"host": "here"})
    ol.setup()

    loaded = outline.load_outline(ol.get_path() or "")
    layer = loaded.get_layer("list")

    assert not loaded._layers.is_loaded("render")
    assert (layer.get_arg("command"), layer.get_chunk(), layer.get_envs()) == (
        ["echo", "#IFRAME#"],
        3,
        {"A": "b"},
    )
    assert layer.get_depends()[0].get_depend_on_name() == "render"
    assert loaded.get_env("KEY") == "value"
    assert loaded.get_arg("localbook") == {"host": "here"}
    assert loaded.get_full_name() == ol.get_full_name()
    assert [each.get_name() for each in loaded.get_layers()] == ["render", "list"]
    assert layer.get_depends()[0].get_depend_on_layer() is loaded.get_layer("render")
    assert outline.load_outline(ol.get_session().get_path()).is_layer("list")


def test_a_script_becomes_an_outline(tmp_path: Path) -> None:
    script = tmp_path / "lighting.outline"
    script.write_text(SCRIPT)

    ol = outline.load_outline(str(script))
    ol.setup()
    loaded = outline.load_outline(ol.get_path() or "")
    loaded.get_layer("mine").execute(3)

    assert ol.get_name() == "lighting"
    assert loaded.get_layer("mine").get_data("frames") == [3, 4]
    assert outline.current_outline() is ol


@pytest.mark.parametrize(
    ("content", "reason"),
    [("this is no python", "invalid syntax"), (None, "no such file")],
)
def test_scripts_that_cannot_be_loaded_say_why(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    script = tmp_path / "broken.outline"
    if content is not None:
        script.write_text(content)
    with pytest.raises(ScriptError, match=reason):
        outline.load_outline(str(script))


def test_files_of_another_program_are_no_sessions(tmp_path: Path) -> None:
    stock = tmp_path / "outline.yaml"
    stock.write_text("!!python/object/apply:os.system ['touch /tmp/never']\n")
    with pytest.raises(NoSessionError, match="no outline this version wrote"):
        outline.load_outline(str(stock))
    with pytest.raises(NoSessionError):
        Outline("a-job", path=str(tmp_path / "nothing.yaml")).load_session()


def damaged(pack: bytes, how: str) -> bytes:
    """Return the layers' file with something wrong in it."""
    index, end = pack[:16], pack.index(b"\n", 16)
    return {
        "cut": pack[:-5],
        "empty": b"",
        "no index": b"x" * len(pack),
        "short index": pack[:40],
        "huge index": b"%015d\n" % 10**12 + pack[16:],
        "negative index": b"-00000000000001\n" + pack[16:],
        "other version": index
        + pack[16:end].replace(b'"version": 1', b'"version": 9')
        + pack[end:],
        "layer gone": index + pack[16:end].replace(b"render", b"rander") + pack[end:],
        "layer elsewhere": index + pack[16:end].replace(b"[0, ", b"[9, ") + pack[end:],
        "layer far away": index + pack[16:end].replace(b"[0, ", b"[-1,") + pack[end:],
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "cut", "empty", "no index", "short index", "huge index", "negative index", "other version",
        "layer gone", "layer elsewhere", "layer far away",
    ],
)  # fmt: skip
def test_damaged_layers_are_named(how: str) -> None:
    ol = simple()
    ol.setup()
    path = Path(ol.get_session().get_path()) / "layers.pack"
    before = path.read_bytes()
    path.write_bytes(damaged(before, how))
    assert path.read_bytes() != before

    with pytest.raises(NoSessionError, match=r"layers?.*layers.pack"):
        outline.load_outline(ol.get_path() or "").get_layer("render")


def test_missing_layers_are_named() -> None:
    ol = simple()
    ol.setup()
    os.unlink(os.path.join(ol.get_session().get_path(), "layers.pack"))
    with pytest.raises(NoSessionError, match=r"cannot read .*layers.pack"):
        outline.load_outline(ol.get_path() or "").get_layer("render")


def test_json_describes_an_outline() -> None:
    text = json.dumps(
        {
            "name": "from-json",
            "range": "1-10",
            "maxcores": 4,
            "layers": [
                {
                    "name": "first",
                    "module": "outline.modules.shell.Shell",
                    "command": ["ls"],
                    "chunk": 5,
                    "env": {"A": "b"},
                }
            ],
        }
    )

    ol = outline.load_json(text)

    assert (ol.get_name(), ol.get_frame_range(), ol.get_maxcores()) == ("from-json", "1-10", 4)
    assert ol.get_layer("first").get_arg("command") == ["ls"]
    assert ol.get_layer("first").get_envs() == {"A": "b"}


@pytest.mark.parametrize(
    "module",
    [
        "os.system",
        "outline.Outline",
        "nowhere.At.All",
        "",
        None,
        "subprocess.Popen",
        "outline.load_json",
    ],
)
def test_json_can_call_nothing_but_layers(module: object) -> None:
    layers = [{"name": "first", "module": module, "command": "touch /tmp/never"}]
    with pytest.raises(ScriptError):
        outline.load_json(json.dumps({"name": "from-json", "layers": layers}))
    with pytest.raises(ScriptError):
        outline.load_json("[1]")
    with pytest.raises(ScriptError):
        outline.load_json("{")


def test_quick_outline_holds_one_layer() -> None:
    layer = Layer("render")

    ol = outline.quick_outline(layer)

    assert ol.get_layers() == [layer]
    assert outline.current_outline() is ol


def test_layers_added_by_a_setup_are_set_up_too() -> None:
    class Spawning(Layer):
        def _setup(self) -> None:
            self.get_outline().add_layer(Shell("spawned", command=["ls"]))

    ol = Outline("a-job")
    ol.add_layer(Spawning("render"))

    ol.setup()

    assert outline.load_outline(ol.get_path() or "").get_layer("spawned").get_arg("command") == [
        "ls"
    ]


def test_a_name_is_free_again_once_its_layer_has_moved() -> None:
    ol = simple()
    with pytest.raises(NameCollisionError):
        ol.add_layer(Layer("RENDER"))


def test_a_job_can_wait_for_another() -> None:
    ol = simple()
    ol.depend_on_job("earlier-job")
    ol.depend_on_job(simple("later-job"))

    assert ol.get_job_depends() == ["earlier-job", "later-job"]
    with pytest.raises(InvalidSettingError):
        ol.depend_on_job(3)


def test_many_layers_are_written_and_found_again() -> None:
    ol = Outline("a-job", frame_range="1-3")
    for index in range(40):
        ol.add_layer(Shell(f"layer{index}", command=["ls"]))

    ol.setup()

    assert len(outline.load_outline(ol.get_path() or "").get_layers()) == 40


def test_a_login_of_two_letters_is_a_user_name() -> None:
    assert (
        Outline("long-job", show="ab", shot="sh010", user="me").get_full_name()
        == "ab-sh010-me_long-job"
    )


def test_an_outline_of_a_site_says_its_show_in_the_session(tmp_path: Path) -> None:
    class SiteOutline(Outline):
        def get_show(self) -> str:
            return "site-show"

    ol = SiteOutline("a-job")
    ol.add_layer(Shell("render", command=["true"], range="1"))

    ol.setup()

    held = json.loads(Path(ol.get_session().get_path(), "outline.yaml").read_text())
    assert held["show"] == "site-show"
    assert outline.load_outline(ol.get_session().get_path()).get_show() == "site-show"


def test_cores_of_the_outline_as_opencues_tutorial_sets_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ol = Outline("a-job")

    ol.set_max_cores(4)
    ol.set_min_cores(1)

    assert ol.get_maxcores() == 4
    assert capsys.readouterr().err.startswith("note: outline 'a-job': a job has no least share")
    with pytest.raises(InvalidSettingError, match="min_cores"):
        ol.set_min_cores(-1)
