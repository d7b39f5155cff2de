"""Say what of a layer cannot travel, by the path that leads to it: a global a method uses, an attribute, an element."""

from __future__ import annotations

import io
import types
from collections.abc import Iterator
from typing import Any

from outline._restore import origin, travel
from outline.exception import LayerException
from outline.layer import Layer

_MAX_STEPS = 30
"""How deep a path may lead; below that the whole of it says no more."""
_MAX_TRIED = 200
"""How many elements of one collection are tried."""


def refused(layer: Layer, error: Exception) -> LayerException:
    """Return the error that says what of a layer cannot travel.

    Args:
        layer: The layer.
        error: What pickling it raised.
    """
    path, culprit = _find(layer)
    what = f"{path}: " if path else ""
    why = culprit if culprit is not None else error
    return LayerException(
        f"layer {layer.get_name()!r} cannot travel to the farm: {what}{_words(why)}; "
        "create it where it is used, in _execute, or leave it out in __getstate__"
    )


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _find(layer: Layer) -> tuple[str, Exception | None]:
    """Return the path to the innermost thing that cannot be pickled, and what pickling it raises."""
    path, error, seen = "", None, {id(layer)}
    parts: Iterator[tuple[str, Any]] = _of_layer(layer)
    for _ in range(_MAX_STEPS):
        found = next(_failing(layer, parts, seen), None)
        if found is None:
            break
        name, value, error = found
        seen.add(id(value))
        path = _joined(path, name)
        parts = _parts_of(value)
    return path, error


def _failing(
    layer: Layer, parts: Iterator[tuple[str, Any]], seen: set[int]
) -> Iterator[tuple[str, Any, Exception]]:
    for name, value in parts:
        if id(value) not in seen:
            error = _try(layer, value)
            if error is not None:
                yield name, value, error


def _try(layer: Layer, value: Any) -> Exception | None:
    pickler = travel.LayerPickler(io.BytesIO(), layer)
    try:
        pickler.write_alone(value)
    except Exception as error:  # noqa: BLE001 - what is pickled may raise anything when it is asked for its state
        return error
    return None


def _joined(path: str, name: str) -> str:
    """Return a path one step longer; a global or closure says itself where it is used."""
    if name.startswith(("global ", "variable ", "attribute ")) or not path:
        return name
    return f"{path}{name}" if name.startswith((".", "[")) else f"{path}, {name}"


def _of_layer(layer: Layer) -> Iterator[tuple[str, Any]]:
    for cls in type(layer).__mro__:
        if issubclass(cls, Layer) and origin.travels_by_value(cls):
            yield from _of_class(cls)
    shape, parts, own = _state(layer)
    state = own if shape == "state" else parts
    if isinstance(state, dict):
        yield from ((_name_of(name), each) for name, each in state.items())
    elif shape == "state":
        yield f"what {type(layer).__name__}.__getstate__ returns", state
    if shape == "reduce":
        yield f"what {type(layer).__name__}.__reduce__ returns", own


def _state(layer: Layer) -> travel.State:
    try:
        return travel.state_of(layer)
    except Exception:  # noqa: BLE001 - the user's own code; what it raised is said already
        return "", {}, None


def _name_of(name: str) -> str:
    return {"_args": "arguments", "_evh": "event listeners", "_children": "children"}.get(
        name, f"attribute self.{name}"
    )


def _parts_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value consists of, with how to get there."""
    if isinstance(value, Layer):
        yield from _of_layer(value)
    elif isinstance(value, types.FunctionType):
        yield from _of_function(value)
    elif isinstance(value, type):
        yield from _of_class(value)
    elif isinstance(value, types.MethodType):
        yield ", bound to", value.__self__
        yield from _of_function(value.__func__)
    elif isinstance(value, dict):
        yield from ((f"[{key!r}]", each) for key, each in list(value.items())[:_MAX_TRIED])
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{at}]", each) for at, each in enumerate(list(value)[:_MAX_TRIED]))
    else:
        inner = getattr(value, "__wrapped__", None) or getattr(value, "func", None)
        if isinstance(inner, types.FunctionType):
            yield from _of_function(inner)
        yield from ((f".{name}", each) for name, each in getattr(value, "__dict__", {}).items())


def _of_class(cls: type) -> Iterator[tuple[str, Any]]:
    for name, each in vars(cls).items():
        inner = getattr(each, "__func__", getattr(each, "function", each))
        if isinstance(inner, types.FunctionType):
            yield from _of_function(inner)
        elif isinstance(inner, property):
            yield from (part for f in (inner.fget, inner.fset) if f for part in _of_function(f))
        elif not name.startswith("__"):
            yield f"attribute {cls.__name__}.{name}", inner
    for base in cls.__bases__:
        if origin.travels_by_value(base) and not issubclass(base, Layer):
            yield from _of_class(base)


def _of_function(function: Any) -> Iterator[tuple[str, Any]]:
    name = function.__qualname__
    for used in _globals_of(function.__code__):
        if used in function.__globals__:
            yield f"global {used} used by {name}", function.__globals__[used]
    for free, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f"variable {free} used by {name}", cell.cell_contents
        except ValueError:
            continue
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield f"a default value of {name}", default


def _globals_of(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _globals_of(each)
