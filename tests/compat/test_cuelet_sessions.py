"""Sessions that earlier versions made open, from another place than they were made in, and their frames run."""

from __future__ import annotations

import json
import os
import pickletools
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import outline
from outline.depend import FINISHED, DependType
from outline.layer import Layer, LayerPostProcess, LayerPreProcess
from outline.modules.shell import Shell
from tests.private_copy import private_copy

GOLDEN = Path(__file__).parent / "cuelet_sessions"
SRC = Path(__file__).resolve().parents[2] / "src"
PYTHON = "3.11"
"""The version that wrote the sessions; what is pickled by value can be read by no other."""
by_value = pytest.mark.skipif(
    f"{sys.version_info.major}.{sys.version_info.minor}" != PYTHON,
    reason=f"code of a script travels as byte code, which Python {PYTHON} wrote",
)
NAMES = ["plain", "module", pytest.param("by_value", marks=by_value)]

Place = Callable[[str], Path]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Copy a session to where it was not made, with what lay beside the script, and map the one to the other."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for name in ("studio_layers.py", "note.txt"):
        shutil.copy(GOLDEN / name, scripts)
    for name in ("OUTLINE_CONFIG_FILE", "OL_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CUELET_PATH_MAP", json.dumps({"/tmp/cuelet-golden": str(tmp_path)}))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "studio_layers", raising=False)

    def copied(name: str) -> Path:
        return private_copy(GOLDEN / name, tmp_path / "sessions" / name)

    return copied


