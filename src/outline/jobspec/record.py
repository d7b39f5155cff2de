"""Immutable values with named fields: what `dataclasses` would make, without the import that every script would pay for.

A field without a default has to be given; all are given by name.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, NoReturn, Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> object:
        """Tell type checkers, and nobody else, how instances are made."""
        return lambda cls: cls


class _WithFields(type):
    """Makes the annotations of a class its fields, kept in slots."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _WithFields:
        names = tuple(body.get("__annotations__", ()))
        if "__slots__" in body:  # Record itself
            return super().__new__(cls, name, bases, body)
        defaults = {each: body.pop(each) for each in names if each in body}
        body |= {"__slots__": names, "FIELDS": names, "_defaults": defaults}
        return super().__new__(cls, name, bases, body)


@dataclass_transform(kw_only_default=True, frozen_default=True, eq_default=True)
class Record(metaclass=_WithFields):
    """An immutable value; equal to one of its own class with equal fields."""

    __slots__ = ()
    if TYPE_CHECKING:
        FIELDS: ClassVar[tuple[str, ...]]
        _defaults: ClassVar[dict[str, Any]]

    def __init__(self, **values: Any) -> None:
        every = self._defaults | values
        if len(every) != len(self.FIELDS):
            raise TypeError(_why_not(self, every))
        try:
            for name in every:
                _fill(self, name, every[name])
        except AttributeError:
            raise TypeError(_why_not(self, every)) from None

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(
            f"{type(self).__name__} cannot be changed; make another: .replace({name}=...)"
        )

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.FIELDS)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.FIELDS)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.shallow())

    def shallow(self) -> dict[str, Any]:
        """Return the fields by name, as they are."""
        return {name: getattr(self, name) for name in self.FIELDS}

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, records in them as dicts too, and mappings as new ones."""
        return {name: _plain(getattr(self, name)) for name in self.FIELDS}

    def replace(self, **changes: Any) -> Self:
        """Return the same value but for some fields."""
        return type(self)(**self.shallow() | changes)


_fill = object.__setattr__


def _rebuild(cls: type[Record], values: dict[str, Any]) -> Record:
    return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return dict(value) if hasattr(value, "keys") else value


def _why_not(record: Record, given: dict[str, Any]) -> str:
    """Return what is wrong with the fields a record was made with."""
    unknown, missing = given.keys() - set(record.FIELDS), set(record.FIELDS) - given.keys()
    parts = [f"has no field {name}" for name in sorted(unknown)]
    parts += [f"needs {name}" for name in sorted(missing)]
    return f"{type(record).__name__} {', '.join(parts)}"
