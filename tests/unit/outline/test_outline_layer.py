from __future__ import annotations

import abc
import math
import typing
from pathlib import Path

import pytest

from outline import (
    Frame,
    Layer,
    LayerException,
    LayerPostProcess,
    LayerPreProcess,
    Outline,
    OutlinePostCommand,
    event,
)
from outline._layer.arguments import require_head
from outline.constants import LayerType
from outline.exception import (
    EmptyRangeError,
    InvalidNameError,
    InvalidSettingError,
    NameCollisionError,
    UnknownLayerError,
)
from outline.io import Path as OutputPath
from outline.modules.shell import Shell


def in_outline(*layers: Layer, frame_range: str | None = None) -> Outline:
    ol = Outline("a-job", frame_range=frame_range)
    for layer in layers:
        ol.add_layer(layer)
    return ol


def test_resources_are_cores_and_megabytes() -> None:
    layer = Layer("render")

    layer.set_min_cores(4)
    layer.set_max_cores(16)
    layer.set_min_memory(8192)
    layer.set_service("maya2024,arnold")
    layer.set_chunk(5)
    layer.set_retry_count(3)

    assert (layer.get_min_cores(), layer.get_max_cores()) == (4.0, 16.0)
    assert layer.get_min_memory() == 8192
    assert layer.get_arg("memory") == "8192m"
    assert layer.get_service() == "maya2024,arnold"
    assert layer.get_services() == ["maya2024", "arnold"]
    assert layer.get_chunk_size() == layer.get_chunk() == 5
    assert layer.get_retry_count() == 3


@pytest.mark.parametrize(
    ("memory", "megabytes"),
    [
        ("512m", 512),
        ("4g", 4096),
        ("1.5g", 1536),
        (4, 4096),
        ("4", 4096),
        ("1.2MB", 2),
        ("1t", 1048576),
    ],
)
def test_the_memory_argument_reads_units_and_a_bare_number_as_gigabytes(
    memory: object, megabytes: int
) -> None:
    assert Layer("render", memory=memory).get_min_memory() == megabytes


def test_set_memory_takes_megabytes_or_text_with_a_unit() -> None:
    layer = Layer("render")
    layer.set_memory(512)
    assert layer.get_min_memory() == 512
    layer.set_memory("2g")
    assert layer.get_min_memory() == 2048


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, "many", None, True, [1]])
@pytest.mark.parametrize("setter", ["set_min_cores", "set_max_cores", "set_min_memory"])
def test_impossible_resources_are_refused_with_thing_value_and_way_out(
    setter: str, value: object
) -> None:
    layer = Layer("render")
    if value is None and setter == "set_min_cores":
        return  # None takes the reservation back

    with pytest.raises(InvalidSettingError, match=r"layer 'render': .*give a number") as caught:
        getattr(layer, setter)(value)

    assert caught.value.value is value or caught.value.value == value


def test_a_bare_number_that_was_meant_in_megabytes_is_refused() -> None:
    with pytest.raises(InvalidSettingError, match="means GB; write '8192m'"):
        Layer("render", memory=8192)


@pytest.mark.parametrize("chunk", [0, -1, 1.5, "x", None, True])
def test_a_chunk_below_one_is_refused(chunk: object) -> None:
    with pytest.raises(InvalidSettingError, match="chunk"):
        Layer("render", chunk=chunk)
    with pytest.raises(InvalidSettingError, match="chunk"):
        Layer("render").set_chunk(chunk)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["", "ab", "a b", "../x", "/etc", "-rf", "..", "...", "a\nb", "x" * 300, "ünï", 7]
)
def test_names_opencue_cannot_take_are_refused_at_once(name: object) -> None:
    with pytest.raises(InvalidNameError, match="layer name"):
        Layer(name)  # type: ignore[arg-type]


@pytest.mark.parametrize("frames", ["", "1-", "a", "1-10x0", None, [], True])
def test_malformed_ranges_are_refused_at_once(frames: object) -> None:
    layer = Layer("render")
    with pytest.raises(InvalidSettingError, match="layer 'render': range"):
        layer.set_frame_range(frames)
    if frames is not None:
        with pytest.raises(InvalidSettingError):
            Layer("render", range=frames)


