from __future__ import annotations

import pickle

import pytest

from outline import Layer, LayerPreProcess, Outline, OutlineException
from outline.depend import Depend, DependType, parse_require_str
from outline.exception import DependencyCycleError, UnknownLayerError
from outline.frames import EdgeKind
from outline.modules.shell import Shell


def chain(count: int) -> tuple[Outline, list[Layer]]:
    ol = Outline("a-job")
    layers = [Layer(f"layer{index}", range="1-5") for index in range(count)]
    for layer in layers:
        ol.add_layer(layer)
    return ol, layers


def described(layer: Layer) -> list[tuple[str, str, str]]:
    return [
        (str(each.get_depend_on_layer()), str(each.get_type()), each.get_type().outcome)
        for each in layer.get_depends()
    ]


def test_the_seeds_and_pyoutlines_spellings_are_both_there() -> None:
    assert DependType.FRAME_BY_FRAME == DependType.FrameByFrame == "FRAME_BY_FRAME"
    assert f"{DependType.LAYER_ON_LAYER}" == "LAYER_ON_LAYER"
    assert DependType.LAYER_ON_LAYER == "LAYER_ON_LAYER"
    assert DependType.LayerOnLayer != DependType.LAYER_ON_LAYER
    assert DependType.LAYER_ON_LAYER.outcome == "finished"
    assert DependType.LayerOnLayer.outcome == DependType("LAYER_ON_LAYER").outcome == "succeeded"
    assert DependType.PREVIOUS_FRAME.kind is EdgeKind.PREVIOUS_FRAME
    assert hash(DependType.FrameByFrame) == hash("FRAME_BY_FRAME")
    assert DependType.FrameByFrame != 3
    with pytest.raises(OutlineException, match="no depend type 'SOMETIMES'"):
        DependType("SOMETIMES")


def test_a_depend_type_keeps_its_outcome_when_pickled() -> None:
    again = pickle.loads(pickle.dumps(DependType.LAYER_ON_LAYER))

    assert again == DependType.LAYER_ON_LAYER
    assert again != DependType.LayerOnLayer


def test_every_way_of_waiting() -> None:
    ol, (first, second) = chain(2)

    second.depend_on(first)
    second.depend_all(first)
    second.depend_finished(first)
    second.depend_previous(first)
    second.depend_on(first, any_frame=True)
    second.depend_on("layer0", DependType.LayerOnSimFrame, propigate=True)
    ol.setup_depends()

    assert described(second) == [
        ("layer0", "FRAME_BY_FRAME", "succeeded"),
        ("layer0", "LAYER_ON_LAYER", "succeeded"),
        ("layer0", "LAYER_ON_LAYER", "finished"),
        ("layer0", "PREVIOUS_FRAME", "succeeded"),
        ("layer0", "LAYER_ON_ANY", "succeeded"),
        ("layer0", "LAYER_ON_SIM_FRAME", "succeeded"),
    ]
    assert second.get_depends()[4].is_any_frame()
    assert second.get_depends()[5].is_propagated()
    assert {each.get_dependant_layer() for each in first.get_dependents()} == {second}


def test_saying_it_twice_is_saying_it_once_and_it_can_be_taken_back() -> None:
    _, (first, second) = chain(2)
    second.depend_on(first)
    second.depend_on(first)
    assert len(second.get_depends()) == 1

    second.undepend(second.get_depends()[0])
    second.undepend(Depend(second, first))

    assert second.get_depends() == []


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        ("", "FRAME_BY_FRAME"),
        (":all", "LAYER_ON_LAYER"),
        (":any", "LAYER_ON_ANY"),
        (":sim", "LAYER_ON_SIM_FRAME"),
        (":prev", "PREVIOUS_FRAME"),
    ],
)
def test_require_arguments_become_depends_at_setup(suffix: str, expected: str) -> None:
    ol, _ = chain(1)
    ol.add_layer(Layer("render", require=[f"layer0{suffix}"]))

    ol.setup()

    assert described(ol.get_layer("render")) == [("layer0", expected, "succeeded")]
    assert parse_require_str(f"layer0{suffix}") == ("layer0", expected)


