"""What people ask of filters: make, change, order and delete them, their matchers and their actions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from cuelet.core.operations.setup.groups import get_group
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.filter import (
    Action,
    ActionType,
    Filter,
    FilterType,
    Matcher,
    MatchType,
    Subject,
    ValueType,
)
from cuelet.core.state.setup.show import Show
from cuelet.core.values.errors import AlreadyThereError, InvalidRequestError, NotFoundError

MAX_NAME, MAX_INPUT = 255, 6000
_SHOWN = 60
_Part = TypeVar("_Part", Matcher, Action)

_LAYER_TYPES = ("RENDER", "UTIL", "PRE")
VALUE_OF: Final[dict[ActionType, ValueType]] = {
    ActionType.MOVE_JOB_TO_GROUP: ValueType.GROUP,
    ActionType.PAUSE_JOB: ValueType.BOOLEAN,
    ActionType.SET_JOB_MIN_CORES: ValueType.FLOAT,
    ActionType.SET_JOB_MAX_CORES: ValueType.FLOAT,
    ActionType.STOP_PROCESSING: ValueType.NONE,
    ActionType.SET_JOB_PRIORITY: ValueType.INTEGER,
    ActionType.SET_ALL_RENDER_LAYER_CORES: ValueType.FLOAT,
    ActionType.SET_MEMORY_OPTIMIZER: ValueType.BOOLEAN,
    **{ActionType[f"SET_ALL_{kind}_LAYER_TAGS"]: ValueType.STRING for kind in _LAYER_TYPES},
    **{ActionType[f"SET_ALL_{kind}_LAYER_MEMORY"]: ValueType.INTEGER for kind in _LAYER_TYPES},
    **{ActionType[f"SET_ALL_{kind}_LAYER_MIN_CORES"]: ValueType.FLOAT for kind in _LAYER_TYPES},
    **{ActionType[f"SET_ALL_{kind}_LAYER_MAX_CORES"]: ValueType.FLOAT for kind in _LAYER_TYPES},
}
"""Which value each action reads."""


# -- finding -------------------------------------------------------------------------------------


def filters_of(farm: Farm, show: Show) -> list[Filter]:
    """Return the filters of a show, in the order in which they act."""
    found = [each for each in farm.records.all(Filter) if each.show == show.id]
    return sorted(found, key=lambda each: (each.order, each.id))


def find_filter(farm: Farm, show: Show, name: str) -> Filter:
    """Return a filter of a show by name; raises NotFoundError."""
    every = filters_of(farm, show)
    for each in every:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in every[:10])
    remedy = f"show {show.name} has {known}" if known else f"show {show.name} has none"
    raise NotFoundError(kind="filter", name=name[:_SHOWN], remedy=remedy)


def matchers_of(farm: Farm, of: Filter) -> list[Matcher]:
    """Return the matchers of a filter, in the order in which they were made."""
    return _parts(farm, of, Matcher)


def actions_of(farm: Farm, of: Filter) -> list[Action]:
    """Return the actions of a filter, in the order in which they are done."""
    return _parts(farm, of, Action)


def _parts(farm: Farm, of: Filter, kind: type[_Part]) -> list[_Part]:
    found = [part for part in farm.records.all(kind) if part.filter == of.id]
    return sorted(found, key=lambda part: part.number)


# -- filters -------------------------------------------------------------------------------------


def create(farm: Farm, filter_id: str, show: Show, name: str, decision: Decision) -> Filter:
    """Make a filter that acts after the others of its show.

    Raises:
        InvalidRequestError: The name is none.
        AlreadyThereError: The show has one of that name.
    """
    _refuse_name(farm, show, name)
    last = len(filters_of(farm, show))
    made = Filter(id=filter_id, show=show.id, name=name, order=last + 1)
    farm.records.put(made, decision)
    return made


def _refuse_name(farm: Farm, show: Show, name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        reason = f"a name has 1 to {MAX_NAME} printable characters"
        raise InvalidRequestError(request=f"filter {name[:_SHOWN]!r}", reason=reason)
    if any(each.name == name for each in filters_of(farm, show)):
        raise AlreadyThereError(kind=f"filter of show {show.name}", name=name)


def rename(farm: Farm, of: Filter, name: str, decision: Decision) -> None:
    """Give a filter another name; raises as `create` does."""
    if name != of.name:
        _refuse_name(farm, farm.records.get(Show, of.show), name)
        farm.records.put(replace(of, name=name), decision)


def set_type(farm: Farm, of: Filter, filter_type: int, decision: Decision) -> None:
    """Say whether all matchers have to match or one is enough; raises InvalidRequestError."""
    chosen = _known(FilterType, filter_type, f"type of filter {of.name}")
    farm.records.put(replace(of, type=chosen), decision)


def set_enabled(farm: Farm, of: Filter, decision: Decision, *, enabled: bool) -> None:
    """Let a filter act on launches, or not."""
    farm.records.put(replace(of, enabled=enabled), decision)


def delete(farm: Farm, of: Filter, decision: Decision) -> None:
    """Forget a filter with its matchers and actions; those behind it move up."""
    for part in (*matchers_of(farm, of), *actions_of(farm, of)):
        farm.records.remove(part, decision)
    farm.records.remove(of, decision)
    show = farm.records.find(Show, of.show)
    if show is not None:
        _number(farm, filters_of(farm, show), decision)


def place(farm: Farm, of: Filter, at: int, decision: Decision) -> None:
    """Put a filter at a place among those of its show, counted from 1; the nearest there is."""
    others = filters_of(farm, farm.records.get(Show, of.show))
    others.remove(of)
    at = min(max(at, 1), len(others) + 1)
    _number(farm, [*others[: at - 1], of, *others[at - 1 :]], decision)


def _number(farm: Farm, ordered: Sequence[Filter], decision: Decision) -> None:
    for at, each in enumerate(ordered, start=1):
        if each.order != at:
            farm.records.put(replace(each, order=at), decision)


# -- matchers and actions ------------------------------------------------------------------------


def put_matcher(farm: Farm, matcher: Matcher, decision: Decision) -> Matcher:
    """Keep a matcher, new or changed; a new one comes after those of its filter.

    Raises:
        InvalidRequestError: It compares something with nothing, or by a broken expression.
    """
    what = "matcher"
    _known(Subject, matcher.subject, f"subject of a {what}")
    match_type = _known(MatchType, matcher.type, f"type of a {what}")
    if not 0 < len(matcher.input) <= MAX_INPUT:
        reason = f"compare with 1 to {MAX_INPUT} characters"
        raise InvalidRequestError(request=what, reason=reason)
    if match_type is MatchType.REGEX:
        _refuse_broken(matcher.input)
    return _keep(farm, matcher, matchers_of, decision)


def _refuse_broken(expression: str) -> None:
    try:
        re.compile(expression)
    except (re.error, RecursionError, OverflowError) as error:
        request = f"matcher by {expression[:_SHOWN]!r}"
        raise InvalidRequestError(
            request=request, reason=f"no regular expression: {error}"
        ) from error


def put_action(farm: Farm, action: Action, decision: Decision) -> Action:
    """Keep an action, new or changed; a new one comes after those of its filter.

    Raises:
        InvalidRequestError: Its value is of another type than it reads, or makes no sense.
        NotFoundError: There is no such group.
    """
    action_type = _known(ActionType, action.type, "type of an action")
    value_type = _known(ValueType, action.value_type, "type of an action's value")
    wanted = VALUE_OF[action_type]
    if value_type is not wanted:
        request = f"action {action_type.name} with a value of type {value_type.name}"
        raise InvalidRequestError(request=request, reason=f"give it one of type {wanted.name}")
    _refuse_value(farm, action, action_type)
    return _keep(farm, action, actions_of, decision)


def _refuse_value(farm: Farm, action: Action, action_type: ActionType) -> None:
    request = f"action {action_type.name}"
    if action_type is ActionType.MOVE_JOB_TO_GROUP:
        group, of = get_group(farm, action.group_value), farm.records.get(Filter, action.filter)
        if group.show != of.show:
            reason = f"group {group.name} is of another show than the filter"
            raise InvalidRequestError(request=request, reason=reason)
    if action_type.name.endswith("_TAGS") and not tags_in(action.string_value):
        raise InvalidRequestError(request=request, reason="name a tag at least")
    if "CORES" in action_type.name and not -1 <= action.float_value <= 1e6:
        raise InvalidRequestError(request=request, reason="use 0 to 1,000,000 cores, or -1")
    if action_type.name.endswith("_MEMORY") and action.integer_value <= 0:
        raise InvalidRequestError(request=request, reason="use 1 KB or more")


def tags_in(text: str) -> tuple[str, ...]:
    """Return the tags of a text that parts them by blanks, commas or bars."""
    return tuple(filter(None, re.split(r"[\s,|]+", text)))


def _keep(
    farm: Farm,
    part: _Part,
    others: Callable[[Farm, Filter], Sequence[_Part]],
    decision: Decision,
) -> _Part:
    known = farm.records.find(type(part), part.id)
    of = farm.records.get(Filter, known.filter if known else part.filter)
    numbers = [each.number for each in others(farm, of)]
    number = known.number if known else max(numbers, default=0) + 1
    kept = replace(part, filter=of.id, number=number)
    farm.records.put(kept, decision)
    return kept


def _known(kind: Any, value: int, what: str) -> Any:
    """Return the member of an enumeration that a number stands for; raises InvalidRequestError."""
    try:
        return kind(value)
    except ValueError as error:
        reason = f"there is no such number: {value}; there are 0 to {max(kind)}"
        raise InvalidRequestError(request=what, reason=reason) from error
