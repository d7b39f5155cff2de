"""OpenCue's FilterInterface, MatcherInterface and ActionInterface: what a show does to its jobs by itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from opencue_proto import filter_pb2, filter_pb2_grpc

from cuelet.core.operations.setup import filtering, filters, groups
from cuelet.core.operations.setup.shows import find_show
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.filter import Action, Filter, Matcher
from cuelet.engine.engine import Engine
from cuelet.rpc import search

Context = Any
_Act = Callable[[Farm, Filter, Decision], object]

_LAST = 2**31


def filter_message(found: Filter) -> filter_pb2.Filter:
    """Return a filter."""
    return filter_pb2.Filter(
        id=found.id, name=found.name, type=found.type, order=found.order, enabled=found.enabled
    )


def matcher_message(found: Matcher) -> filter_pb2.Matcher:
    """Return a matcher."""
    return filter_pb2.Matcher(
        id=found.id, subject=found.subject, type=found.type, input=found.input
    )


def action_message(found: Action) -> filter_pb2.Action:
    """Return an action."""
    return filter_pb2.Action(
        id=found.id,
        type=found.type,
        value_type=found.value_type,
        group_value=found.group_value,
        string_value=found.string_value,
        integer_value=found.integer_value,
        float_value=found.float_value,
        boolean_value=found.boolean_value,
    )


def _matcher(record_id: str, filter_id: str, message: filter_pb2.Matcher) -> Matcher:
    return Matcher(
        id=record_id,
        filter=filter_id,
        subject=message.subject,
        type=message.type,
        input=message.input,
    )


def _action(record_id: str, filter_id: str, message: filter_pb2.Action) -> Action:
    return Action(
        id=record_id,
        filter=filter_id,
        type=message.type,
        value_type=message.value_type,
        group_value=message.group_value,
        string_value=message.string_value,
        integer_value=message.integer_value,
        float_value=message.float_value,
        boolean_value=message.boolean_value,
    )


class FilterService(filter_pb2_grpc.FilterInterfaceServicer):  # type: ignore[misc] # generated
    """Answer calls about filters from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _of(self, request: Any) -> Filter:
        return self._engine.farm.records.get(Filter, request.filter.id)

    async def _change(self, request: Any, act: _Act) -> Any:
        return await self._engine.submit(
            lambda farm, decision, now: act(
                farm, farm.records.get(Filter, request.filter.id), decision
            )
        )

    # -- reading -----------------------------------------------------------------------------

    async def FindFilter(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        found = filters.find_filter(farm, find_show(farm, request.show), request.name)
        return filter_pb2.FilterFindFilterResponse(filter=filter_message(found))

    async def GetMatchers(self, request: Any, context: Context) -> Any:
        found = filters.matchers_of(self._engine.farm, self._of(request))
        seq = filter_pb2.MatcherSeq(matchers=[matcher_message(each) for each in found])
        return filter_pb2.FilterGetMatchersResponse(matchers=seq)

    async def GetActions(self, request: Any, context: Context) -> Any:
        found = filters.actions_of(self._engine.farm, self._of(request))
        seq = filter_pb2.ActionSeq(actions=[action_message(each) for each in found])
        return filter_pb2.FilterGetActionsResponse(actions=seq)

    # -- changing ----------------------------------------------------------------------------

    async def CreateMatcher(self, request: Any, context: Context) -> Any:
        new = _matcher(str(uuid.uuid4()), request.filter.id, request.data)
        made = await self._change(
            request, lambda farm, _, decision: filters.put_matcher(farm, new, decision)
        )
        return filter_pb2.FilterCreateMatcherResponse(matcher=matcher_message(made))

    async def CreateAction(self, request: Any, context: Context) -> Any:
        new = _action(str(uuid.uuid4()), request.filter.id, request.data)
        made = await self._change(
            request, lambda farm, _, decision: filters.put_action(farm, new, decision)
        )
        return filter_pb2.FilterCreateActionResponse(action=action_message(made))

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._change(request, filters.delete)
        return filter_pb2.FilterDeleteResponse()

    async def SetName(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda farm, of, decision: filters.rename(farm, of, request.name, decision)
        )
        return filter_pb2.FilterSetNameResponse()

    async def SetType(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda farm, of, decision: filters.set_type(farm, of, request.type, decision)
        )
        return filter_pb2.FilterSetTypeResponse()

    async def SetEnabled(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, of, decision: filters.set_enabled(
                farm, of, decision, enabled=request.enabled
            ),
        )
        return filter_pb2.FilterSetEnabledResponse()

    # -- order -------------------------------------------------------------------------------

    async def _place(self, request: Any, at: Callable[[Filter], int]) -> None:
        await self._change(
            request, lambda farm, of, decision: filters.place(farm, of, at(of), decision)
        )

    async def SetOrder(self, request: Any, context: Context) -> Any:
        await self._place(request, lambda of: request.order)
        return filter_pb2.FilterSetOrderResponse()

    async def OrderFirst(self, request: Any, context: Context) -> Any:
        await self._place(request, lambda of: 1)
        return filter_pb2.FilterOrderFirstResponse()

    async def OrderLast(self, request: Any, context: Context) -> Any:
        await self._place(request, lambda of: _LAST)
        return filter_pb2.FilterOrderLastResponse()

    async def LowerOrder(self, request: Any, context: Context) -> Any:
        await self._place(request, lambda of: of.order + 1)
        return filter_pb2.FilterLowerOrderResponse()

    async def RaiseOrder(self, request: Any, context: Context) -> Any:
        await self._place(request, lambda of: of.order - 1)
        return filter_pb2.FilterRaiseOrderResponse()

    # -- running -----------------------------------------------------------------------------

    async def RunFilterOnJobs(self, request: Any, context: Context) -> Any:
        def run(farm: Farm, of: Filter, decision: Decision) -> None:
            jobs = [search.job_of(farm, each) for each in request.jobs.jobs]
            filtering.run_filter(farm, of, jobs, decision)

        await self._change(request, run)
        return filter_pb2.FilterRunFilterOnJobsResponse()

    async def RunFilterOnGroup(self, request: Any, context: Context) -> Any:
        def run(farm: Farm, of: Filter, decision: Decision) -> None:
            group = groups.get_group(farm, request.group.id)
            filtering.run_filter(farm, of, groups.jobs_in(farm, group), decision)

        await self._change(request, run)
        return filter_pb2.FilterRunFilterOnGroupResponse()


class MatcherService(filter_pb2_grpc.MatcherInterfaceServicer):  # type: ignore[misc] # generated
    """Answer calls about matchers from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Commit(self, request: Any, context: Context) -> Any:
        def commit(farm: Farm, decision: Decision, now: float) -> None:
            known = farm.records.get(Matcher, request.matcher.id)
            changed = _matcher(known.id, known.filter, request.matcher)
            filters.put_matcher(farm, changed, decision)

        await self._engine.submit(commit)
        return filter_pb2.MatcherCommitResponse()

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._engine.submit(
            lambda farm, decision, now: farm.records.remove(
                farm.records.get(Matcher, request.matcher.id), decision
            )
        )
        return filter_pb2.MatcherDeleteResponse()

    async def GetParentFilter(self, request: Any, context: Context) -> Any:
        records = self._engine.farm.records
        found = records.get(Filter, records.get(Matcher, request.matcher.id).filter)
        return filter_pb2.MatcherGetParentFilterResponse(filter=filter_message(found))


class ActionService(filter_pb2_grpc.ActionInterfaceServicer):  # type: ignore[misc] # generated
    """Answer calls about actions from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Commit(self, request: Any, context: Context) -> Any:
        def commit(farm: Farm, decision: Decision, now: float) -> None:
            known = farm.records.get(Action, request.action.id)
            changed = _action(known.id, known.filter, request.action)
            filters.put_action(farm, changed, decision)

        await self._engine.submit(commit)
        return filter_pb2.ActionCommitResponse()

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._engine.submit(
            lambda farm, decision, now: farm.records.remove(
                farm.records.get(Action, request.action.id), decision
            )
        )
        return filter_pb2.ActionDeleteResponse()

    async def GetParentFilter(self, request: Any, context: Context) -> Any:
        records = self._engine.farm.records
        found = records.get(Filter, records.get(Action, request.action.id).filter)
        return filter_pb2.ActionGetParentFilterResponse(filter=filter_message(found))
