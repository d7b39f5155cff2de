"""Where a class or function comes from: the script, whose code travels, a module to import, or a file to load by path."""

from __future__ import annotations

import contextlib
import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SCRIPT = "__outline_script__"
"""How the module of a script is called that pycuerun or another script runs; later ones have a number behind it."""


class Namespace(dict[str, object]):
    """Stands for the namespace of a module while pickles are written; the frame has the module itself.

    Args:
        module: Name of the module.
        held: Its namespace.
    """

    def __init__(self, module: str, held: dict[str, Any]) -> None:
        super().__init__(__name__=module)  # not empty: cloudpickle fills one that is
        self.module, self.is_script = module, is_script(module)
        self.file = absolute(str(held.get("__file__") or ""))
        self.doc = _text(held.get("__doc__"))
        self.package = _text(held.get("__package__"))
        """Set for ``python -m``: relative imports go from there."""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def is_script(module: object) -> bool:
    """Tell whether the code of a module travels: it is the script, or cannot be imported and has no file."""
    if not isinstance(module, str):
        return False
    if module == "__main__" or module.startswith(SCRIPT):
        return module in sys.modules
    found = sys.modules.get(module)
    return (
        found is not None
        and isinstance(found, types.ModuleType)
        and getattr(found, "__spec__", None) is None
        and not getattr(found, "__file__", None)
        and module not in sys.builtin_module_names
        and found.__name__ == module
        and not _is_made_by_parent(module)
    )


def _is_made_by_parent(module: str) -> bool:
    """Tell whether a module comes with one that can be imported, as ``pyexpat.model`` does."""
    parent = sys.modules.get(module.rpartition(".")[0])
    return getattr(parent, "__spec__", None) is not None


def absolute(file: str) -> str:
    """Return the path of a file as the frame needs it."""
    return os.path.abspath(file) if file and not file.startswith("<") else file


def namespace(held: dict[str, Any]) -> Namespace | None:
    """Return what stands for a namespace, if it is that of a module."""
    name = held.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    if module is None or getattr(module, "__dict__", None) is not held:
        return None
    if not is_script(name) and _file_module(module) is not None:
        return None
    return Namespace(module.__name__, held)


def find(module: object, qualname: str) -> Any:
    """Return what a module has under a dotted name, or None."""
    found: Any = sys.modules.get(str(module))
    for name in qualname.split("."):
        found = getattr(found, "__dict__", {}).get(name)
    return getattr(found, "__func__", found)


def travels_by_value(thing: Any) -> bool:
    """Tell whether something cannot be imported where a frame runs."""
    module = getattr(thing, "__module__", None)
    if is_script(module) or "<locals>" in thing.__qualname__:
        return True
    return find(module, thing.__qualname__) is None


@contextlib.contextmanager
def scripts_by_value() -> Iterator[None]:
    """Have cloudpickle write the code of scripts, while the block runs; that of ``__main__`` it writes anyway."""
    import cloudpickle

    known = cloudpickle.list_registry_pickle_by_value()
    scripts = [sys.modules[name] for name in _other_scripts() if name not in known]
    for each in scripts:
        cloudpickle.register_pickle_by_value(each)
    try:
        yield
    finally:
        for each in scripts:
            cloudpickle.unregister_pickle_by_value(each)


_looked_at: dict[str, tuple[object, ...]] = {}
"""What modules there were when scripts were looked for last, and which of these there were."""


def _other_scripts() -> tuple[str, ...]:
    """Return the names of the scripts beside ``__main__``."""
    now = len(sys.modules), next(reversed(sys.modules))
    if _looked_at.get("modules") != now:
        found = (name for name in list(sys.modules) if name != "__main__" and is_script(name))
        _looked_at.update(modules=now, scripts=tuple(found))
    return tuple(str(name) for name in _looked_at["scripts"] if name in sys.modules)


# Modules loaded by path.


def file_of(thing: Any) -> tuple[str, str] | None:
    """Return module and file of a class or function that has to be loaded by path; None for any other."""
    module, qualname = thing.__module__, thing.__qualname__
    if not isinstance(module, str) or is_script(module) or "<locals>" in qualname:
        return None
    loaded = sys.modules.get(module)
    if loaded is not None:
        return _file_module(loaded) if find(module, qualname) is thing else None
    held = _globals_of(thing)
    file = held.get("__file__")
    if held.get("__name__") != module or held.get(qualname) is not thing:
        return None
    return (module, absolute(file)) if isinstance(file, str) and os.path.isfile(file) else None


def file_of_module(module: types.ModuleType) -> tuple[str, str] | None:
    """Return name and file of a module that has to be loaded by path; None for any other."""
    if sys.modules.get(module.__name__) is module:
        return _file_module(module)
    file = getattr(module, "__file__", None)
    return (module.__name__, absolute(file)) if file and os.path.isfile(file) else None


def _globals_of(thing: Any) -> dict[str, Any]:
    if isinstance(thing, types.FunctionType):
        return thing.__globals__
    for each in vars(thing).values():
        function = getattr(each, "__func__", each)
        if isinstance(function, types.FunctionType) and function.__module__ == thing.__module__:
            return function.__globals__
    return {}


_importable: dict[str, tuple[object, bool]] = {}
"""By module: the spec that was looked at, and whether another process finds it by its name."""


def _file_module(module: types.ModuleType) -> tuple[str, str] | None:
    name = getattr(module, "__name__", "")
    file = getattr(module, "__file__", None)
    if not file or name.partition(".")[0] in sys.stdlib_module_names or _is_importable(module):
        return None
    return (name, absolute(file)) if os.path.isfile(file) else None


def _is_importable(module: types.ModuleType) -> bool:
    spec = module.__spec__
    if spec is None:
        return False
    known = _importable.get(module.__name__)
    if known is None or known[0] is not spec:
        known = _importable[module.__name__] = spec, _finds(module)
    return known[1]


def _finds(module: types.ModuleType) -> bool:
    """Tell whether importing a module by its name leads to the file it came from."""
    parent, _, _last = module.__name__.rpartition(".")
    holder = sys.modules.get(parent) if parent else None
    if parent and (holder is None or not _is_importable(holder)):
        return False
    path = None if holder is None else getattr(holder, "__path__", None)
    for finder in sys.meta_path:
        found = finder.find_spec(module.__name__, path)
        if found is not None and found.origin is not None:
            return _is_same(found.origin, str(module.__file__))
        if found is not None:  # a package without an __init__.py
            folders = list(found.submodule_search_locations or ())
            return folders == list(vars(module).get("__path__", ()))
    return False


def _is_same(one: str, other: str) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)
