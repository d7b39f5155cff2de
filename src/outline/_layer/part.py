"""What every part of a layer has: the layer it belongs to, and what of it goes along when the layer travels."""

from __future__ import annotations

from operator import attrgetter

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
        left_out = () if whole else self.stays
        return {
            f"_{name}": each
            for name, each in vars(self).items()
            if name != "layer" and name not in left_out
        }

    def take_data(self, data: dict[str, Any]) -> None:
        """Take the attributes that are this part's out of some data."""
        own = vars(self)
        for name in own.keys() - {"layer"}:
            if f"_{name}" in data:
                own[name] = data.pop(f"_{name}")


class CarriedOutBy:
    """Makes methods of a class that one of its parts carries out: name, parameters and docstring are the part's.

    ``help`` and ``inspect`` show such a method like any other, and a subclass overrides it like any other.

    Args:
        part: The attribute that holds the part, also below another: ``"a.b"``.
        owner: The class, with its module.
    """

    def __init__(self, part: str, owner: str) -> None:
        self._find_part = attrgetter(part)
        self._module, _, self._class_name = owner.rpartition(".")

    def __call__(
        self, method: Callable[Concatenate[Any, P], R]
    ) -> Callable[Concatenate[Any, P], R]:
        """Return the method of the class for a method of the part."""
        carry_out = self._plain(method) if _takes_nothing(method) else self._general(method)
        carry_out.__name__ = method.__name__
        carry_out.__qualname__ = f"{self._class_name}.{method.__name__}"
        carry_out.__module__ = self._module
        carry_out.__doc__ = method.__doc__
        carry_out.__wrapped__ = method  # type: ignore[attr-defined] # where inspect finds the parameters
        return carry_out

    def _plain(self, method: Callable[..., R]) -> Callable[..., R]:
        """Return what calls a method without arguments; those are called most often."""
        find_part = self._find_part

        def carry_out(self: Any) -> R:
            return method(find_part(self))

        return carry_out

    def _general(self, method: Callable[..., R]) -> Callable[..., R]:
        find_part = self._find_part

        def carry_out(self: Any, /, *args: Any, **kwargs: Any) -> R:
            return method(find_part(self), *args, **kwargs)

        return carry_out


def _takes_nothing(method: Callable[..., object]) -> bool:
    code = method.__code__
    return code.co_argcount == 1 and not code.co_kwonlyargcount and not code.co_flags & _MANY


_MANY = 0x04 | 0x08
"""Flags of code that takes any number of arguments, by position or by name."""
