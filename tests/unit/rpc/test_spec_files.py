"""Files that a spec declares are taken whole or refused."""

from __future__ import annotations

from typing import Any

import pytest

from cuelet.core.values.errors import InvalidSpecError
from cuelet.rpc.spec.files import declared_files
from cuelet.rpc.spec.job import parse_spec
from outline.jobspec.model import DeclaredFile
from tests.specs import job_spec

GOOD: dict[str, Any] = {"name": "image", "paths": ["/a.#IFRAME#"], "digits": 4, "checked": True}


def test_a_spec_says_what_its_frames_make() -> None:
    (job,) = parse_spec(job_spec({"render": {"argv": ["true"], "outputs": [GOOD]}}))

    assert job.layers[0].output_files == (
        DeclaredFile(name="image", paths=("/a.#IFRAME#",), digits=4, checked=True),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": 3},
        {"paths": []},
        {"paths": "/a"},
        {"paths": ["/a\0b"]},
        {"paths": ["\ud800"]},
        {"paths": [None]},
        {"digits": "4"},
        {"digits": 10**6},
        {"digits": True},
        {"min_bytes": -1},
        {"min_bytes": 2**80},
        {"min_bytes": 1.5},
    ],
)
def test_what_makes_no_sense_is_refused_with_the_layer(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidSpecError, match="layer 'render', outputs"):
        declared_files({"outputs": [{**GOOD, **change}]}, "outputs", "render")


@pytest.mark.parametrize("value", [{}, "x", 3, [3], [None], [{}]])
def test_a_list_of_files_is_wanted(value: object) -> None:
    with pytest.raises(InvalidSpecError, match="layer 'render', outputs"):
        declared_files({"outputs": value}, "outputs", "render")
