"""Write down every public name of some packages in this Python: modules, classes, functions, methods, parameters.

Runs in the stock environment as well as in ours, so it imports nothing else.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys


def main(answer, *roots):
    """Write ``{module: {name: parameters or {method: parameters}}}`` as JSON."""
    found = {}
    for root in roots:
        _walk(root, roots, found)
    with open(answer, "w") as stream:
        json.dump(found, stream)


def _walk(name, roots, found):
    try:
        module = importlib.import_module(name)
    except Exception:  # noqa: BLE001 - stock has a module that cannot be imported
        return
    found[name] = {
        key: _describe(getattr(module, key))
        for key in dir(module)
        if _is_public(key, getattr(module, key), roots)
    }
    for each in pkgutil.iter_modules(getattr(module, "__path__", ())):
        _walk(f"{name}.{each.name}", roots, found)


def _is_public(key, value, roots):
    if key.startswith("_") or inspect.ismodule(value) or type(value).__name__ == "_Feature":
        return False
    home = getattr(value, "__module__", None)
    foreign = isinstance(home, str) and home.partition(".")[0] not in roots
    return not (callable(value) and foreign)


def _describe(value):
    if inspect.isclass(value):
        methods = {"__init__": _parameters(value.__init__)}
        for key in dir(value):
            if not key.startswith("_"):
                methods[key] = _parameters(getattr(value, key))
        return methods
    return _parameters(value)


def _parameters(value):
    """Return the names of the parameters, or None for what cannot be called."""
    if not callable(value):
        return None
    try:
        kinds = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return None
    return [each.name for each in kinds if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]


if __name__ == "__main__":
    main(*sys.argv[1:])
