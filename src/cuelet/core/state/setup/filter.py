"""Filters of a show: what they match, and what they do to the jobs that match."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import ClassVar

from cuelet.core.state.setup.record import Record


class FilterType(enum.IntEnum):
    """How many matchers of a filter have to match; the numbers are OpenCue's, as all in this module."""

    ANY = 0
    ALL = 1


class Subject(enum.IntEnum):
    """What of a job a matcher looks at."""

    JOB_NAME = 0
    SHOW = 1
    SHOT = 2
    USER = 3
    SERVICE_NAME = 4
    PRIORITY = 5
    FACILITY = 6
    LAYER_NAME = 7


class MatchType(enum.IntEnum):
    """How a matcher compares."""

    CONTAINS = 0
    DOES_NOT_CONTAIN = 1
    IS = 2
    IS_NOT = 3
    REGEX = 4
    BEGINS_WITH = 5
    ENDS_WITH = 6


class ActionType(enum.IntEnum):
    """What an action does."""

    MOVE_JOB_TO_GROUP = 0
    PAUSE_JOB = 1
    SET_JOB_MIN_CORES = 2
    SET_JOB_MAX_CORES = 3
    STOP_PROCESSING = 4
    SET_JOB_PRIORITY = 5
    SET_ALL_RENDER_LAYER_TAGS = 6
    SET_ALL_RENDER_LAYER_MEMORY = 7
    SET_ALL_RENDER_LAYER_CORES = 8
    SET_MEMORY_OPTIMIZER = 9
    SET_ALL_RENDER_LAYER_MIN_CORES = 10
    SET_ALL_RENDER_LAYER_MAX_CORES = 11
    SET_ALL_UTIL_LAYER_TAGS = 12
    SET_ALL_UTIL_LAYER_MEMORY = 13
    SET_ALL_UTIL_LAYER_MIN_CORES = 14
    SET_ALL_UTIL_LAYER_MAX_CORES = 15
    SET_ALL_PRE_LAYER_TAGS = 16
    SET_ALL_PRE_LAYER_MEMORY = 17
    SET_ALL_PRE_LAYER_MIN_CORES = 18
    SET_ALL_PRE_LAYER_MAX_CORES = 19


class ValueType(enum.IntEnum):
    """Which value of an action counts."""

    GROUP = 0
    STRING = 1
    INTEGER = 2
    FLOAT = 3
    BOOLEAN = 4
    NONE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Record):
    """One filter of a show; it matches nothing while it has no matchers."""

    KIND: ClassVar[str] = "filter"
    show: str = ""
    """Id of the show."""
    name: str = ""
    type: int = FilterType.ALL
    order: int = 0
    """Its place among the filters of the show, from 1."""
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher(Record):
    """One condition of a filter."""

    KIND: ClassVar[str] = "matcher"
    filter: str = ""
    number: int = 0
    """Orders those of a filter: they were made in this order."""
    subject: int = Subject.JOB_NAME
    type: int = MatchType.CONTAINS
    input: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Record):
    """One thing that a filter does; the value of its value type counts."""

    KIND: ClassVar[str] = "action"
    filter: str = ""
    number: int = 0
    """Orders those of a filter: they are done in this order."""
    type: int = ActionType.PAUSE_JOB
    value_type: int = ValueType.NONE
    group_value: str = ""
    string_value: str = ""
    integer_value: int = 0
    float_value: float = 0.0
    boolean_value: bool = False