@pytest.mark.parametrize(
    ("own", "outer", "expected"),
    [
        (None, None, "1000-1000"),
        ("1-10", None, "1-10"),
        (None, "1-10", "1-10"),
        ("5-20", "1-10", "5-10"),
        ("10-1", "3-5", "5-3"),
        ("1-9x2", "1-10", "1-9x2"),
        ("1-10:3", "4-6", "4,5,6"),
        ("1-5", "6-9", None),
        ([3, 1], None, "3-1x-2"),
        (7, None, "7"),
    ],
)
def test_the_range_of_a_layer_is_cut_by_that_of_its_outline(
    own: object, outer: str | None, expected: str | None
) -> None:
    layer = Layer("render", range=own)
    in_outline(layer, frame_range=outer)

    if expected == "4,5,6":
        assert sorted(layer.get_tasks().frames) == [4, 5, 6]
    elif expected == "3-1x-2":
        assert list(layer.get_tasks().frames) == [3, 1]
    else:
        assert layer.get_frame_range() == expected


def test_two_ranges_of_forty_thousand_frames_are_no_burden() -> None:
    layer = Layer("render", range="1-40000")
    in_outline(layer, frame_range="20000-60000")

    assert layer.get_frame_range() == "20000-40000"


def test_ranges_without_a_common_frame_are_an_error_that_names_both() -> None:
    ol = in_outline(Layer("render", range="1-5"), frame_range="6-9")

    with pytest.raises(EmptyRangeError, match="'1-5' and the range '6-9' of outline 'a-job'"):
        ol.setup()

    assert ol.find_session() is None


def test_a_chunk_is_found_by_its_first_frame() -> None:
    layer = Layer("render", range="1-10", chunk=4)

    frames = layer.get_local_frame_set(5)

    assert list(frames) == [5, 6, 7, 8]
    assert str(frames) == "5,6,7,8"
    assert (frames.size(), frames.get(0), frames.getAll(), frames.contains(8)) == (
        4,
        5,
        [5, 6, 7, 8],
        True,
    )
    assert list(layer.get_local_frame_set(6)) == [6, 7, 8]
    assert list(layer.get_local_frame_set(99)) == [99]
    require_head(layer, 5)
    for frame in (6, 99):
        with pytest.raises(LayerException, match=f"no chunk begins with frame {frame}"):
            require_head(layer, frame)


def test_frame_layers_have_one_frame() -> None:
    frame, post = Frame("once"), OutlinePostCommand("goodbye")
    in_outline(frame, post, frame_range="101-150")

    assert frame.get_frame_range() == "101"
    assert (post.get_type(), post.get_service()) == (LayerType.POST, "postprocess")
    assert LayerType.POST == "Post"


def test_layers_join_the_current_outline_by_themselves() -> None:
    ol = Outline("a-job", current=True)
    layer = Layer("render")
    Layer("aside", register=False)

    assert ol.get_layers() == [layer]
    ol.add_layer(layer)
    assert ol.get_layers() == [layer]


def test_another_layer_of_the_same_name_is_refused() -> None:
    ol = in_outline(Layer("beauty-render"))

    with pytest.raises(NameCollisionError, match="have the same name"):
        ol.add_layer(Layer("beauty-render"))
    with pytest.raises(NameCollisionError, match="'beauty_render' by OpenCue"):
        ol.add_layer(Layer("Beauty_Render"))
    assert len(ol.get_layers()) == 1


def test_renaming_keeps_place_and_frees_the_old_name() -> None:
    first, second = Layer("first"), Layer("second")
    ol = in_outline(first, second)

    first.set_name("renamed")
    ol.add_layer(Layer("first"))

    assert [layer.get_name() for layer in ol.get_layers()] == ["renamed", "second", "first"]
    with pytest.raises(NameCollisionError):
        second.set_name("renamed")
    assert second.get_name() == "second"


def test_a_layer_moves_from_one_outline_to_another() -> None:
    layer = Layer("render")
    one, other = in_outline(layer), Outline("other")

    other.add_layer(layer)

    assert not one.get_layers()
    assert layer.get_outline() is other


