"""Which outlines a script built that launched nothing itself."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import outline
from cuelet.cli.exits import CommandError
from outline._finish import run_to_end

_BUILDERS = ("create", "build", "make", "main", "outline", "job")
_CLASSIC = ".outline"


def is_classic(path: Path) -> bool:
    """Tell whether a file is an outline script as pycuerun takes it: its layers join an outline that is there already."""
    return path.suffix == _CLASSIC


def built_outlines(
    module: types.ModuleType, path: Path, layers: Sequence[outline.Layer]
) -> list[outline.Outline]:
    """Return the outlines that a script hands over.

    Args:
        module: What the script left.
        path: The script.
        layers: Every layer that was made meanwhile.

    Raises:
        CommandError: There are none.
    """
    found = {
        id(value): value for value in vars(module).values() if isinstance(value, outline.Outline)
    }
    if found:
        return list(found.values())
    builders = [value for value in vars(module).values() if _is_builder(value, module)]
    if len(builders) == 1:
        result = run_to_end(builders[0]())
        if isinstance(result, outline.Outline):
            return [result]
    current = outline.current_outline()
    if current is not None and current.get_layers():
        return [current]
    loose = [each for each in layers if _is_loose(each)]
    if loose:
        return [_outline_of(loose, path)]
    raise CommandError(_nothing_built(path, [builder.__name__ for builder in builders]))


def _nothing_built(path: Path, builders: Sequence[str]) -> str:
    several = f" (it has several functions that could: {', '.join(builders)})"
    return (
        f"{path} built no outline; launch one, keep it in a global variable, "
        f"or return it from a function create_...()" + (several if len(builders) > 1 else "")
    )


def _is_loose(layer: outline.Layer) -> bool:
    """Tell whether a layer is in no outline, and not a part of another layer."""
    return (
        layer.find_outline() is None and layer.get_parent() is None and layer.wants_registration()
    )


def _outline_of(layers: Sequence[outline.Layer], path: Path) -> outline.Outline:
    """Return the outline of a script, with the layers that the script only made."""
    made = outline.Outline(path=str(path))
    for each in layers:
        made.add_layer(each)
    return made


def _is_builder(value: Any, module: types.ModuleType) -> bool:
    """Tell whether a value is a function of the script that may build an outline."""
    if not isinstance(value, types.FunctionType) or value.__globals__ is not module.__dict__:
        return False
    return value.__name__.startswith(_BUILDERS) and _takes_nothing(value)


def _takes_nothing(function: Callable[..., object]) -> bool:
    import inspect

    parameters = inspect.signature(function).parameters.values()
    return all(
        p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters
    )
