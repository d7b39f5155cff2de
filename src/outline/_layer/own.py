"""What the user's class adds to a layer: attributes, slots, and its own say in how they are kept."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from outline._layer.protocols import AnyLayer

_NO_STATE = ("__dict__", "__weakref__")


def shape(cls: type) -> str:
    """Return how a class keeps what it adds: by ``reduce``, by ``state`` of its own, or ``data`` when it says nothing."""
    layer = _layer_class(cls)
    if any(getattr(cls, name) is not getattr(layer, name) for name in _REDUCING):
        return "reduce"
    if any(getattr(cls, name) is not getattr(layer, name) for name in _KEEPING):
        return "state"
    return "data"


_REDUCING = ("__reduce__", "__reduce_ex__")
_KEEPING = ("__getstate__", "__setstate__")


def _layer_class(cls: type) -> Any:
    """Return ``Layer``, which is above every class of layers."""
    return next(each for each in cls.__mro__ if "_layer_parts" in each.__dict__)


def slots(layer: AnyLayer) -> dict[str, Any]:
    """Return what a layer has in the ``__slots__`` of its class."""
    cls = type(layer)
    if cls.__basicsize__ == _layer_class(cls).__basicsize__:
        return {}
    names = (name for each in cls.__mro__ for name in _slots_of(each))
    return {name: getattr(layer, name) for name in names if hasattr(layer, name)}


def _slots_of(cls: type) -> list[str]:
    if "_layer_parts" in cls.__dict__:
        return []
    said = cls.__dict__.get("__slots__", ())
    names = [said] if isinstance(said, str) else list(said)
    return [_mangled(cls, name) for name in names if name not in _NO_STATE]


def _mangled(cls: type, name: str) -> str:
    is_private = name.startswith("__") and not name.endswith("__")
    return f"_{cls.__name__.lstrip('_')}{name}" if is_private else name


def fill_slots(layer: AnyLayer, held: Mapping[str, Any]) -> None:
    """Give the slots of a layer what they held."""
    for name, value in held.items():
        object.__setattr__(layer, name, value)


def state(layer: Any) -> Any:
    """Return what a layer's ``__setstate__`` is to get: what its ``__getstate__`` says, else its attributes."""
    cls = type(layer)
    if cls.__getstate__ is _layer_class(cls).__getstate__:
        own, in_slots = dict(vars(layer)), slots(layer)
        return (own, in_slots) if in_slots else own
    layer._layer_parts.travels = True
    try:
        return layer.__getstate__()
    finally:
        layer._layer_parts.travels = False
