"""The digest of a layer's work: what changes it runs every frame again, where and when a frame runs does not."""

from __future__ import annotations

from typing import Any

import pytest

from outline import Outline
from outline._layer.settings import CHECKS
from outline._targets.work import work_of
from outline.modules.shell import Shell

RESOURCES: dict[str, Any] = {
    "range": "1-9",
    "chunk": 3,
    "cores": 2,
    "threads": 2,
    "max_cores": 4,
    "memory": "4g",
    "gpus": 1,
    "gpu_memory": "1g",
    "timeout": 5,
    "timeout_llu": 5,
    "retries": 2,
    "skip_existing": True,
    "start_after": "2h",
    "tags": ["general"],
    "limits": ["nuke"],
    "threadable": False,
    "service": "arnold",
    "require": "model",
    "nocheck": True,
}
OF_THE_WORK: frozenset[str] = frozenset()
"""Arguments with a check that change what a frame does."""


def digest(**args: Any) -> str:
    outline = Outline("shot", serialize=False)
    outline.add_layer(Shell("render", **{"command": ["render", "#IFRAME#"], **args}))
    work, doubt = work_of(outline.get_layer("render"))
    assert work
    assert not doubt
    return work


@pytest.mark.parametrize("key", RESOURCES)
def test_where_and_when_a_frame_runs_is_not_its_work(key: str) -> None:
    assert digest(**{key: RESOURCES[key]}) == digest()


def test_every_argument_with_a_check_is_one_or_the_other() -> None:
    assert CHECKS.keys() - RESOURCES.keys() == OF_THE_WORK


@pytest.mark.parametrize(
    "args", [{"command": ["render", "-v"]}, {"quality": 9}, {"env": {"A": "1"}}]
)
def test_another_command_argument_or_variable_is_other_work(args: dict[str, Any]) -> None:
    assert digest(**args) != digest()
