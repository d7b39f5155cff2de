"""Messages as plain data, for ``--json``."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor


def record_from_message(message: Any) -> dict[str, Any]:
    """Return a message as a dictionary: numbers stay numbers, enums become their names."""
    return {
        field.name: _value(message, field)
        for field in message.DESCRIPTOR.fields
        if field.type != FieldDescriptor.TYPE_BYTES
    }


def _value(message: Any, field: Any) -> Any:
    value = getattr(message, field.name)
    if _is_repeated(field):
        return [_plain(item, field) for item in value]
    if field.message_type is not None and not message.HasField(field.name):
        return None
    return _plain(value, field)


def _plain(value: Any, field: Any) -> Any:
    if field.message_type is not None:
        return record_from_message(value)
    if field.enum_type is not None:
        member = field.enum_type.values_by_number.get(value)
        return member.name if member else int(value)
    return round(value, 6) if isinstance(value, float) else value


def _is_repeated(field: Any) -> bool:
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == field.LABEL_REPEATED)  # protobuf before 6
