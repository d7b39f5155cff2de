"""The reader of imports that the gates on cycles are built on finds what is there, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gates.import_graph import Import, Kind, arrows_up, cycles, graph, imports

SOURCES = {
    "__init__": "from house import door\n",
    "door": "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from house.attic import Roof\n",
    "attic.__init__": "from .. import door\nclass Roof: ...\n",
    "attic.chest": "def look():\n    import os, house.door\n    from house.attic import chest, Roof\n",
    "cellar": "import importlib\ndef dig():\n    importlib.import_module('house.attic.chest')\n",
}


@pytest.fixture
def src(tmp_path: Path) -> Path:
    for name, text in SOURCES.items():
        path = tmp_path / "house" / (name.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_every_import_is_found_with_its_kind(src: Path) -> None:
    assert imports("house", src) == [
        Import("house", "house.door", 1, Kind.EAGER),
        Import("house.attic", "house.door", 1, Kind.EAGER),
        Import("house.attic.chest", "house.attic", 3, Kind.LAZY),
        Import("house.attic.chest", "house.door", 2, Kind.LAZY),
        Import("house.cellar", "house.attic.chest", 3, Kind.LAZY),
        Import("house.door", "house.attic", 3, Kind.TYPE_ONLY),
    ]


def test_a_cycle_that_only_type_checkers_see_is_found_when_asked_for(src: Path) -> None:
    assert cycles(graph("house", src=src)) == [["house.attic", "house.door"]]
    assert cycles(graph("house", {Kind.EAGER, Kind.LAZY}, src)) == []


def test_an_import_of_a_higher_floor_goes_up(src: Path) -> None:
    floors = [["house.attic"], ["house.door"]]

    assert arrows_up(graph("house", src=src), floors) == [("house.door", "house.attic")]