def test_an_unknown_require_suffix_is_refused() -> None:
    ol, _ = chain(1)
    ol.add_layer(Layer("render", require="layer0:some"))
    with pytest.raises(OutlineException, match="no 'some'; there are: all, any, sim, prev"):
        ol.setup()


def test_a_layer_may_name_another_before_either_is_in_an_outline() -> None:
    render = Layer("render", range="1-5")
    render.depend_on("prep")
    ol = Outline("a-job")
    ol.add_layer(render)
    prep = Layer("prep", range="1-5")
    ol.add_layer(prep)

    ol.setup()

    assert render.get_depends()[0].get_depend_on_layer() is prep


def test_unknown_layers_are_named_as_early_as_possible() -> None:
    ol, (first, second) = chain(2)
    with pytest.raises(
        UnknownLayerError, match=r"'layer1' depends on 'prep': no layer 'prep'.*layer0, layer1"
    ):
        second.depend_on("prep")
    with pytest.raises(OutlineException, match="give a layer or the name of one"):
        second.depend_on(None)  # type: ignore[arg-type]

    second.depend_on(Layer("stranger"))
    with pytest.raises(UnknownLayerError, match="'stranger'"):
        ol.setup()
    assert ol.find_session() is None
    second.undepend(second.get_depends()[0])

    other = Outline("other")
    twin = Layer("layer0", range="1-5")
    other.add_layer(twin)
    second.depend_on(twin)
    with pytest.raises(UnknownLayerError, match="of another outline"):
        ol.setup()
    assert first.get_name() == "layer0"


def test_a_cycle_is_refused_where_it_is_made_with_its_path() -> None:
    _, (first, second, third) = chain(3)
    second.depend_on(first)
    third.depend_all(second)

    with pytest.raises(
        DependencyCycleError, match="circular dependency layer0 -> layer2 -> layer1 -> layer0;"
    ):
        first.depend_on(third)
    with pytest.raises(DependencyCycleError, match="layer0 -> layer0"):
        first.depend_on(first)

    assert first.get_depends() == []


def test_a_cycle_made_by_names_is_refused_at_setup() -> None:
    ol = Outline("a-job")
    for name, on in (("one", "two"), ("two", "three"), ("three", "one")):
        layer = Layer(name)
        layer.depend_on(on)
        ol.add_layer(layer)

    with pytest.raises(DependencyCycleError, match="one -> two -> three -> one"):
        ol.setup()

    assert ol.find_session() is None


def test_a_layer_may_wait_for_its_own_previous_frame() -> None:
    ol, (sim,) = chain(1)
    sim.depend_previous(sim)

    ol.setup()

    assert described(sim) == [("layer0", "PREVIOUS_FRAME", "succeeded")]


def test_two_layers_may_lean_on_each_others_previous_frames() -> None:
    ol, (sim, collide) = chain(2)
    collide.depend_on(sim)
    sim.depend_previous(collide)

    ol.setup()


def test_previous_frames_that_could_never_start_are_a_cycle() -> None:
    ol, (sim, collide) = chain(2)
    collide.depend_all(sim)
    sim.depend_previous(collide)

    with pytest.raises(DependencyCycleError, match="layer0 -> layer1 -> layer0"):
        ol.setup()


@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_of_three_thousand_layers_needs_no_recursion(backwards: bool) -> None:
    ol, layers = chain(3000)
    pairs = list(zip(layers[1:], layers, strict=False))
    for er, on in reversed(pairs) if backwards else pairs:
        er.depend_on(on)

    ol.check()

    layers[0].depend_on(layers[-1])
    with pytest.raises(DependencyCycleError):
        ol.check()


def test_a_pre_process_waits_for_any_frame_its_layer_waits_for() -> None:
    ol = Outline("any-job", frame_range="1-4")
    first, second = Shell("first", command=["ls"]), Shell("second", command=["ls"])
    ol.add_layer(first)
    ol.add_layer(second)
    before = LayerPreProcess(second)
    second.depend_on(first, any_frame=True)

    ol.setup_depends()
    ol.setup_depends()

    assert [
        (str(each.get_depend_on_layer()), each.is_any_frame()) for each in before.get_depends()
    ] == [("first", True)]