def execute(session: Path, frame: str) -> list[str]:
    """Execute a frame as a farm does, and return the lines it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "outline.pycuerun", str(session), "-e", frame],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        cwd=session,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if not line.startswith("path map: ")]


@pytest.mark.parametrize("name", NAMES)
def test_an_old_session_shows_its_layers(place: Place, name: str) -> None:
    ol = outline.load_outline(str(place(name)))

    listed = json.loads((GOLDEN / name / "outline.yaml").read_text())["layers"]
    assert [layer.get_name() for layer in ol.get_layers()] == listed
    assert (ol.get_show(), ol.get_shot(), ol.get_user()) == ("demo", "shot010", "ada")


def test_an_old_layer_has_everything_that_was_set(place: Place) -> None:
    ol = outline.load_outline(str(place("plain")))
    render = ol.get_layer("beauty-render")

    assert (ol.get_frame_range(), ol.get_maxcores(), ol.get_priority()) == ("1-6", 8.0, 7)
    assert ol.get_env() == {"FROM_OUTLINE": ("a=b", False), "FROM_OUTLINE_PRE": ("c", True)}
    assert (ol.get_args(), ol.get_data("palette")) == ({"season": 2}, ["red", "green"])
    assert type(render) is Shell
    assert (render.get_frame_range(), render.get_chunk_size()) == ("1-6", 2)
    assert (render.get_min_cores(), render.get_min_memory()) == (2.0, 2048)
    assert (render.get_tags(), render.get_limits(), render.get_service()) == (
        ["linux", "nuke"],
        ["arnold"],
        "arnold",
    )
    assert (render.get_retry_count(), render.get_timeout()) == (2, 5)
    assert render.get_envs() == {"FROM_LAYER": "ä"}
    assert render.get_data("lights") == {"key": 1.5, "names": ["sun", "ä"]}
    assert Path(render.get_file("lights.txt")).read_text() == "a note\n"
    assert Path(render.get_file("linked.txt")).read_text() == "a note\n"
    assert render.get_input("scene").get_path() == "/tmp/cuelet-golden/scripts/note.txt"
    assert render.get_output("image").get_attributes() == {"checked": False, "mkdir": False}
    assert [child.get_name() for child in render.get_children()] == ["beauty-render.child"]


def test_old_processes_know_their_creator_and_the_other_way_round(place: Place) -> None:
    ol = outline.load_outline(str(place("plain")))
    before, after = ol.get_layer("beauty-render_prepare"), ol.get_layer("beauty-render_publish")

    assert isinstance(before, LayerPreProcess)
    assert isinstance(after, LayerPostProcess)
    assert before.get_creator() is ol.get_layer("beauty-render")
    assert ol.get_layer("beauty-render").get_child("prepare") is before
    assert ol.get_layer("beauty-render").get_processes() == [before, after]
    assert before.get_frame_range() == "1"
    assert before.get_data("seen") == [1, 2]


def test_old_depends_are_of_the_type_they_were(place: Place) -> None:
    ol = outline.load_outline(str(place("plain")))
    depends = [ol.get_layer(f"waiting-{number}").get_depends()[0] for number in range(6)]

    assert [each.get_type() for each in depends] == [
        DependType.FRAME_BY_FRAME,
        DependType.all,
        DependType.PREVIOUS_FRAME,
        DependType.LAYER_ON_SIM_FRAME,
        DependType.LAYER_ON_ANY,
        DependType("LAYER_ON_LAYER", FINISHED),
    ]
    assert [each.is_propagated() for each in depends] == [number == 1 for number in range(6)]
    assert {each.get_depend_on_layer() for each in depends} == {ol.get_layer("beauty-render")}


def test_frames_of_old_shell_layers_run(place: Place) -> None:
    session = place("plain")

    assert execute(session, "3-beauty-render") == [
        "a=b ä 3,4 3",
        "a=b ä 3,4 4",
        "child 3 beauty-render.child",
        "child 4 beauty-render.child",
    ]
    assert execute(session, "2-sequence") == ["two"]
    assert execute(session, "1-script") == ["a script"]
    assert execute(session, "1-single") == ["single"]


def test_frames_of_an_old_session_with_a_class_of_a_module_run(place: Place) -> None:
    facts = "['red', 'green'] {'by': 'ada', 'take': 3}"

    assert execute(place("module"), "3-stamp") == [
        f"stamp [3, 4] high {facts} {{'quality': 'high'}}"
    ]


@by_value
def test_frames_of_an_old_session_with_classes_of_the_script_run(place: Place) -> None:
    session = place("by_value")
    children = [
        "first.inside [30, 40] (1, 2) ['a', 'b'] nobody",
        "5 None first <Outline 'by-value', 4 layers>",
    ]

    assert execute(session, "1-first_prepare") == ["prepares first [1]"]
    assert execute(session, "3-first") == [
        "heard BEFORE_EXECUTE first",
        "first [30, 40] (1, 2) ['a', 'b'] second",
        "3 big None <Outline 'by-value', 4 layers>",
        *children,
        "heard AFTER_EXECUTE first",
    ]
    assert execute(session, "2-heard") == ["heard BEFORE_EXECUTE heard", "2"]


@by_value
def test_old_layers_of_the_script_know_each_other(place: Place) -> None:
    ol = outline.load_outline(str(place("by_value")))
    first, second = ol.get_layer("first"), ol.get_layer("second")

    assert vars(first)["other"] is second
    assert vars(second)["other"] is first
    assert second.get_depends()[0].is_any_frame()
    assert isinstance(first.get_children()[0], Layer)
    assert first.get_children()[0].get_parent() is first


def test_no_golden_session_names_a_place_of_somebodys_machine() -> None:
    for path in GOLDEN.glob("*/layers.pack"):
        data = path.read_bytes()
        assert b"/home/" not in data
        assert b"/tmp/cuelet-golden/" in data


def names_in_pickles(data: bytes) -> set[str]:
    """Return the texts of all pickles in a pack."""
    found: set[str] = set()
    for start in range(len(data)):
        if data[start : start + 2] == b"\x80\x05":
            found |= {str(arg) for op, arg, _ in pickletools.genops(data[start:]) if arg}
    return found


def test_the_pickles_hold_what_this_test_is_about() -> None:
    names = names_in_pickles((GOLDEN / "by_value" / "layers.pack").read_bytes())

    assert {"_args", "_evh", "_outputs", "Stage", "EventHandler", "LayerMeta"} <= names
