"""Filters: rules a show applies to new jobs."""

# ruff: noqa: A002 - pycue calls the argument filter

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from opencue_proto import filter_pb2
from opencue_proto.filter_pb2 import Action as ActionData
from opencue_proto.filter_pb2 import (
    ActionType,
    ActionValueType,
    FilterType,
    MatchSubject,
    MatchType,
)
from opencue_proto.filter_pb2 import Filter as FilterData
from opencue_proto.filter_pb2 import Matcher as MatcherData

from opencue.wrappers.entity import Entity, enum_of, message_of
from opencue.wrappers.group import Group

if TYPE_CHECKING:
    from opencue.wrappers.job import Job

__all__ = [
    "Action",
    "ActionData",
    "ActionType",
    "ActionValueType",
    "Filter",
    "FilterData",
    "FilterType",
    "MatchSubject",
    "MatchType",
    "Matcher",
    "MatcherData",
    "NotStoredError",
]

_VALUE_FIELDS = {
    filter_pb2.GROUP_TYPE: "group_value",
    filter_pb2.STRING_TYPE: "string_value",
    filter_pb2.INTEGER_TYPE: "integer_value",
    filter_pb2.FLOAT_TYPE: "float_value",
    filter_pb2.BOOLEAN_TYPE: "boolean_value",
}


class NotStoredError(ValueError):
    """A part of a filter was to be stored that no filter has yet: a condition or an action."""

    def __init__(self, *, part: str, maker: str) -> None:
        self.part, self.maker = part, maker
        super().__init__(f"this {part} belongs to no filter yet; make it with {maker} of a filter")


class Filter(Entity):
    """A rule: jobs that match get its actions."""

    _STUB, _FIELD, _MESSAGE = "filter", "filter", filter_pb2.Filter

    FilterType = enum_of(filter_pb2.FilterType)

    def __init__(self, filter: Any = None, data: Any = None) -> None:
        super().__init__(filter if data is None else data)

    def delete(self) -> None:
        """Remove the filter."""
        self._send("Delete")

    def createMatcher(self, subject: int, matchType: int, query: str) -> Matcher:
        """Add a condition.

        Args:
            subject: What is looked at: a `Matcher.MatchSubject`.
            matchType: How: a `Matcher.MatchType`.
            query: For what; nothing that is matched has blanks, so they are taken out.
        """
        data = {"subject": subject, "type": matchType, "input": _without_blanks(query)}
        return Matcher(self._send("CreateMatcher", data=data).matcher)

    def createAction(self, actionType: int, value: Any) -> Action:
        """Add something to do with jobs that match.

        Args:
            actionType: What: an `Action.ActionType`.
            value: Its value; a `Group` to move jobs to.
        """
        action = Action()
        action._fill(actionType, value)
        return Action(self._send("CreateAction", data=action.data).action)

    def getActions(self) -> list[Action]:
        """Return what is done with jobs that match."""
        return [Action(message) for message in self._send("GetActions").actions.actions]

    def getMatchers(self) -> list[Matcher]:
        """Return the conditions."""
        return [Matcher(message) for message in self._send("GetMatchers").matchers.matchers]

    def lowerOrder(self) -> None:
        """Apply it one place later."""
        self._send("LowerOrder")

    def raiseOrder(self) -> None:
        """Apply it one place earlier."""
        self._send("RaiseOrder")

    def orderFirst(self) -> None:
        """Apply it first."""
        self._send("OrderFirst")

    def orderLast(self) -> None:
        """Apply it last."""
        self._send("OrderLast")

    def runFilterOnGroup(self, group: Group) -> None:
        """Apply it to the jobs of a group now."""
        self._send("RunFilterOnGroup", group=message_of(group))

    def runFilterOnJobs(self, jobs: Iterable[Job]) -> None:
        """Apply it to jobs now."""
        self._send("RunFilterOnJobs", jobs={"jobs": [message_of(job) for job in jobs]})

    def setEnabled(self, value: bool) -> None:
        """Apply it, or not."""
        self._send("SetEnabled", enabled=value)

    def setName(self, name: str) -> None:
        """Rename it."""
        self._send("SetName", name=name)

    def setType(self, filterType: int) -> None:
        """Set whether one condition is enough: a `FilterType`."""
        self._send("SetType", type=filterType)

    def setOrder(self, order: int) -> None:
        """Set its place."""
        self._send("SetOrder", order=order)

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)

    def type(self) -> int:
        """Return whether one condition is enough: a `FilterType`."""
        return int(self.data.type)

    def order(self) -> float:
        """Return its place."""
        return float(self.data.order)

    def isEnabled(self) -> bool:
        """Return whether it is applied."""
        return bool(self.data.enabled)


