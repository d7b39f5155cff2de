"""OpenCue's ShowInterface: shows that launches have made or somebody has set up, and what is theirs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from opencue_proto import filter_pb2, job_pb2, show_pb2, show_pb2_grpc

from cuelet.core.operations.setup import allocations, filters, groups, shows
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.filter import Filter
from cuelet.core.state.setup.show import Show
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue import convert
from cuelet.rpc.opencue.already import note
from cuelet.rpc.opencue.setup.filters import filter_message
from cuelet.rpc.opencue.setup.messages import group_seq, show_messages, whiteboard
from cuelet.rpc.opencue.site import of_shows
from cuelet.rpc.opencue.subscriptions import subscription_message, subscription_seq

Context = Any
_Act = Callable[[Farm, Show, Decision], object]

_NO_MAIL = "the address is kept; the embedded farm mails no comments"
_ONE_SCHEDULER = "one scheduler serves every show here"
_NO_MINIMUM = "a minimum is kept and shown; one machine serves jobs by priority and age"


class ShowService(of_shows.OfShows, show_pb2_grpc.ShowInterfaceServicer):  # type: ignore[misc] # generated
    """Answer calls about shows from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def show(self, id_or_name: str) -> Show:
        """Return a show by id or name; raises NotFoundError."""
        return shows.find_show(self._engine.farm, id_or_name)

    def _message(self, show: Show) -> show_pb2.Show:
        (message,) = show_messages(self._engine.farm, [show])
        return message

    async def _change(self, request: Any, act: _Act) -> None:
        await self._engine.submit(
            lambda farm, decision, now: act(farm, shows.find_show(farm, request.show.id), decision)
        )

    # -- reading -----------------------------------------------------------------------------

    def _seq(self, *, only_active: bool) -> show_pb2.ShowSeq:
        farm = self._engine.farm
        every = sorted(farm.records.all(Show), key=lambda show: show.name)
        chosen = [show for show in every if show.active or not only_active]
        return show_pb2.ShowSeq(shows=show_messages(farm, chosen))

    async def GetShows(self, request: Any, context: Context) -> Any:
        return show_pb2.ShowGetShowsResponse(shows=self._seq(only_active=False))

    async def GetActiveShows(self, request: Any, context: Context) -> Any:
        return show_pb2.ShowGetActiveShowsResponse(shows=self._seq(only_active=True))

    async def FindShow(self, request: Any, context: Context) -> Any:
        return show_pb2.ShowFindShowResponse(show=self._message(self.show(request.name)))

    async def GetSubscriptions(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        found = allocations.subscriptions_of(farm, self.show(request.show.id))
        return show_pb2.ShowGetSubscriptionResponse(subscriptions=subscription_seq(farm, found))

    async def GetJobs(self, request: Any, context: Context) -> Any:
        farm, place, show = self._engine.farm, self._engine.place(), self.show(request.show.id)
        found = sorted((job for job in farm.order if job.show_id == show.id), key=lambda j: j.name)
        jobs = [convert.job_message(farm, job, place) for job in found]
        return show_pb2.ShowGetJobsResponse(jobs=job_pb2.JobSeq(jobs=jobs))

    async def GetJobWhiteboard(self, request: Any, context: Context) -> Any:
        tree = whiteboard(self._engine.farm, self.show(request.show.id), self._engine.place())
        return show_pb2.ShowGetJobWhiteboardResponse(whiteboard=tree)

    async def GetRootGroup(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        (root,) = group_seq(farm, [groups.root_of(farm, self.show(request.show.id))]).groups
        return show_pb2.ShowGetRootGroupResponse(group=root)

    async def GetGroups(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        found = groups.groups_of(farm, self.show(request.show.id))
        return show_pb2.ShowGetGroupsResponse(groups=group_seq(farm, found))

    def named(self, show_id: str) -> of_shows.Named:
        """Return a show by its id; raises NotFoundError."""
        found = self.show(show_id)
        return of_shows.Named(found.id, found.name)

    # -- filters -----------------------------------------------------------------------------

    async def GetFilters(self, request: Any, context: Context) -> Any:
        found = filters.filters_of(self._engine.farm, self.show(request.show.id))
        messages = [filter_message(each) for each in found]
        return show_pb2.ShowGetFiltersResponse(filters=filter_pb2.FilterSeq(filters=messages))

    async def FindFilter(self, request: Any, context: Context) -> Any:
        found = filters.find_filter(self._engine.farm, self.show(request.show.id), request.name)
        return show_pb2.ShowFindFilterResponse(filter=filter_message(found))

    async def CreateFilter(self, request: Any, context: Context) -> Any:
        new_id = str(uuid.uuid4())
        made: Filter = await self._engine.submit(
            lambda farm, decision, now: filters.create(
                farm, new_id, shows.find_show(farm, request.show.id), request.name, decision
            )
        )
        return show_pb2.ShowCreateFilterResponse(filter=filter_message(made))

    # -- setting up --------------------------------------------------------------------------

    async def CreateShow(self, request: Any, context: Context) -> Any:
        made: Show = await self._engine.submit(
            lambda farm, decision, now: shows.create(farm, request.name, decision)
        )
        return show_pb2.ShowCreateShowResponse(show=self._message(made))

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._change(request, shows.delete)
        return show_pb2.ShowDeleteResponse()

    async def Archive(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, show, decision: shows.archive(
                farm, show, shows.find_show(farm, request.target_show_name), decision
            ),
        )
        return show_pb2.ShowArchiveResponse()

    async def SetActive(self, request: Any, context: Context) -> Any:
        await self._set(request, active=request.value)
        return show_pb2.ShowSetActiveResponse()

    async def EnableBooking(self, request: Any, context: Context) -> Any:
        await self._set(request, booking=request.enabled)
        return show_pb2.ShowEnableBookingResponse()

    async def EnableDispatching(self, request: Any, context: Context) -> Any:
        await self._set(request, dispatching=request.enabled)
        return show_pb2.ShowEnableDispatchingResponse()

    async def _set(self, request: Any, **values: Any) -> None:
        await self._change(
            request, lambda farm, show, decision: shows.change(farm, show, decision, **values)
        )

    async def SetCommentEmail(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, show, decision: shows.set_email(farm, show, request.email, decision),
        )
        if request.email:
            note(context, _NO_MAIL)
        return show_pb2.ShowSetCommentEmailResponse()

    async def SetSchedulerManaged(self, request: Any, context: Context) -> Any:
        await self._set(request, scheduler_managed=request.enabled)
        if request.enabled:
            note(context, _ONE_SCHEDULER)
        return show_pb2.ShowSetSchedulerManagedResponse()

    # -- defaults of jobs --------------------------------------------------------------------

    async def _set_default(self, request: Any, **values: float) -> None:
        await self._change(
            request, lambda farm, show, decision: shows.set_default(farm, show, decision, **values)
        )

    async def SetDefaultMinCores(self, request: Any, context: Context) -> Any:
        await self._set_default(request, default_min_cores=request.min_cores)
        note(context, _NO_MINIMUM)
        return show_pb2.ShowSetDefaultMinCoresResponse()

    async def SetDefaultMaxCores(self, request: Any, context: Context) -> Any:
        await self._set_default(request, default_max_cores=request.max_cores)
        return show_pb2.ShowSetDefaultMaxCoresResponse()

    async def SetDefaultMinGpus(self, request: Any, context: Context) -> Any:
        await self._set_default(request, default_min_gpus=request.min_gpus)
        note(context, _NO_MINIMUM)
        return show_pb2.ShowSetDefaultMinGpusResponse()

    async def SetDefaultMaxGpus(self, request: Any, context: Context) -> Any:
        await self._set_default(request, default_max_gpus=request.max_gpus)
        return show_pb2.ShowSetDefaultMaxGpusResponse()

    # -- subscriptions -----------------------------------------------------------------------

    async def CreateSubscription(self, request: Any, context: Context) -> Any:
        made = await self._engine.submit(
            lambda farm, decision, now: allocations.subscribe(
                farm,
                shows.find_show(farm, request.show.id),
                allocations.find_allocation(farm, request.allocation_id),
                request.size,
                request.burst,
                decision,
            )
        )
        found = subscription_message(self._engine.farm, made)
        return show_pb2.ShowCreateSubscriptionResponse(subscription=found)
