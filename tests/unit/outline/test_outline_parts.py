"""A layer is held together from parts: its methods look like its own, and what it holds travels whole."""

from __future__ import annotations

import copy
import inspect
import pydoc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import outline
from outline._layer.arguments import Arguments
from outline._layer.parts import parts_of
from outline.event import BEFORE_EXECUTE
from outline.layer import Layer
from outline.modules.shell import Shell

OWN = {"colour": "red", "_args": ["mine"], "_own": "mine"}


class Studio(Layer):
    """A layer that keeps things of its own, one of them under a name that a part uses too."""

    def __init__(self, name: str, **args: Any) -> None:
        super().__init__(name, **args)
        self.colour = "red"
        self._args = ["mine"]
        self._own = "mine"

    def set_arg(self, key: str, value: Any) -> None:
        super().set_arg(key, value if key != "grain" else value * 2)


class OwnData(Layer):
    """A layer whose class uses names of ours for something else."""

    def to_data(self) -> dict[str, Any]:
        raise AssertionError("not meant to be called by us")


def reloaded(layer: Layer) -> Layer:
    """Return a layer as a frame gets it."""
    ol = outline.Outline("job", frame_range="1-4")
    ol.add_layer(layer)
    ol.setup()
    return outline.load_outline(ol.get_path() or "").get_layer(layer.get_name())


@pytest.fixture(params=[False, True], ids=["as-json", "pickled"])
def travel(request: pytest.FixtureRequest) -> Callable[[Layer], Layer]:
    """Return what launches a layer and loads it again, in either of the two forms."""

    def go(layer: Layer) -> Layer:
        if request.param:
            layer.add_event_listener(BEFORE_EXECUTE, print)
        return reloaded(layer)

    return go


def test_an_attribute_that_a_part_has_from_now_on_travels(
    travel: Callable[[Layer], Layer], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Arguments.__init__

    def init(self: Arguments, layer: Any) -> None:
        before(self, layer)
        self.watermark = ""  # type: ignore[attr-defined]

    monkeypatch.setattr(Arguments, "__init__", init)
    layer = Shell("render", command="true")
    parts_of(layer).arguments.watermark = "draft"  # type: ignore[attr-defined]

    found = travel(layer)

    assert parts_of(found).arguments.watermark == "draft"  # type: ignore[attr-defined]
    assert "_watermark" not in vars(found)


def test_what_a_class_adds_is_all_that_vars_shows_and_it_travels(
    travel: Callable[[Layer], Layer],
) -> None:
    layer = Studio("studio", grain=3, env={"A": "b"})
    assert vars(layer) == OWN

    found = travel(layer)

    assert vars(found) == OWN
    assert (found.get_arg("grain"), found.get_env("A")) == (6, "b")


def test_a_class_may_call_its_own_methods_like_ours() -> None:
    assert type(reloaded(OwnData("own"))) is OwnData


def test_from_data_gives_back_what_to_data_took() -> None:
    layer = Studio("studio", range="1-9", type="Util", service="nuke")
    layer.add_output("image", "/a/b.exr")

    found = Studio.from_data(layer.to_data())

    assert found.to_data() == layer.to_data()
    assert str(found.get_output("image")) == "/a/b.exr"


def test_a_copy_has_parts_of_its_own() -> None:
    layer = Studio("studio")
    layer.put_data("key", 1)

    found = copy.copy(layer)
    found.set_name("other")
    found.set_chunk_size(3)

    assert (layer.get_name(), found.get_name()) == ("studio", "other")
    assert found.get_data("key") == 1


@pytest.mark.parametrize("name", ["set_tags", "get_frame_range", "put_data", "depend_all"])
def test_a_method_that_a_part_carries_out_looks_like_one_of_the_layer(name: str) -> None:
    method = getattr(Layer, name)

    assert method.__qualname__ == f"Layer.{name}"
    assert method.__module__ == "outline.layer"
    assert "self" in inspect.signature(method).parameters
    assert name in dir(Layer("render"))
    assert f"{name}(self" in pydoc.plain(pydoc.render_doc(Layer))


def test_a_part_asks_its_layer_what_a_class_may_override(tmp_path: Path) -> None:
    class Fixed(Layer):
        def get_frame_range(self) -> str:
            return "5-6"

    assert list(Fixed("fixed").get_tasks().frames) == [5, 6]