class Prepare(LayerPreProcess):
    def _execute(self, frames: object) -> None:
        self.put_data("config", {"ready": True})


def test_a_pre_process_added_as_a_child_becomes_a_layer_of_the_job() -> None:
    render = Layer("render", range="5-9")
    prepare = Prepare("prepare")
    render.add_child(prepare)
    render.add_child(prepare)
    ol = in_outline(render)

    assert [layer.get_name() for layer in ol.get_layers()] == ["render", "render_prepare"]
    assert (prepare.get_frame_range(), prepare.get_type()) == ("5", LayerType.UTIL)
    assert render.get_child("prepare") is render.get_child("render_prepare") is prepare
    assert [depend.get_depend_on_layer() for depend in render.get_depends()] == [prepare]
    assert render.get_depends()[0].get_type() == "LAYER_ON_LAYER"
    assert prepare.get_creator() is render
    assert render.get_preprocess_layers() == [prepare]


def test_pyoutlines_form_of_a_pre_process_works() -> None:
    ol = Outline("a-job", current=True)
    render = Layer("render")
    prepare = LayerPreProcess(render)

    assert prepare.get_name() == "render_preprocess"
    assert ol.get_layers() == [render, prepare]
    assert render.get_child("preprocess") is prepare


def test_a_pre_process_follows_when_its_layer_is_renamed_or_added_late() -> None:
    render = Layer("render")
    prepare = Prepare("prepare")
    ol = in_outline(render)
    render.add_child(prepare)

    render.set_name("beauty")

    assert [layer.get_name() for layer in ol.get_layers()] == ["beauty", "beauty_prepare"]


def test_a_pre_process_made_while_an_outline_is_current_waits_for_its_layer() -> None:
    ol = Outline("a-job", current=True)
    prepare = Prepare("prepare")
    assert ol.get_layers() == []
    with pytest.raises(LayerException, match="belongs to no layer yet"):
        prepare.get_creator()

    Layer("render").add_child(prepare)

    assert ol.is_layer("render_prepare")
    with pytest.raises(LayerException, match="belongs to layer render already"):
        Layer("other").add_child(prepare)


def test_a_post_process_waits_for_its_layer() -> None:
    render = Layer("render")
    post = LayerPostProcess("cleanup")
    render.add_child(post)
    in_outline(render)

    assert post.get_name() == "render_cleanup"
    assert [str(each.get_depend_on_layer()) for each in post.get_depends()] == ["render"]
    assert post.get_depends()[0].is_propagated()


def test_other_children_run_inside_the_frames_of_their_parent() -> None:
    seen: list[tuple[str, list[int]]] = []

    class Recorder(Layer):
        def _execute(self, frames: object) -> None:
            seen.append((self.get_name(), list(frames)))  # type: ignore[call-overload]

    parent, child = Recorder("parent", range="1-4", chunk=2), Recorder("child")
    ol = in_outline(parent, child)
    parent.add_child(child)
    ol.setup()

    parent.execute(3)

    assert [layer.get_name() for layer in ol.get_layers()] == ["parent"]
    assert ol.get_layer("parent.child") is child
    assert seen == [("parent", [3, 4]), ("parent.child", [3, 4])]
    with pytest.raises(UnknownLayerError, match="its children: child"):
        parent.get_child("nobody")
    with pytest.raises(LayerException, match="cannot become a child"):
        parent.add_child(parent)


def test_hooks_and_events_come_in_order() -> None:
    seen: list[str] = []

    class Hooks(Layer):
        def _after_init(self, ol: Outline) -> None:
            seen.append("init")

        def _setup(self) -> None:
            seen.append("setup")

        def _before_execute(self) -> None:
            seen.append("before")

        def _execute(self, frames: object) -> None:
            seen.append("execute")

        def _after_execute(self) -> None:
            seen.append("after")

    layer = Hooks("render")
    for kind in (event.SETUP, event.BEFORE_EXECUTE, event.AFTER_EXECUTE):
        layer.add_event_listener(kind, lambda each: seen.append(each.type))
    in_outline(layer).setup()
    layer.execute(1000)

    assert seen == [
        "init",
        "setup",
        "SETUP",
        "before",
        "BEFORE_EXECUTE",
        "execute",
        "after",
        "AFTER_EXECUTE",
    ]


