"""Which modules' code travels with a layer: that of scripts, not what an importable module brings."""

from __future__ import annotations

import sys
import types
import xml.parsers.expat  # makes modules without file and spec
from collections.abc import Iterator

import pytest

from outline._restore import origin


@pytest.fixture
def made() -> Iterator[types.ModuleType]:
    """Return a module as an application makes one for the text in its script editor."""
    module = types.ModuleType("editor_text")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def test_what_an_extension_module_brings_is_no_script() -> None:
    names = [name for name in sys.modules if name.startswith(("pyexpat", "xml.parsers.expat"))]

    assert "pyexpat.model" in names
    assert not any(map(origin.is_script, names))
    with origin.scripts_by_value():
        assert xml.parsers.expat.model.__name__ == "pyexpat.model"


def test_text_without_a_file_is_a_script(made: types.ModuleType) -> None:
    assert origin.is_script(made.__name__)
    with origin.scripts_by_value():
        pass
