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
        holder, dot, name = part.partition(".")
        if dot:
            plain, general, names = _plain_below, _general_below, {"holder": holder, "part": name}
        else:
            plain, general, names = _plain, _general, {"part": holder}
        self._plain, self._general = _with_names(plain, names), _with_names(general, names)
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


def _plain(method: Any) -> Any:
    def carry_out(self: Any) -> Any:
        return method(self.part)

    return carry_out


def _general(method: Any) -> Any:
    def carry_out(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return method(self.part, *args, **kwargs)

    return carry_out


def _plain_below(method: Any) -> Any:
    def carry_out(self: Any) -> Any:
        return method(self.holder.part)

    return carry_out


def _general_below(method: Any) -> Any:
    def carry_out(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return method(self.holder.part, *args, **kwargs)

    return carry_out


def _with_names(make: Any, names: dict[str, str]) -> Any:
    """Return one of the above that asks for other attributes: its compiled code is the same but for their names.

    A lookup by name would cost each call as much again; compiling text would cost every frame a millisecond.
    """
    code = make.__code__
    inner = next(each for each in code.co_consts if type(each) is type(code))
    renamed = inner.replace(co_names=tuple(names.get(each, each) for each in inner.co_names))
    consts = tuple(renamed if each is inner else each for each in code.co_consts)
    return type(make)(code.replace(co_consts=consts), make.__globals__, make.__name__)


def _takes_nothing(method: Callable[..., object]) -> bool:
    code = method.__code__
    return code.co_argcount == 1 and not code.co_kwonlyargcount and not code.co_flags & _MANY


_MANY = 0x04 | 0x08
"""Flags of code that takes any number of arguments, by position or by name."""
