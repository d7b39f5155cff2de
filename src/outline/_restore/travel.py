"""What of a layer travels by value, as one pickle: its class, its state, and of the user's script what these use.

A pickle is a row of records; `outline._restore.scriptmodule` is what they are made of again in a frame.
"""

from __future__ import annotations

import contextvars
import functools
import io
import re
import sys
import types
import typing
from typing import Any

import cloudpickle

from outline._layer import own
from outline._layer.made import written
from outline._layer.parts import parts_of
from outline._restore import origin, process, scriptmodule, shared
from outline.layer import Layer

FORM = 2
"""Version of the row of records; pickles without one are those of the first, class and state one after the other."""


class CannotTravelError(Exception):
    """Something has no copy on another machine; the message says why."""


class LayerPickler(cloudpickle.Pickler):  # type: ignore[misc] # cloudpickle has no types
    """Writes one layer; other layers and the outline are kept as names, the script's namespace as that of a module.

    Args:
        stream: What it writes to.
        layer: The layer; None for what belongs to the script.
        outline: Its outline, where there is no layer.
    """

    def __init__(self, stream: Any, layer: Layer | None, outline: Any = None) -> None:
        super().__init__(stream)
        self.layer, self.outline = layer, layer.find_outline() if layer else outline
        self.scripts: dict[str, dict[str, str | None]] = {}
        """The modules that travel by value, with what they say of themselves."""
        self.looks_up = False
        """Code looks for names of its script by text."""
        self.wanted: dict[str, dict[str, None]] = {}
        """By module: the names that have to be there although no code says so."""
        self._written: set[tuple[str, str]] = set()
        self._apart: set[type] = {
            cls for cls in type(layer).__mro__ if layer is not None and issubclass(cls, Layer)
        }
        self._bodies: list[tuple[type, Any]] = []
        self._things = process.things()
        self._places = shared.places(origin.is_script)
        self._shared: set[int] = set()

    # The records.

    def write(self, state: Any) -> None:
        """Write all records.

        Args:
            state: What the layer holds; see `state_of`.
        """
        with origin.scripts_by_value():
            self.dump(type(self.layer))
            self.dump(("classes", self._bodies))  # apart: they may lead to the layer itself
            self._write_wanted()
            self.dump(("state", state))
            self._write_wanted()
            self.dump(("end", None))

    def write_alone(self, value: Any) -> None:
        """Write one value, to see whether it can be; names it is found by are another matter."""
        self._apart.clear()
        with origin.scripts_by_value():
            self.dump(value)

    def write_name(self, module: str, name: str) -> None:
        """Write one name of a script."""
        self._want(module, name)
        with origin.scripts_by_value():
            self._write_wanted()

    def _write_wanted(self) -> None:
        while found := self._take_wanted():
            self.dump(("names", found))

    def _take_wanted(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for module, names in self.wanted.items():
            held = vars(sys.modules[module])
            for name in names:
                if (module, name) not in self._written:
                    self._written.add((module, name))
                    found.setdefault(module, {})[name] = held[name]
        return found

    # What stands for what.

    def persistent_id(self, value: Any) -> tuple[str, Any] | None:
        """Return what stands for an outline, another layer, a namespace, a thing of the process or of a module it imports."""
        if id(value) in self._things:
            return "thing", self._things[id(value)]
        kind = type(value)
        if kind is origin.Namespace:
            return "names", value.module
        if isinstance(value, Layer):
            return self._reference(value)
        if self.outline is not None and isinstance(value, type(self.outline)):
            return "outline", ""
        return self._of_module(value)

    def _of_module(self, value: Any) -> tuple[str, shared.Shared] | None:
        """Return what stands for a thing that a module holds; its content comes with it once."""
        where = self._places.get(id(value))
        module = shared.holder(value, where) if where is not None else None
        if where is None or module is None:
            return None
        is_new = id(value) not in self._shared
        self._shared.add(id(value))
        return "shared", (module, where[1], type(value), shared.content(value) if is_new else None)

    def _reference(self, value: Layer) -> tuple[str, str] | None:
        if value is self.layer:
            return "layer", value.get_name()
        if value.get_parent() is not None or value.find_outline() is not self.outline:
            return None
        return "layer", value.get_name()

    def reducer_override(self, value: Any) -> Any:
        """Return how something is made again, or NotImplemented where pickle knows."""
        kind = type(value)
        if kind is types.FunctionType:
            return self._function(value)
        if isinstance(value, type):
            return self._class(value)
        if kind in _BY_VALUE:
            return _BY_VALUE[kind](self, value)
        if isinstance(value, types.ModuleType):
            return self._module(value)
        if isinstance(value, Layer):
            return _inner(value)
        if isinstance(value, io.IOBase):
            return _stream(value)
        return super().reducer_override(value)

    def _function(self, function: types.FunctionType) -> Any:
        if hasattr(function, "registry") and function.__globals__ is vars(functools):
            return _dispatcher(function)
        file = origin.file_of(function)
        if file is not None:
            return scriptmodule.from_file, (*file, function.__qualname__)
        space = origin.namespace(function.__globals__)
        if space is not None:
            self.globals_ref[id(function.__globals__)] = space
            self._note(space)
        made = super().reducer_override(function)
        if made is NotImplemented:
            return made
        make, args, (attributes, slots), *_, setter = made
        self.looks_up = self.looks_up or not _BY_TEXT.isdisjoint(function.__code__.co_names)
        self._bind(function)
        self._annotated(function.__module__, function.__annotations__)
        if space is not None and not space.is_script:
            slots["__globals__"] = {}  # the module itself is there
        name = function.__qualname__ if self._is_bound(function) else ""
        state = setter, (attributes, slots)
        return (
            scriptmodule.make_function,
            (name, make, args),
            state,
            None,
            None,
            scriptmodule.fill_function,
        )

    def _class(self, cls: type) -> Any:
        file = origin.file_of(cls)
        if file is not None:
            return scriptmodule.from_file, (*file, cls.__qualname__)
        made = super().reducer_override(cls)
        if made is NotImplemented or len(made) < 3:
            return made
        make, args, (body, slots), *_, setter = made
        if not issubclass(cls, tuple):  # those have none, and named ones are made by a function
            args, body = _with_slots(args, body)
        scriptmodule.keep(cls)
        self._bind(cls)
        self._annotated(cls.__module__, body.get("__annotations__"))
        state = setter, (written(body) | {"__qualname__": cls.__qualname__}, slots)
        if origin.travels_by_value(type(cls)):  # its class has seen it made once
            args = (scriptmodule.Plainly(type(cls)), *args[1:]) if type(cls) is args[0] else args
        args = make, args
        make = scriptmodule.make_class
        if cls in self._apart:
            self._bodies.append((cls, state))
            return make, args
        return make, args, state, None, None, scriptmodule.fill_class

    def _module(self, module: types.ModuleType) -> Any:
        if module.__name__ in self.scripts or origin.is_script(module.__name__):
            self._note(origin.Namespace(module.__name__, vars(module)))
            return scriptmodule.script, (module.__name__,)
        file = origin.file_of_module(module)
        if file is not None:
            return scriptmodule.module_from_file, file
        return super().reducer_override(module)

    def _note(self, space: origin.Namespace) -> None:
        if space.is_script:
            self.scripts.setdefault(
                space.module, {"file": space.file, "doc": space.doc, "package": space.package}
            )

    # Names of the script that no code says, but Python asks its module for.

    def _is_bound(self, thing: Any) -> bool:
        """Tell whether the script's module has something under the name pickle would look for."""
        module = thing.__module__
        return origin.is_script(module) and origin.find(module, thing.__qualname__) is thing

    def _bind(self, thing: Any) -> None:
        if self._is_bound(thing):
            self._want(thing.__module__, thing.__qualname__.partition(".")[0])

    def _want(self, module: str, name: str) -> None:
        self.wanted.setdefault(module, {})[name] = None
        self._note(origin.Namespace(module, vars(sys.modules[module])))

    def _annotated(self, module: str | None, annotations: dict[str, Any] | None) -> None:
        """Want what annotations name that are kept as text: `typing.get_type_hints` looks for it."""
        if not annotations or not origin.is_script(module):
            return
        held = vars(sys.modules[str(module)])
        for each in annotations.values():
            text = "" if isinstance(each, type) else each if isinstance(each, str) else repr(each)
            for name in _WORD.findall(text):
                if name in held and _is_kind(held[name]):
                    self._want(str(module), name)


def _with_slots(args: tuple[Any, ...], body: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return what a class is made with and what is in it, slots among the former: later they would be mere names."""
    at = next((at for at, each in enumerate(args) if type(each) is dict), None)
    if "__slots__" not in body or at is None:
        return args, body
    with_slots = {**args[at], "__slots__": body["__slots__"]}
    left = {
        name: each
        for name, each in body.items()
        if name != "__slots__" and type(each) is not types.MemberDescriptorType
    }
    return (*args[:at], with_slots, *args[at + 1 :]), left


_BY_TEXT = frozenset({"globals", "eval", "exec"})
"""What code uses that looks for names by text."""
_WORD = re.compile(r"[^\W\d]\w*")


def _is_kind(value: Any) -> bool:
    """Tell whether a value is one that annotations are made of."""
    return (
        isinstance(value, type | types.ModuleType | types.GenericAlias | types.UnionType)
        or type(value).__module__ == "typing"
    )


# What a layer holds.


State = tuple[str, dict[str, Any], Any]
"""What a layer holds: how its own is kept, that of its parts, and its own."""


def state_of(layer: Layer, *, whole: bool = False) -> State:
    """Return what a layer holds.

    Args:
        layer: The layer.
        whole: Also what does not travel of a layer that is in no file of its own.
    """
    parts, shape = parts_of(layer), own.shape(type(layer))
    if shape == "reduce":
        return shape, parts.data_of_parts(whole=whole), _reduced(layer)
    if shape == "state":
        return shape, parts.data_of_parts(whole=whole), own.state(layer)
    return shape, parts.to_data(whole=whole), None


def _inner(layer: Layer) -> Any:
    """Return how a layer is made again that belongs to another one."""
    state = state_of(layer, whole=True)
    if state[0] == "reduce":
        return scriptmodule.rebuild, state[1:]
    return scriptmodule.bare_layer, (type(layer),), state, None, None, scriptmodule.refill


def _reduced(layer: Layer) -> tuple[Any, ...]:
    found = layer.__reduce_ex__(5)
    if not isinstance(found, tuple) or not 2 <= len(found) <= 3:
        raise CannotTravelError(
            f"{type(layer).__name__}.__reduce__ returned {found!r}; return (callable, arguments)"
        )
    return found


# Values that pickle refuses or keeps as a name nobody else can look up.


def _cached(_pickler: LayerPickler, value: Any) -> Any:
    """A function with a cache: the function travels, what it has cached does not."""
    if not origin.travels_by_value(value):
        return NotImplemented
    kept = value.cache_parameters()
    args = (value.__wrapped__, kept["maxsize"], kept["typed"])
    return scriptmodule.make_cached, args, None


def _cached_property(_pickler: LayerPickler, value: Any) -> Any:
    return functools.cached_property, (value.func,), {"attrname": value.attrname}


def _dispatcher(value: Any) -> Any:
    """A function of ``functools.singledispatch``."""
    if not origin.travels_by_value(value):
        return NotImplemented
    others = [(cls, each) for cls, each in value.registry.items() if each is not value.__wrapped__]
    state = list(others)
    return (
        scriptmodule.make_dispatcher,
        (value.__wrapped__,),
        state,
        None,
        None,
        scriptmodule.fill_dispatcher,
    )


def _context_var(_pickler: LayerPickler, value: contextvars.ContextVar[Any]) -> Any:
    default = contextvars.Context().run(shared.value_of, value)
    return scriptmodule.make_context_var, (value.name, default, shared.value_of(value))


def _method(_pickler: LayerPickler, value: Any) -> Any:
    """A method of something that a module keeps to itself: that would travel as a copy."""
    module = process.holder(value)
    return NotImplemented if module is None else (getattr, (module, value.__name__))


def _new_type(_pickler: LayerPickler, value: Any) -> Any:
    return _of_typing(value, typing.NewType, (value.__name__, value.__supertype__))


def _parameters(_pickler: LayerPickler, value: Any) -> Any:
    """``ParamSpec`` and ``TypeVarTuple``."""
    return _of_typing(value, type(value), (value.__name__,))


def _type_var(_pickler: LayerPickler, value: Any) -> Any:
    said = {name: getattr(value, f"__{name}__") for name in ("bound", "covariant", "contravariant")}
    return _of_typing(value, typing.TypeVar, (value.__name__, *value.__constraints__), said)


def _of_typing(
    value: Any, make: Any, args: tuple[Any, ...], said: dict[str, Any] | None = None
) -> Any:
    if not origin.is_script(value.__module__):
        return NotImplemented
    return scriptmodule.make_of_module, (make, args, said or {}, value.__module__)


def _code(_pickler: LayerPickler, value: types.CodeType) -> Any:
    """Code keeps the name of its file, so that tracebacks show it."""
    make, args = cloudpickle.Pickler.dispatch_table[types.CodeType](value)
    file = origin.absolute(value.co_filename)
    return make, tuple(file if each == "<dynamic-code>" else each for each in args)


def _stream(value: Any) -> Any:
    for name in ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__"):
        if value is getattr(sys, name) and "in" not in name:
            return getattr, (sys, name)
    if isinstance(value, io.BytesIO | io.StringIO):
        return NotImplemented
    raise CannotTravelError(f"cannot pickle an open file: {value!r}")


_BY_VALUE: dict[type, Any] = {
    types.BuiltinMethodType: _method,
    types.CodeType: _code,
    types.MethodType: _method,
    type(functools.lru_cache(_stream)): _cached,
    functools.cached_property: _cached_property,
    contextvars.ContextVar: _context_var,
    typing.NewType: _new_type,
    typing.ParamSpec: _parameters,
    typing.TypeVar: _type_var,
    typing.TypeVarTuple: _parameters,
}