class Action(Entity):
    """Something a filter does with jobs that match."""

    _STUB, _FIELD, _MESSAGE = "action", "action", filter_pb2.Action

    ActionType = enum_of(filter_pb2.ActionType)
    ActionValueType = enum_of(filter_pb2.ActionValueType)

    def __init__(self, action: Any = None, data: Any = None) -> None:
        super().__init__(action if data is None else data)

    def getParentFilter(self) -> Filter:
        """Return its filter."""
        return Filter(self._send("GetParentFilter").filter)

    def delete(self) -> None:
        """Remove it."""
        self._send("Delete")

    def commit(self) -> None:
        """Store it as it is now.

        Raises:
            NotStoredError: No filter has it yet.
        """
        if self.isNew():
            raise NotStoredError(part="action", maker="createAction")
        self._send("Commit")

    def isNew(self) -> bool:
        """Return whether the server does not have it yet."""
        return bool(not self.data.id)

    def name(self) -> str:
        """Return what it does, as text."""
        done = filter_pb2.ActionType.Name(self.data.type)
        value = self.value()
        return done if value is None else f"{done} {value}"

    def value(self) -> Any:
        """Return its value, or None when it takes none."""
        field = _VALUE_FIELDS.get(self.data.value_type)
        return None if field is None else getattr(self.data, field)

    def type(self) -> int:
        """Return what it does: an `ActionType`."""
        return int(self.data.type)

    def setTypeAndValue(self, actionType: int, value: Any) -> None:
        """Set what it does and with what value, and store it."""
        self._fill(actionType, value)
        self.commit()

    def _fill(self, kind: int, value: Any) -> None:
        value_type = _value_type(kind)
        self.data.type, self.data.value_type = kind, value_type
        if value_type == filter_pb2.GROUP_TYPE:
            self.data.group_value = _id_of(value)
        elif value_type == filter_pb2.STRING_TYPE:
            self.data.string_value = str(value)
        elif value_type == filter_pb2.INTEGER_TYPE:
            self.data.integer_value = int(value)
        elif value_type == filter_pb2.FLOAT_TYPE:
            self.data.float_value = float(value)
        elif value_type == filter_pb2.BOOLEAN_TYPE:
            self.data.boolean_value = bool(value)


def _value_type(kind: int) -> int:
    """Return what kind of value an action takes."""
    name = filter_pb2.ActionType.Name(kind)
    endings: dict[str, int] = {
        "_GROUP": filter_pb2.GROUP_TYPE,
        "_TAGS": filter_pb2.STRING_TYPE,
        "_CORES": filter_pb2.FLOAT_TYPE,
        "_PRIORITY": filter_pb2.INTEGER_TYPE,
        "_MEMORY": filter_pb2.INTEGER_TYPE,
        "PAUSE_JOB": filter_pb2.BOOLEAN_TYPE,
        "_OPTIMIZER": filter_pb2.BOOLEAN_TYPE,
    }
    found = (kind for ending, kind in endings.items() if name.endswith(ending))
    return next(found, int(filter_pb2.NONE_TYPE))


def _id_of(group: Any) -> str:
    """Return the id of a group that is given as such, as its message or by its id."""
    found = getattr(group, "id", group)
    return str(found() if callable(found) else found)


def _without_blanks(text: str) -> str:
    return text.replace(" ", "")


class Matcher(Entity):
    """A condition of a filter."""

    _STUB, _FIELD, _MESSAGE = "matcher", "matcher", filter_pb2.Matcher

    MatchSubject = enum_of(filter_pb2.MatchSubject)
    MatchType = enum_of(filter_pb2.MatchType)

    def __init__(self, matcher: Any = None, data: Any = None) -> None:
        super().__init__(matcher if data is None else data)

    def getParentFilter(self) -> Filter:
        """Return its filter."""
        return Filter(self._send("GetParentFilter").filter)

    def delete(self) -> None:
        """Remove it."""
        self._send("Delete")

    def commit(self) -> None:
        """Store it as it is now.

        Raises:
            NotStoredError: No filter has it yet.
        """
        if self.isNew():
            raise NotStoredError(part="matcher", maker="createMatcher")
        self.data.input = _without_blanks(self.data.input)
        self._send("Commit")

    def isNew(self) -> bool:
        """Return whether the server does not have it yet."""
        return bool(not self.data.id)

    def name(self) -> str:
        """Return the condition as text."""
        subject = filter_pb2.MatchSubject.Name(self.data.subject)
        return f"{subject} {filter_pb2.MatchType.Name(self.data.type)} {self.data.input}"

    def subject(self) -> int:
        """Return what is looked at: a `MatchSubject`."""
        return int(self.data.subject)

    def type(self) -> int:
        """Return how it is looked at: a `MatchType`."""
        return int(self.data.type)

    def input(self) -> str:
        """Return what is looked for."""
        return str(self.data.input)

    def setSubject(self, value: int) -> None:
        """Set what is looked at and store it."""
        self.data.subject = value
        self.commit()

    def setType(self, value: int) -> None:
        """Set how it is looked at and store it."""
        self.data.type = value
        self.commit()

    def setInput(self, value: str) -> None:
        """Set what is looked for and store it."""
        self.data.input = value
        self.commit()
