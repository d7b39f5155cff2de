"""Outline scripts and outlines written as JSON: what they say becomes layers."""

from __future__ import annotations

import importlib
import json
import os
import sys
from types import ModuleType

from outline._restore.origin import SCRIPT
from outline.exception import ScriptError
from outline.jobspec.plainfile import open_plain
from outline.layer import Layer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol, TypeVar

    class Growing(Protocol):
        """An outline, as far as a script needs it."""

        def add_layer(self, layer: Layer) -> None:
            """Add a layer."""

    T = TypeVar("T")
    Built = TypeVar("Built", bound=Growing)

_GIVEN_MODULES = ("FileSequence", "json", "logging", "os", "outline", "time", "uuid", "yaml")
_GIVEN_NAMES = (
    *("Outline", "current_outline", "load_json"),
    *("load_outline", "parse_outline_script", "quick_outline"),
)
"""Names that a script finds without importing them, as PyOutline runs it among those of its own loader."""
_SETTINGS = ("name", "facility", "maxcores", "maxgpus")


def execute(path: str) -> dict[str, Any]:
    """Execute a script and return the names it leaves; it is a module, and modules beside it can be imported.

    Raises:
        ScriptError: It cannot be read or is not Python.
    """
    file = os.path.abspath(path)
    try:
        with open_plain(path) as stream:
            code = compile(stream.read(), file, "exec")
    except (OSError, SyntaxError, ValueError) as error:
        raise ScriptError(path=path, reason=error) from error
    folder = os.path.dirname(os.path.realpath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    names = vars(_module(file))
    names.update(_given())
    exec(code, names)  # noqa: S102 - an outline script is a program
    return names


def _module(file: str) -> ModuleType:
    """Return a new module for a script, under a name that no other script has."""
    name, number = SCRIPT, 1
    while name in sys.modules and sys.modules[name].__file__ != file:
        number += 1
        name = f"{SCRIPT}{number}"
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = file
    return module


def _given() -> dict[str, Any]:
    """Return what a script finds without importing it."""
    modules = {name: importlib.import_module(name) for name in _GIVEN_MODULES}
    return modules | {name: getattr(modules["outline"], name) for name in _GIVEN_NAMES}


def only_one(kind: type[T], names: Mapping[str, Any]) -> T | None:
    """Return what a script keeps in a variable of some class, if there is exactly one."""
    found = {id(value): value for value in names.values() if isinstance(value, kind)}
    return next(iter(found.values())) if len(found) == 1 else None


def load_json(text: str, new_outline: Callable[..., Built]) -> Built:
    """Return the outline that a JSON text describes; see `outline.load_json`.

    Args:
        text: The JSON text.
        new_outline: Makes the outline, which then is the current one.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ScriptError(path="JSON text", reason=error) from error
    if not isinstance(data, dict) or not isinstance(data.get("layers", []), list):
        raise ScriptError(path="JSON text", reason="it has to be an object with a list of layers")
    settings = {key: data[key] for key in _SETTINGS if data.get(key) is not None}
    outline = new_outline(frame_range=data.get("range"), current=True, **settings)
    for each in data.get("layers", []):
        args = {key: value for key, value in each.items() if key not in {"name", "module"}}
        outline.add_layer(layer_class(each.get("module"))(each.get("name"), **args))
    return outline


def layer_class(path: object) -> Any:
    """Return the Layer class a dotted path names; nothing else may be called from a file.

    Raises:
        ScriptError: There is no such class.
    """
    module, _, name = str(path).rpartition(".")
    try:
        cls = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ScriptError(path=f"layer class {path}", reason=error) from error
    if path == "outline.modules.shell.shell" or (isinstance(cls, type) and issubclass(cls, Layer)):
        return cls
    raise ScriptError(path=f"layer class {path}", reason="it is no subclass of outline.Layer")
