"""What the filters of a show do to a job: at its launch, and whenever somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from cuelet.core.operations.requests import set_paused, set_priority
from cuelet.core.operations.reservations import change_job, change_layer
from cuelet.core.operations.setup import groups
from cuelet.core.operations.setup.filters import actions_of, filters_of, matchers_of, tags_in
from cuelet.core.operations.site.settings import set_of_layer
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.setup.filter import (
    Action,
    ActionType,
    Filter,
    FilterType,
    Matcher,
    MatchType,
    Subject,
)
from cuelet.core.state.setup.group import Group
from cuelet.core.state.setup.show import Show

LEAST_MEMORY_KB = 256 * 1024
_KB_PER_MB = 1024


# -- what matches --------------------------------------------------------------------------------


def matches(farm: Farm, of: Filter, job: Job) -> bool:
    """Tell whether a filter is about a job; without matchers it is about none."""
    found = [is_match(matcher, job) for matcher in matchers_of(farm, of)]
    enough = all if of.type == FilterType.ALL else any
    return bool(found) and enough(found)


def is_match(matcher: Matcher, job: Job) -> bool:
    """Tell whether a job is what a matcher looks for: in one of its layers, where it looks at these."""
    words = _WORDS_OF[Subject(matcher.subject)](job)
    match_type = MatchType(matcher.type)
    if match_type is MatchType.DOES_NOT_CONTAIN:
        return not any(matcher.input in word for word in words)
    if match_type is MatchType.IS_NOT:
        return matcher.input not in words
    test = _TESTS[match_type]
    return any(test(word, matcher.input) for word in words)


_TESTS: Final[Mapping[MatchType, Callable[[str, str], bool]]] = MappingProxyType(
    {
        MatchType.CONTAINS: lambda word, text: text in word,
        MatchType.IS: lambda word, text: word == text,
        MatchType.REGEX: lambda word, text: re.search(text, word) is not None,
        MatchType.BEGINS_WITH: lambda word, text: word.startswith(text),
        MatchType.ENDS_WITH: lambda word, text: word.endswith(text),
    }
)


def _services_of(job: Job) -> list[str]:
    return [name for layer in job.layers for name in layer.spec.services or ("default",)]


_WORDS_OF: Final[Mapping[Subject, Callable[[Job], list[str]]]] = MappingProxyType(
    {
        Subject.JOB_NAME: lambda job: [job.name.lower()],
        Subject.SHOW: lambda job: [job.spec.show.lower()],
        Subject.SHOT: lambda job: [job.spec.shot.lower()],
        Subject.USER: lambda job: [job.spec.user.lower()],
        Subject.SERVICE_NAME: _services_of,
        Subject.PRIORITY: lambda job: [f"{job.priority}"],
        Subject.FACILITY: lambda job: [job.spec.facility.lower()],
        Subject.LAYER_NAME: lambda job: [layer.name for layer in job.layers],
    }
)


# -- what is done --------------------------------------------------------------------------------


def run_filters(farm: Farm, job: Job, decision: Decision) -> None:
    """Do to a job what the enabled filters of its show do, one after the other."""
    show = farm.records.find(Show, job.show_id)
    found = filters_of(farm, show) if show else []
    _run(farm, (each for each in found if each.enabled), job, decision)


def run_filter(farm: Farm, of: Filter, jobs: Iterable[Job], decision: Decision) -> None:
    """Do to those of some jobs that match what one filter does, whether it is enabled or not."""
    for job in jobs:
        _run(farm, [of], job, decision)


def _run(farm: Farm, chosen: Iterable[Filter], job: Job, decision: Decision) -> None:
    own: set[str] = set()
    """What filters have set themselves, so that a group does not set it again."""
    for each in chosen:
        if not matches(farm, each, job):
            continue
        for action in actions_of(farm, each):
            if action.type == ActionType.STOP_PROCESSING:
                return
            _do(farm, action, job, own, decision)


def _do(farm: Farm, action: Action, job: Job, own: set[str], decision: Decision) -> None:
    action_type = ActionType(action.type)
    if action_type in _TO_LAYERS:
        kind, change = _TO_LAYERS[action_type]
        for layer in job.layers:
            if layer.spec.kind == kind:
                change(job, layer, action, decision)
        return
    _TO_JOB[action_type](farm, job, action, own, decision)


def _move(farm: Farm, job: Job, action: Action, own: set[str], decision: Decision) -> None:
    group = farm.records.find(Group, action.group_value) or groups.root_of(
        farm, farm.records.get(Show, job.show_id)
    )
    if group.id == action.group_value and group.show == job.show_id:
        groups.move_jobs(farm, [job], group, decision, with_defaults=False)
        groups.give_defaults(farm, job, group, decision, but=frozenset(own))


def _pause(_: Farm, job: Job, action: Action, __: set[str], decision: Decision) -> None:
    set_paused(job, decision, paused=action.boolean_value)


def _prioritize(farm: Farm, job: Job, action: Action, own: set[str], decision: Decision) -> None:
    own.add("job_priority")
    set_priority(farm, job, action.integer_value, decision)


def _set_min_cores(_: Farm, job: Job, action: Action, own: set[str], decision: Decision) -> None:
    own.add("job_min_cores")
    change_job(job, decision, min_cores=action.float_value)


def _set_max_cores(_: Farm, job: Job, action: Action, own: set[str], decision: Decision) -> None:
    own.add("job_max_cores")
    change_job(job, decision, max_cores=action.float_value)


def _optimize(farm: Farm, job: Job, action: Action, _: set[str], decision: Decision) -> None:
    for layer in job.layers:
        set_of_layer(farm, job, layer, decision, memory_optimizer=action.boolean_value)


_ToJob = Callable[[Farm, Job, Action, "set[str]", Decision], None]
_TO_JOB: Final[Mapping[ActionType, _ToJob]] = MappingProxyType(
    {
        ActionType.MOVE_JOB_TO_GROUP: _move,
        ActionType.PAUSE_JOB: _pause,
        ActionType.SET_JOB_PRIORITY: _prioritize,
        ActionType.SET_JOB_MIN_CORES: _set_min_cores,
        ActionType.SET_JOB_MAX_CORES: _set_max_cores,
        ActionType.SET_MEMORY_OPTIMIZER: _optimize,
    }
)


def _tag(job: Job, layer: Layer, action: Action, decision: Decision) -> None:
    change_layer(job, layer, decision, tags=tags_in(action.string_value))


def _reserve_memory(job: Job, layer: Layer, action: Action, decision: Decision) -> None:
    memory_kb = max(action.integer_value, LEAST_MEMORY_KB)
    change_layer(job, layer, decision, memory_mb=-(-memory_kb // _KB_PER_MB))


def _reserve_cores(job: Job, layer: Layer, action: Action, decision: Decision) -> None:
    change_layer(job, layer, decision, cores=action.float_value)


def _cap_cores(job: Job, layer: Layer, action: Action, decision: Decision) -> None:
    change_layer(job, layer, decision, max_cores=max(action.float_value, 0.0))


_ToLayer = Callable[[Job, Layer, Action, Decision], None]
_KINDS = {"RENDER": "Render", "UTIL": "Util", "PRE": "Pre"}
_OF_LAYERS: Final[Mapping[str, _ToLayer]] = MappingProxyType(
    {
        "TAGS": _tag,
        "MEMORY": _reserve_memory,
        "CORES": _reserve_cores,
        "MIN_CORES": _reserve_cores,
        "MAX_CORES": _cap_cores,
    }
)
_TO_LAYERS: Final[Mapping[ActionType, tuple[str, _ToLayer]]] = MappingProxyType(
    {
        each: (_KINDS[words[2]], _OF_LAYERS["_".join(words[4:])])
        for each in ActionType
        if (words := each.name.split("_"))[:2] == ["SET", "ALL"]
    }
)
