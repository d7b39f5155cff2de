"""What belongs to a process and not to the script, such as ``os.environ``: a frame has its own, and never a copy."""

from __future__ import annotations

import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_THINGS = {
    "os": ("environ", "environb"),
    "sys": ("modules", "path", "meta_path", "path_hooks", "path_importer_cache", "warnoptions"),
    "random": ("_inst",),
    "warnings": ("filters",),
    "multiprocessing.context": ("_default_context",),
}
"""By module: what a script may hold by a name of its own, as ``from os import environ`` gives it one."""


def things() -> dict[int, str]:
    """Return where the things of this process are found, by their identity: ``os:environ``."""
    return {
        id(vars(sys.modules[module])[name]): f"{module}:{name}"
        for module, names in _THINGS.items()
        if module in sys.modules
        for name in names
        if name in vars(sys.modules[module])
    }


def thing(place: str) -> Any:
    """Return what this process has at a place."""
    module, _, name = place.partition(":")
    __import__(module)
    return getattr(sys.modules[module], name)


def holder(method: types.MethodType | types.BuiltinMethodType) -> types.ModuleType | None:
    """Return the module that offers a method as a function, as ``random`` does with ``seed``; None for any other.

    Python's own methods count, and those in C of any module: what they belong to is made by importing it.
    A method in Python of another module may belong to something that the script has filled.
    """
    owner = method.__self__
    if owner is None or isinstance(owner, types.ModuleType | type):
        return None
    place = type(owner).__module__
    if (
        isinstance(method, types.MethodType)
        and place.partition(".")[0] not in sys.stdlib_module_names
    ):
        return None
    while place and place != "__main__":
        module = sys.modules.get(place)
        if module is not None and vars(module).get(method.__name__) is method:
            return module
        place = place.rpartition(".")[0]
    return None
