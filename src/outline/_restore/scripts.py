"""Outline scripts and outlines written as JSON: what they say becomes layers."""

from __future__ import annotations

from outline.exception import ScriptError
from outline.layer import Layer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")

_SETTINGS = ("name", "facility", "maxcores", "maxgpus")


def execute(path: str) -> dict[str, Any]:
    """Execute a script and return the names it leaves.

    Raises:
        ScriptError: It cannot be read or is not Python.
    """
    try:
        with open(path, "rb") as stream:
            code = compile(stream.read(), path, "exec")
    except (OSError, SyntaxError, ValueError) as error:
        raise ScriptError(path=path, reason=error) from error
    names: dict[str, Any] = {"__name__": "__outline_script__", "__file__": path}
    exec(code, names)  # noqa: S102 - an outline script is a program
    return names


def only_one(kind: type[T], names: Mapping[str, Any]) -> T | None:
    """Return what a script keeps in a variable of some class, if there is exactly one."""
    found = {id(value): value for value in names.values() if isinstance(value, kind)}
    return next(iter(found.values())) if len(found) == 1 else None


def read_json(text: str) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """Return what a JSON text says of an outline, as its arguments, and of its layers; see `outline.load_json`.

    Raises:
        ScriptError: The text is not such a description.
    """
    import json

    try:
        data = json.loads(text)
    except ValueError as error:
        raise ScriptError(path="JSON text", reason=error) from error
    if not isinstance(data, dict) or not isinstance(data.get("layers", []), list):
        raise ScriptError(path="JSON text", reason="it has to be an object with a list of layers")
    settings = {key: data[key] for key in _SETTINGS if data.get(key) is not None}
    return {**settings, "frame_range": data.get("range")}, data.get("layers", [])


def build_layer(said: Mapping[str, Any]) -> Layer:
    """Return the layer that an object of a JSON text describes."""
    args = {key: value for key, value in said.items() if key not in {"name", "module"}}
    layer: Layer = layer_class(said.get("module"))(said.get("name"), **args)
    return layer


def layer_class(path: object) -> Any:
    """Return the Layer class a dotted path names; nothing else may be called from a file.

    Raises:
        ScriptError: There is no such class.
    """
    import importlib

    module, _, name = str(path).rpartition(".")
    try:
        cls = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ScriptError(path=f"layer class {path}", reason=error) from error
    if path == "outline.modules.shell.shell" or (isinstance(cls, type) and issubclass(cls, Layer)):
        return cls
    raise ScriptError(path=f"layer class {path}", reason="it is no subclass of outline.Layer")
