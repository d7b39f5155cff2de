"""The user's script in the process of a frame: its modules, and what its functions and classes are made of again.

Pickles name the functions of this module, so they stay, with their arguments.
"""

from __future__ import annotations

import sys
from types import ModuleType

from outline.layer import Layer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    class Rest(Protocol):
        """What of scripts a session keeps beside its layers."""

        def load(self, name: str = "") -> bool:
            """Give the scripts the names no layer needs, if one of them is this; tell whether it did."""

        def sources(self) -> dict[str, str]:
            """Return the text of each script, by its file, as it was at launch."""


_CHILD = "outline.pycuerun"
"""What processes that a frame spawns have for a main module: it gives them the names of the script."""
_scripts: dict[str, ModuleType] = {}
"""The modules of scripts that were made here."""
_rests: list[Rest] = []
_from_files: dict[tuple[str, str], ModuleType] = {}
_kept: set[object] = set()
"""Classes and functions that are as they should be: a second pickle must not set them back."""


# Modules.


def prepare(
    scripts: Mapping[str, Mapping[str, Any]],
    *,
    is_frame: bool,
    rest: Rest,
) -> None:
    """Make the modules of scripts.

    Args:
        scripts: Their names, and of each its file and its docstring.
        is_frame: This process is a frame's: ``__main__`` is the script then, as far as Python can tell.
        rest: What of the scripts no layer needs.
    """
    _rests.append(rest)
    for name, said in scripts.items():
        if name in _scripts:
            continue
        module = _scripts[name] = ModuleType(name, said["doc"])
        module.__file__ = _here(said["file"]) if said["file"] else ""
        vars(module)["__getattr__"] = _looking(module, rest)
        if is_frame:
            sys.modules[name] = module  # before the layer: what it holds may look for it
    if is_frame and scripts:
        _make_main(_scripts["__main__" if "__main__" in scripts else next(iter(scripts))])


def _looking(module: ModuleType, rest: Rest) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a script's module: what pickle or a method asks for by name is loaded then."""

    def __getattr__(name: str) -> Any:
        if not name.startswith("__") and rest.load(name) and name in vars(module):
            return vars(module)[name]
        raise AttributeError(
            f"module {module.__name__!r} has no attribute {name!r}; a frame has the names that "
            "the code of its layer uses, and those of its script that can be pickled"
        )

    return __getattr__


def _make_main(module: ModuleType) -> None:
    """Make a module what Python takes for the main program, also when it starts other processes."""
    if sys.modules.get("__main__") is not module:
        _kept.add(sys.modules.get("__main__"))  # its code still runs
        sys.modules["__main__"] = module
    module.__spec__ = type(__spec__)(_CHILD, None, origin=module.__file__)


def sources() -> dict[str, str]:
    """Return the text of each script that was made here, by its file, as it was at launch."""
    return {file: text for rest in _rests[:1] for file, text in rest.sources().items()}


def script(name: str) -> ModuleType:
    """Return the module of a script."""
    return _scripts[name]


def namespace(name: str) -> dict[str, Any]:
    """Return the names of a module: a script's that was made here, else of one that is imported."""
    module = _scripts.get(name)
    if module is None:
        __import__(name)
        module = sys.modules[name]
    return vars(module)


def bind(names: Mapping[str, Mapping[str, Any]]) -> None:
    """Give modules of scripts their names; those that are there already stay."""
    for module, held in names.items():
        _add(vars(script(module)), held)


