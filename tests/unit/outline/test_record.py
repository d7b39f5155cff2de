"""Records: immutable values with named fields."""

from __future__ import annotations

import copy
import pickle

import pytest

from outline.jobspec.model import DeclaredFile, EdgeSpec, LayerSpec
from outline.jobspec.record import Record


def test_a_field_without_a_default_is_needed() -> None:
    with pytest.raises(TypeError, match="EdgeSpec needs on"):
        EdgeSpec(layer="a")  # type: ignore[call-arg]


@pytest.mark.parametrize("also", [{}, {"on": "b"}])
def test_an_unknown_field_is_named(also: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="EdgeSpec has no field colour"):
        EdgeSpec(layer="a", colour="red", **also)  # type: ignore[call-arg]


def test_nothing_of_it_can_be_changed() -> None:
    edge = EdgeSpec(layer="a", on="b")

    with pytest.raises(AttributeError, match=r"\.replace\(on=\.\.\.\)"):
        edge.on = "c"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot be changed"):
        del edge.on  # type: ignore[misc]


def test_a_replaced_one_differs_in_that_field_alone() -> None:
    edge = EdgeSpec(layer="a", on="b")

    assert edge.replace(on="c") == EdgeSpec(layer="a", on="c") != edge
    assert edge.replace() == edge
    assert hash(edge.replace()) == hash(edge)


def test_records_of_two_classes_differ() -> None:
    class One(Record):
        name: str

    class Other(Record):
        name: str

    assert One(name="x") != Other(name="x")
    assert repr(One(name="x")) == "One(name='x')"


def test_as_a_dict_all_within_it_is_plain_and_its_own() -> None:
    layer = LayerSpec(
        name="a", env={"K": "v"}, output_files=(DeclaredFile(name="o", paths=("/o",)),)
    )

    made = layer.to_dict()

    assert tuple(made) == LayerSpec.FIELDS
    assert made["output_files"][0]["paths"] == ("/o",)
    made["env"]["K"] = "other"
    assert layer.env == {"K": "v"}


def test_it_can_be_copied_and_pickled() -> None:
    layer = LayerSpec(name="a", env={"K": "v"})

    assert copy.deepcopy(layer) == pickle.loads(pickle.dumps(layer)) == layer
