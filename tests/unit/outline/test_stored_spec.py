"""Stored jobs outlive the Cuelet that wrote them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.core.bench import spec_of

from outline.exception import NewerSpecError
from outline.jobspec.model import (
    SPEC_VERSION,
    DeclaredFile,
    EdgeSpec,
    LayerSpec,
    spec_from_dict,
    spec_to_dict,
)

SPEC = spec_of(
    LayerSpec(name="aaa", argv=("ls",), output_files=(DeclaredFile(name="x", paths=("/x",)),)),
    LayerSpec(name="bbb", command="x"),
    edges=(EdgeSpec(layer="bbb", on="aaa"),),
)


def stored() -> dict[str, Any]:
    """Return what the database has of `SPEC`."""
    values: dict[str, Any] = json.loads(json.dumps(spec_to_dict(SPEC)))
    return values


def test_a_spec_says_its_version_and_comes_back() -> None:
    assert stored()["version"] == SPEC_VERSION
    assert spec_from_dict(stored()) == SPEC


def test_a_spec_without_a_version_is_read() -> None:
    values = stored()
    del values["version"]
    for layer in values["layers"]:
        layer["gpu_memory_mb"] = 0

    assert spec_from_dict(values) == SPEC


def test_fields_that_are_no_more_are_passed_over_and_new_ones_have_their_default() -> None:
    values = stored()
    file = values["layers"][0]["output_files"][0]
    for part in (values, *values["layers"], *values["edges"], file):
        part["given_up"] = 1
    del values["layers"][1]["argv"], values["layers"][1]["tags"], values["layers"][1]["doubt"]

    assert spec_from_dict(values) == SPEC


def test_a_spec_of_a_later_cuelet_is_refused_by_name() -> None:
    values = {**stored(), "version": SPEC_VERSION + 1, "layers": "as only it knows"}

    with pytest.raises(NewerSpecError) as caught:
        spec_from_dict(values)

    assert f"job {SPEC.name!r} is stored in version {SPEC_VERSION + 1}" in str(caught.value)
    assert f"this Cuelet knows {SPEC_VERSION}; update Cuelet" in str(caught.value)
