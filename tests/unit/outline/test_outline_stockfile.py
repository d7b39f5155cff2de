"""Sessions that PyOutline made: read without building anything but our own layers."""

from __future__ import annotations

from pathlib import Path

import pytest

import outline
from outline import SessionException
from outline.io import FileSpec

OUTLINE = """\
&id001 !!python/object:outline.loader.Outline
_Outline__args: {}
_Outline__env:
  COLOUR: !!python/tuple [red, false]
_Outline__facility: null
_Outline__frame_range: 1-9
_Outline__layers:
- &id002 !!python/object:outline.modules.shell.Shell
  _Layer__args: {chunk: 2, command: [sh, -c, 'echo $COLOUR %{FRAME}'], range: 1-4, register: true}
  _Layer__children: []
  _Layer__depends:
  - !!python/object:outline.depend.Depend
    _Depend__any_frame: false
    _Depend__depend_er: *id002
    _Depend__depend_on: &id003 !!python/object:outline.LayerPreProcess
      _LayerPreProcess__creator: *id002
      _Layer__args: {chunk: 1, range: null, register: true}
      _Layer__name: render_preprocess
      _Layer__service: preprocess
      _Layer__type: !!python/object/apply:outline.constants.LayerType [Util]
    _Depend__propigate: false
    _Depend__type: LAYER_ON_LAYER
  _Layer__env: {SIZE: big}
  _Layer__evh: !!python/object:outline.event.EventHandler
    _EventHandler__component: *id002
    _EventHandler__listeners: {SETUP: [!!python/name:os.system '']}
  _Layer__input:
    scene: !!python/object:outline.io.Path
      _Path__attributes: {checked: false}
      _Path__path: /shots/a.ma
  _Layer__limits: [arnold]
  _Layer__name: render
  _Layer__outline: *id001
  _Layer__output:
    beauty: !FileSpec "- /out/b.1-3#.exr\\n- checked: false\\n"
  _Layer__parent: null
  _Layer__req_args: !!set
    ? !!python/tuple [command, null]
    : null
  _Layer__service: shell
  _Layer__type: !!python/object/apply:outline.constants.LayerType [Render]
- *id003
_Outline__name: from-stock
_Outline__maxcores: 12
"""


def session(tmp_path: Path, text: str = OUTLINE) -> str:
    path = tmp_path / "outline.yaml"
    path.write_text(text)
    return str(path)


def test_a_session_of_pyoutline_is_loaded(tmp_path: Path) -> None:
    ol = outline.load_outline(session(tmp_path))
    render, before = ol.get_layers()

    assert (ol.get_name(), ol.get_frame_range(), ol.get_maxcores()) == ("from-stock", "1-9", 12)
    assert (render.get_frame_range(), render.get_chunk_size()) == ("1-4", 2)
    assert (render.get_env("SIZE"), render.get_limits()) == ("big", ["arnold"])
    assert render.get_input("scene").get_path() == "/shots/a.ma"
    assert isinstance(render.get_output("beauty"), FileSpec)
    assert [str(each.get_depend_on_layer()) for each in render.get_depends()] == [str(before)]
    assert before.get_creator() is render  # type: ignore[attr-defined]
    assert (before.get_type(), before.get_frame_range()) == ("Util", "1")


def test_a_frame_of_it_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    outline.cuerun.execute_frame(session(tmp_path), "render", 3)

    assert capfd.readouterr().out == "red 3\nred 4\n"


@pytest.mark.parametrize(
    "payload",
    [
        "!!python/object/apply:os.system ['touch hurt']",
        "!!python/object/new:os.system ['touch hurt']",
        "!!python/object/apply:subprocess.check_call [[touch, hurt]]",
        "!!python/module:antigravity ''",
    ],
)
def test_nothing_else_in_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, payload: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = OUTLINE.replace("_Outline__args: {}", f"_Outline__args: {payload}")

    with pytest.raises(SessionException, match="cannot be read"):
        outline.load_outline(session(tmp_path, text))

    assert not (tmp_path / "hurt").exists()


def test_a_class_that_is_no_layer_is_refused(tmp_path: Path) -> None:
    text = OUTLINE.replace("outline.modules.shell.Shell", "os.PathLike")

    with pytest.raises(outline.OutlineException, match="no subclass"):
        outline.load_outline(session(tmp_path, text))


@pytest.mark.parametrize("text", ["just: yaml\n", "[1, 2]\n"])
def test_other_yaml_is_no_session(tmp_path: Path, text: str) -> None:
    with pytest.raises(SessionException):
        outline.load_outline(session(tmp_path, text))
