"""What an imported module holds and code of the script uses too: a frame's module and its script hold one thing, not two.

It has the content of the launch in the frame; the module's own code and the script's see each other's changes.
"""

from __future__ import annotations

import collections
import contextvars
import copyreg
import sys
import types

from outline._layer.current import is_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Shared = tuple[types.ModuleType, str, type, Any]
    """Where a thing is found: its module and name there; its class, and what is in it."""

_TABLES = (dict, collections.defaultdict, collections.OrderedDict, collections.Counter)
_ROWS = (list, collections.deque)
_CONTAINERS = frozenset({*_TABLES, *_ROWS, set})
_OWN = frozenset({"outline", "opencue", "cuelet", "cloudpickle"})
"""Modules whose things are no part of a job."""
_PLAIN = ("__reduce_ex__", "__reduce__", "__getstate__", "__getattribute__")
"""What a class overrides that says itself how its instances travel, or what is in them."""
_SAYING = frozenset({"__slots__", "__setstate__", "__getnewargs__", "__getnewargs_ex__"})
"""What a class of such instances has."""

_places: dict[int, tuple[str, str]] = {}
"""Module and name of what modules hold, by identity; looked at again when there are other modules."""
_looked_at: list[object] = []
_filled: set[tuple[str, str]] = set()
"""What has the content of the launch: a second pickle must not set it back."""


def places(scripts: Callable[[str], bool]) -> dict[int, tuple[str, str]]:
    """Return module and name of what the modules of this process hold, by identity.

    Args:
        scripts: Tells whether the code of a module of some name travels.
    """
    now = [len(sys.modules), next(reversed(sys.modules))]
    if now != _looked_at:
        _places.clear()
        _places.update((id(each), where) for each, where in _held(scripts))
        _looked_at[:] = now
    return _places


def holder(value: object, where: tuple[str, str]) -> types.ModuleType | None:
    """Return the module, if it holds a thing under that name still."""
    module = sys.modules.get(where[0])
    return module if module is not None and vars(module).get(where[1]) is value else None


def _held(scripts: Callable[[str], bool]) -> Iterator[tuple[object, tuple[str, str]]]:
    for module, holder in list(sys.modules.items()):
        if not _is_looked_at(module, holder) or scripts(module):
            continue
        is_pythons = module.partition(".")[0] in sys.stdlib_module_names
        for name, value in list(vars(holder).items()):
            if not name.startswith("__") and _is_shared(value, is_pythons=is_pythons):
                yield value, (module, name)


def _is_looked_at(module: str, holder: object) -> bool:
    return (
        type(holder) is types.ModuleType
        and holder.__name__ == module
        and module.partition(".")[0] not in _OWN
    )


def _is_shared(value: object, *, is_pythons: bool) -> bool:
    """Tell whether it matters which of two equal things this is; of Python's own only those with nothing in them."""
    kind = type(value)
    if kind in _CONTAINERS or kind is contextvars.ContextVar:
        return not is_pythons
    if kind is object:
        return True
    if isinstance(value, type) or kind in copyreg.dispatch_table or _says(kind):
        return False
    return not (is_pythons and vars(value))


def _says(kind: type) -> bool:
    """Tell whether a class keeps more than a dictionary, or says how that is filled or read."""
    return (
        not kind.__dictoffset__
        or any(getattr(kind, each) is not getattr(object, each) for each in _PLAIN)
        or any(
            cls.__module__ == "builtins" or not _SAYING.isdisjoint(vars(cls))
            for cls in kind.__mro__[:-1]
        )
    )


def content(value: Any) -> Any:
    """Return a copy of what is in a thing."""
    kind = type(value)
    if kind is contextvars.ContextVar:
        return value_of(value)
    if kind in _TABLES:
        return dict(value)
    if kind in _CONTAINERS:
        return list(value)
    return dict(getattr(value, "__dict__", {}))


def value_of(variable: contextvars.ContextVar[Any]) -> tuple[Any, ...]:
    """Return the value that a variable has now, alone; nothing when it has none."""
    try:
        return (variable.get(),)
    except LookupError:
        return ()


def again(module: types.ModuleType, name: str, kind: type, held: Any) -> Any:
    """Return what the module of this process holds, with the content of the launch when this process is a frame's."""
    found = vars(module).get(name)
    if type(found) is not kind:
        found = object.__new__(kind) if kind not in _CONTAINERS else kind()
        setattr(module, name, found)
    if held is not None and is_frame() and (module.__name__, name) not in _filled:
        _filled.add((module.__name__, name))
        _fill(found, kind, held)
    return found


def _fill(found: Any, kind: type, held: Any) -> None:
    if kind is contextvars.ContextVar:
        for each in held:
            found.set(each)
    elif kind in _CONTAINERS:
        found.clear()
        (found.extend if kind in _ROWS else found.update)(held)
    elif held:
        vars(found).clear()
        vars(found).update(held)