def _add(names: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        names.setdefault(name, value)


def module_from_file(name: str, file: str) -> ModuleType:
    """Return a module that was loaded by its path, loaded again under the same name."""
    from importlib.util import module_from_spec, spec_from_file_location

    file = _here(file)
    known = _from_files.get((name, file)) or _same_module(name, file)
    if known is not None:
        return known
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = _from_files[name, file] = module_from_spec(spec)
    sys.modules.setdefault(name, module)
    spec.loader.exec_module(module)
    return module


def _same_module(name: str, file: str) -> ModuleType | None:
    module = sys.modules.get(name)
    return module if getattr(module, "__file__", None) == file else None


def from_file(name: str, file: str, qualname: str) -> Any:
    """Return a class or function of a module that was loaded by its path."""
    found: Any = module_from_file(name, file)
    for each in qualname.split("."):
        found = getattr(found, each)
    return found


def _here(file: str) -> str:
    from outline import config, pathmap

    return pathmap.map_text(file, config.path_map())


# Functions and classes.


def make_function(name: str, make: Any, args: tuple[Any, ...]) -> Any:
    """Return a function without its state, the same one when its script has it already.

    Args:
        name: The name it has in its script; empty for one that has none.
        make: Makes it.
        args: The arguments for that: its code and its namespace.
    """
    function = make(*args)
    there = function.__globals__.get(name)
    same = type(there) is type(function) and there.__code__ == function.__code__
    return there if same else function


def fill_function(function: Any, state: tuple[Any, Any]) -> None:
    """Give a function its state, and its script the names it uses; those that are there already stay."""
    setter, (attributes, slots) = state
    used = slots["__globals__"]
    if function not in _kept:
        _kept.add(function)
        setter(function, (attributes, {**slots, "__globals__": {}}))
    _add(function.__globals__, used)


class Plainly:
    """Makes a class whose metaclass the script defines, without the code of that: it saw the class made once.

    Args:
        meta: The metaclass.
    """

    def __init__(self, meta: type) -> None:
        self.meta = meta

    def __call__(self, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        """Return the class."""
        known = next(each for each in self.meta.__mro__ if each not in _kept)
        return known.__new__(self.meta, name, bases, body)

    def __reduce__(self) -> Any:
        return Plainly, (self.meta,)


def make_class(make: Any, args: tuple[Any, ...]) -> Any:
    """Return a class with nothing in it; ``__init_subclass__`` of the script's classes saw it made once."""
    hooks = [
        (base, vars(base)[_HOOK])
        for base in _bases_of(args)
        if base in _kept and _HOOK in vars(base)
    ]
    for base, _ in hooks:
        delattr(base, _HOOK)
    try:
        return make(*args)
    finally:
        for base, hook in hooks:
            setattr(base, _HOOK, hook)


_HOOK = "__init_subclass__"


def _bases_of(args: tuple[Any, ...]) -> list[type]:
    """Return the classes above a class, given what cloudpickle makes it with."""
    bases = (each for arg in args if isinstance(arg, tuple) for each in arg)
    found = [getattr(each, "__origin__", each) for each in bases]
    return [above for each in found if isinstance(each, type) for above in each.__mro__]


def fill_class(cls: type, state: tuple[Any, Any]) -> None:
    """Give a class what is in it, once."""
    if cls not in _kept:
        keep(cls)
        setter, body = state
        setter(cls, body)


def keep(cls: type) -> None:
    """Note that a class is as it should be: it was defined here."""
    _kept.add(cls)


def make_cached(function: Any, maxsize: int | None, typed: bool) -> Any:
    """Return a function with a cache of its own, empty."""
    import functools

    return functools.lru_cache(maxsize, typed)(function)


def make_dispatcher(function: Any) -> Any:
    """Return a function of ``functools.singledispatch``."""
    import functools

    return functools.singledispatch(function)


def fill_dispatcher(function: Any, others: list[tuple[type, Any]]) -> None:
    """Register what a dispatching function calls for which class."""
    for cls, each in others:
        function.register(cls, each)


def make_context_var(name: str, default: tuple[Any, ...], now: tuple[Any, ...]) -> Any:
    """Return a context variable with its default, and with the value it had when the job was launched."""
    import contextvars

    made: Any = contextvars.ContextVar(name, **({"default": default[0]} if default else {}))
    if now and now != default:
        made.set(now[0])
    return made


def make_of_module(make: Any, args: tuple[Any, ...], more: dict[str, Any], module: str) -> Any:
    """Return something of ``typing`` that notes which module made it.

    Args:
        make: Makes it.
        args: The arguments for that.
        more: Those by name.
        module: The module.
    """
    made = make(*args, **more)
    made.__module__ = module
    return made


# Layers.


def bare_layer(cls: type[Layer]) -> Layer:
    """Return a layer without running its constructor: all it holds is in the file."""
    return cls._bare()


def refill(layer: Layer, state: tuple[str, dict[str, Any], Any]) -> None:
    """Give a layer what it held; see `outline._restore.travel.state_of`."""
    shape, parts, own = state
    layer._layer_parts.take_data(parts)
    if shape == "state":
        layer.__setstate__(own)


def rebuild(parts: dict[str, Any], reduced: tuple[Any, ...]) -> Layer:
    """Return a layer that its own ``__reduce__`` says how to make."""
    make, args, *state = reduced
    layer: Layer = make(*args)
    if state and state[0] is not None:
        layer.__setstate__(state[0])
    layer._layer_parts.take_data(parts)
    return layer
