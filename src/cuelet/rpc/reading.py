"""A request out of its bytes, whole and with values that mean something, or why not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from cuelet.core.values.errors import FarmError, quoted

_FRACTIONS = {FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE}
_SHOWN_BYTES = 16


class UnreadableRequestError(FarmError):
    """Say which request, or which value of it, means nothing."""

    def __init__(self, *, method: str, value: object, reason: str, field: str = "") -> None:
        self.method, self.field, self.value, self.reason = method, field, value, reason
        super().__init__(f"{method}, {field or 'request'} {quoted(value)}: {reason}")


def read(data: bytes, decode: Callable[[bytes], Any], method: str) -> Any:
    """Return the message in a request.

    Args:
        data: What was sent.
        decode: Makes a message of it.
        method: Name of the call, for the error.

    Raises:
        UnreadableRequestError: It is no message of that kind, names a choice that does not exist, or
            has a number that is none.
    """
    try:
        request = decode(data)
    except DecodeError as error:
        raise UnreadableRequestError(
            method=method, value=data[:_SHOWN_BYTES], reason="begins so and is no message"
        ) from error
    for field, value in _values(request):
        _refuse_nonsense(field, value, method)
    return request


def _values(message: Message) -> Iterator[tuple[FieldDescriptor, Any]]:
    """Yield the fields that are set in a message and in those within it, each with its values."""
    for field, value in message.ListFields():
        if field.message_type is None:
            for each in _each(value):
                yield field, each
        elif not field.message_type.GetOptions().map_entry:
            for inner in _each(value):
                yield from _values(inner)


def _each(value: Any) -> Iterable[Any]:
    """Return the values of a field that may have several."""
    return (value,) if isinstance(value, (Message, str, bytes, int, float)) else value


def _refuse_nonsense(field: FieldDescriptor, value: Any, method: str) -> None:
    if field.enum_type is not None and value not in field.enum_type.values_by_number:
        names = ", ".join(field.enum_type.values_by_name)
        raise UnreadableRequestError(
            method=method, field=field.name, value=value, reason=f"use one of {names}"
        )
    if field.cpp_type in _FRACTIONS and not math.isfinite(value):
        raise UnreadableRequestError(
            method=method, field=field.name, value=value, reason="use a number"
        )
