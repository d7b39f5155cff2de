"""Where Python looks for modules, with and without what a user put in front; imports nothing that can be shadowed."""

from __future__ import annotations

import os
import sys

HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
"""The folder that holds all of Cuelet's packages."""
OURS = ("opencue", "outline", "cueadmin", "FileSequence", "bin")
"""Packages that Cuelet brings beside `cuelet`, under the names that OpenCue's have."""
NEEDED = {
    "grpc": "grpcio",
    "google.protobuf": "protobuf",
    "opencue_proto": "opencue-proto",
    "yaml": "PyYAML",
    "cloudpickle": "cloudpickle",
    "psutil": "psutil",
    "rich": "rich",
    "platformdirs": "platformdirs",
    "defusedxml": "defusedxml",
    "graphlay": "graphlay",
}
"""Modules of others that Cuelet imports, and the packages they come in."""
_MARKED = frozenset({"opencue", "outline", "cueadmin"})
"""Those that say themselves whose they are."""
_STANDARD = os.path.dirname(os.__file__)
_given: list[str] = []


def given() -> list[str]:
    """Return where modules are looked for as this process began."""
    return _given or list(sys.path)


def in_front() -> list[str]:
    """Return what comes before the standard library: PYTHONPATH, and the folder of a script; Cuelet's own excepted."""
    path = given()
    front = path[: path.index(_STANDARD)] if _STANDARD in path else []
    return [each for each in front if not is_home(each)]


def trusted() -> list[str]:
    """Return where to look for modules without what comes in front."""
    front = in_front()
    return [each for each in given() if each not in front]


def trust_only_installed() -> None:
    """Look for modules only where they are installed from now on, and forget those that were found in front."""
    path, front = trusted(), {os.path.realpath(each) for each in in_front()}
    _given[:] = given()
    sys.path[:] = path
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and name != "__main__" and _folder_of(file) in front:
            del sys.modules[name]


def require_ours() -> None:
    """Raise ImportError when a package of ours that is loaded is another one of the same name."""
    for name in _MARKED & sys.modules.keys():
        if getattr(sys.modules[name], "__distribution__", None) != "cuelet":
            raise ImportError(f"{name} is not Cuelet's", name=name)


def is_home(entry: str) -> bool:
    """Tell whether an entry of the path is where Cuelet is."""
    return os.path.realpath(entry or os.curdir) == HOME


def is_ours(file: str) -> bool:
    """Tell whether a file of code belongs to Cuelet."""
    if not os.path.isabs(
        file
    ):  # no file, such as <frozen posixpath>, or a script named by the user
        return False
    top = os.path.relpath(os.path.realpath(file), HOME).partition(os.sep)[0]
    return top in (*OURS, "cuelet")


def is_library(file: str) -> bool:
    """Tell whether a file of code is Python's, or installed."""
    return file.startswith(("<", _STANDARD + os.sep)) or "site-packages" in file


def is_named_like_library(file: str) -> bool:
    """Tell whether a file of code would be found in place of Python's, Cuelet's or a needed library's."""
    folder, name = os.path.split(file)
    module = os.path.basename(folder) if name == "__init__.py" else name.partition(".")[0]
    libraries = (each.partition(".")[0] for each in NEEDED)
    return module in (*OURS, *libraries, "cuelet") or module in sys.stdlib_module_names


def _folder_of(file: str) -> str:
    """Return the folder a module was found in; that of its package for a package."""
    folder = os.path.dirname(os.path.realpath(file))
    return os.path.dirname(folder) if os.path.basename(file).startswith("__init__.") else folder