def test_a_listener_that_fails_stops_nothing_unless_it_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    layer = Layer("render")
    layer.add_event_listener(event.SETUP, lambda each: 1 / 0)
    in_outline(layer).setup()
    assert "event listener failed" in caplog.text

    def stop(each: object) -> None:
        raise event.FailImmediately("no")

    other = Layer("other")
    other.add_event_listener(event.SETUP, stop)
    ol = in_outline(other)
    with pytest.raises(event.FailImmediately):
        ol.setup()


def test_event_types_may_be_the_caller_s_own() -> None:
    layer, heard = Layer("render"), []

    layer.add_event_listener("PUBLISHED", heard.append)
    layer.get_event_handler().emit(event.LayerEvent("PUBLISHED", layer, where="/a"))

    assert [each.where for each in heard] == ["/a"]


@pytest.mark.parametrize("value", ["parent", None, 5])
def test_parents_and_children_are_layers(value: object) -> None:
    layer = Layer("render")

    with pytest.raises(LayerException, match="cannot be the parent of layer 'render': it is no"):
        layer.set_parent(value)  # type: ignore[arg-type]
    with pytest.raises(LayerException, match="cannot be the child of layer 'render': it is no"):
        layer.add_child(value)  # type: ignore[arg-type]
    assert (layer.get_parent(), layer.get_children()) == (None, [])


def test_a_frame_without_any_range_has_the_usual_one() -> None:
    frame = Frame("once")
    in_outline(frame)

    assert frame.get_frame_range() == "1000-1000"
    assert list(frame.get_tasks().frames) == [1000]


def test_an_output_may_say_itself_whether_it_is_there() -> None:
    layer, path = Layer("render", range="1-2"), OutputPath("/nowhere/a.exr")
    path.set_attribute("checked", True)
    layer.add_output("image", path)
    asked = []
    path.exists = lambda *frames: not asked.append(frames)  # type: ignore[method-assign]

    layer.check_output()

    assert len(asked) == 1


def test_arguments_can_be_required_copied_and_defaulted() -> None:
    source = Layer("source", chunk=3, colour="red")
    layer = Layer("render")
    layer.copy_args_from(source, "chunk", "colour")
    layer.set_default_arg("colour", "blue")
    layer.set_default_arg("size", 5)
    layer.require_arg("size", int)
    layer.require_arg("colour", int)

    assert (layer.get_chunk(), layer.get_arg("colour"), layer.get_arg("size")) == (3, "red", 5)
    with pytest.raises(InvalidSettingError, match="colour"):
        layer.check_required_args()
    assert layer.is_arg_set("size")
    assert layer.get_arg("nothing", "x") == "x"


def test_max_cores_below_min_cores_are_found_at_setup() -> None:
    layer = Layer("render")
    layer.set_max_cores(2)
    layer.set_min_cores(4)

    with pytest.raises(InvalidSettingError, match="below the 4 cores"):
        in_outline(layer).setup()


def test_environment_and_other_settings_of_a_layer() -> None:
    layer = Layer("render", env={"A": "b"}, tags="one1 | two2", limits="nuke, arnold", type="util")
    layer.set_env("C", "d=e")
    layer.set_timeout(90.5)

    assert layer.get_envs() == {"A": "b", "C": "d=e"}
    assert (layer.get_env("A"), layer.get_env("X", "y")) == ("b", "y")
    assert layer.get_tags() == ["one1", "two2"]
    assert layer.get_limits() == ["nuke", "arnold"]
    assert layer.get_type() == "Util"
    assert layer.get_timeout() == 91
    for key, value in ((1, "x"), ("A=B", "x"), ("A\0", "x"), ("", "x")):
        with pytest.raises(InvalidSettingError, match="env key .*without '='"):
            layer.set_env(key, value)  # type: ignore[arg-type]
    for value in ("a\0b", None, ["x"], "\ud800"):
        with pytest.raises(InvalidSettingError, match="env A .*without the character 0"):
            layer.set_env("A", value)
    for value, text in (
        (10, "10"),
        (1.5, "1.5"),
        (True, "True"),
        (Path("/x"), "/x"),
        (b"\xe9", "\udce9"),
    ):
        layer.set_env("A", value)
        assert layer.get_env("A") == text
    with pytest.raises(InvalidSettingError, match="one of Render, Util, Post"):
        layer.set_type("Pre")
    with pytest.raises(InvalidSettingError, match="tag"):
        layer.set_tags(["no way"])
    with pytest.raises(InvalidSettingError, match="service"):
        layer.set_service("")
    with pytest.raises(InvalidSettingError, match="from 0 to 16"):
        layer.set_retry_count(17)


