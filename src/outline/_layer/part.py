"""What every part of a layer has: the layer it belongs to, and what of it goes along when the layer travels."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Concatenate, ParamSpec, TypeVar

    from outline._layer.protocols import AnyLayer

    P = ParamSpec("P")
    R = TypeVar("R")


class Part:
    """A part of a layer; every attribute travels to the farm unless `stays` names it.

    Args:
        layer: The layer; what its class may override is asked of it, not of the part.
    """

    stays: frozenset[str] = frozenset()
    """Attributes that do not travel: of this process only, or written down as names of other layers."""

    def __init__(self, layer: AnyLayer) -> None:
        self.layer = layer

    def to_data(self, *, whole: bool) -> dict[str, Any]:
        """Return the attributes by name, those that travel or all; names as in sessions, ``_name`` for ``name``."""
        left_out = _NEVER if whole else self.stays | _NEVER
        return {f"_{name}": each for name, each in vars(self).items() if name not in left_out}

    def take_data(self, data: dict[str, Any]) -> None:
        """Take the attributes that are this part's out of some data."""
        own = vars(self)
        for name in own.keys() - {"layer"}:
            if f"_{name}" in data:
                own[name] = data.pop(f"_{name}")


_NEVER = frozenset({"layer"})


class CarriedOutBy:
    """Makes methods of a class that one of its parts carries out: name, parameters and docstring are the part's.

    ``help`` and ``inspect`` show such a method like any other, and a subclass overrides it like any other.

    Args:
        part: The attribute that holds the part, also below another: ``"a.b"``.
        owner: The class, with its module.
    """

    def __init__(self, part: str, owner: str) -> None:
        made: dict[str, Any] = {
            "__name__": __name__
        }  # who looks for a line of the script passes it
        exec(_SOURCE.format(part=part), made)  # noqa: S102 - our own text: faster than asking for the part by name
        self._plain, self._general = made["plain"], made["general"]
        self._module, _, self._class_name = owner.rpartition(".")

    def __call__(
        self, method: Callable[Concatenate[Any, P], R]
    ) -> Callable[Concatenate[Any, P], R]:
        """Return the method of the class for a method of the part."""
        make = self._plain if _takes_nothing(method) else self._general
        carry_out: Callable[Concatenate[Any, P], R] = make(method)
        carry_out.__name__ = method.__name__
        carry_out.__qualname__ = f"{self._class_name}.{method.__name__}"
        carry_out.__module__ = self._module
        carry_out.__doc__ = method.__doc__
        carry_out.__wrapped__ = method  # type: ignore[attr-defined] # where inspect finds the parameters
        return carry_out


_SOURCE = """
def plain(method):
    def carry_out(self):
        return method(self.{part})
    return carry_out

def general(method):
    def carry_out(self, /, *args, **kwargs):
        return method(self.{part}, *args, **kwargs)
    return carry_out
"""
"""Makes a method of another: one without arguments, as are those that are called most often, or any."""


def _takes_nothing(method: Callable[..., object]) -> bool:
    code = method.__code__
    return code.co_argcount == 1 and not code.co_kwonlyargcount and not code.co_flags & _MANY


_MANY = 0x04 | 0x08
"""Flags of code that takes any number of arguments, by position or by name."""
