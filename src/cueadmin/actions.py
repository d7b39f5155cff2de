"""Actions of filters: made of a name and a value, read and changed."""

from __future__ import annotations

from typing import Any

import opencue
from cueadmin.converting import Convert
from opencue.api import filter_pb2

_FIELDS = {
    filter_pb2.GROUP_TYPE: "group_value",
    filter_pb2.STRING_TYPE: "string_value",
    filter_pb2.INTEGER_TYPE: "integer_value",
    filter_pb2.FLOAT_TYPE: "float_value",
    filter_pb2.BOOLEAN_TYPE: "boolean_value",
}
_OLD_NAMES = {
    "GroupType": "group_value",
    "StringType": "string_value",
    "IntegerType": "integer_value",
    "FloatType": "float_value",
    "BooleanType": "boolean_value",
}
"""How OpenCue spelled the kinds of values before it spoke gRPC; scripts still ask for them."""
_VALUES = {
    "_GROUP": filter_pb2.GROUP_TYPE,
    "PAUSE_JOB": filter_pb2.BOOLEAN_TYPE,
    "_OPTIMIZER": filter_pb2.BOOLEAN_TYPE,
    "_PRIORITY": filter_pb2.INTEGER_TYPE,
    "_MEMORY": filter_pb2.INTEGER_TYPE,
    "_CORES": filter_pb2.FLOAT_TYPE,
    "_TAGS": filter_pb2.STRING_TYPE,
    "STOP_PROCESSING": filter_pb2.NONE_TYPE,
}
"""What kind of value an action takes, by how its name ends."""


class ActionUtil:
    """Actions as messages and as wrappers."""

    @staticmethod
    def factory(actionType: str, value: Any) -> Any:
        """Return the message of a new action.

        Args:
            actionType: The name of a `filter_pb2.ActionType`, in any case.
            value: Its value; a group or its id to move jobs to.
        """
        action = filter_pb2.Action(type=Convert.strToActionType(actionType))
        ActionUtil.setValue(action, value)
        return action

    @staticmethod
    def getValue(a: Any) -> Any:
        """Return the value of an action, given as wrapper; None when it takes none."""
        kind = a.data.value_type
        field = _OLD_NAMES.get(str(kind)) or _FIELDS.get(kind)
        return None if field is None else getattr(a.data, field)

    @staticmethod
    def setValue(act: Any, value: Any) -> None:
        """Set the value of an action's message, of the kind that its type takes.

        Raises:
            TypeError: There is no such type.
        """
        kind = _value_type(act.type)
        act.value_type = kind
        if kind == filter_pb2.GROUP_TYPE:
            found = opencue.proxy(value, "Group")
            act.group_value = found if isinstance(found, str) else found.group.id
        elif kind == filter_pb2.BOOLEAN_TYPE:
            act.boolean_value = value
        elif kind == filter_pb2.INTEGER_TYPE:
            act.integer_value = int(value)
        elif kind == filter_pb2.FLOAT_TYPE:
            act.float_value = float(value)
        elif kind == filter_pb2.STRING_TYPE:
            act.string_value = value


def _value_type(action_type: Any) -> int:
    names: dict[int, str] = {number: name for name, number in filter_pb2.ActionType.items()}
    name = names.get(action_type, "")
    found = next((kind for ending, kind in _VALUES.items() if name.endswith(ending)), None)
    if found is None:
        raise TypeError(f"invalid action type: {action_type}")
    return int(found)