def test_inputs_and_outputs_are_checked_when_asked_for(tmp_path: object) -> None:
    layer = Layer("render")
    layer.add_input(None, f"{tmp_path}/in.txt")
    layer.add_output("image", f"{tmp_path}/out.exr")
    in_outline(layer).setup()
    layer.execute(1000)

    layer.set_input_attribute("checked", True)
    with pytest.raises(LayerException, match="input 'input0' is not there"):
        layer.execute(1000)
    layer.set_arg("nocheck", True)
    layer.execute(1000)
    with pytest.raises(LayerException, match="has no output 'x'; there are: image"):
        layer.get_output("x")
    with pytest.raises(LayerException, match="already"):
        layer.add_output("image", "x")


def test_pre_processes_announce_outputs_to_their_layer() -> None:
    render, prepare = Layer("render"), Prepare("prepare")
    render.add_child(prepare)
    prepare.add_output("cache", "/tmp/cache.abc")
    in_outline(render).setup()

    prepare.execute(1000)
    render.execute(1000)

    assert str(render.get_output("cache")) == "/tmp/cache.abc"


def test_arguments_can_be_overridden_through_the_session() -> None:
    layer = Layer("render", samples=16)
    in_outline(layer).setup()
    layer.put_data("args_override", {"samples": 32})

    layer.execute(1000)

    assert layer.get_arg("samples") == 32


def test_defaults_come_from_the_configuration_section_of_the_class(tmp_path: object) -> None:
    import os

    import outline

    path = f"{tmp_path}/outline.cfg"
    with open(path, "w") as stream:
        stream.write("[Shell]\nchunk = 7\nservice = nuke\n")
    os.environ["OL_CONFIG"] = path
    outline.config.reload()

    layer = Shell("render", command=["ls"])

    assert (layer.get_chunk(), layer.get_service()) == (7, "nuke")


def test_a_layer_class_may_have_abstract_methods_and_protocols_among_its_bases() -> None:
    class Base(Layer, abc.ABC):
        @abc.abstractmethod
        def render(self) -> str: ...

    class Renders(typing.Protocol):
        def render(self) -> str: ...

    class Before(Base):
        def render(self) -> str:
            return "before"

    class Behind(Layer, Renders):
        def render(self) -> str:
            return "behind"

    class InFront(Renders, Layer):
        def render(self) -> str:
            return "in front"

    ol = Outline("bases", current=True)
    with pytest.raises(TypeError, match="abstract"):
        Base("never")  # type: ignore[abstract] # that is what is tested
    made = [cls(f"layer{at}") for at, cls in enumerate((Before, Behind, InFront))]

    assert [layer.render() for layer in made] == ["before", "behind", "in front"]
    assert ol.get_layers() == made


def test_a_layer_is_added_once_its_whole_constructor_has_run() -> None:
    seen = []

    class Mixin:
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            self.mixed = True

    class Mixed(Mixin, Layer):
        def _after_init(self, ol: Outline) -> None:
            seen.append(sorted(vars(self)))

    class Own(Mixed):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            self.own = True

    Outline("whole", current=True)
    Mixed("mixed")
    Own("own-one")
    Mixed("again")

    assert seen == [["mixed"], ["mixed", "own"], ["mixed"]]


def test_a_constructor_that_never_reaches_the_layers_is_refused() -> None:
    class Forgetful(Layer):
        def __init__(self, name: str) -> None:
            self.word = name

    with pytest.raises(LayerException, match=r"Forgetful never reaches Layer.__init__"):
        Forgetful("lost")
