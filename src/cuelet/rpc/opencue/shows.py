"""OpenCue's ShowInterface: the shows that jobs name."""

from __future__ import annotations

from typing import Any

from opencue_proto import show_pb2, show_pb2_grpc

from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from cuelet.core.values.states import DEPEND, RUNNING, SETUP, WAITING, JobState
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.allocations import only_allocation
from cuelet.rpc.opencue.already import Named, as_it_is, note, refuse_odd_name
from cuelet.rpc.opencue.site import of_shows
from cuelet.rpc.opencue.subscriptions import subscription_message, subscription_seq

Context = Any


_IS_THERE = "a show needs no setting up here: every show may use the whole machine"
_NO_LIMIT = "the defaults of a show limit nothing here: frames reserve what their layers ask for"
_OPEN = "every show takes jobs here"
_NO_CLOSING = "a show cannot be closed on one machine; pause its jobs, or lock the machine"


def _known(service: ShowService, request: Any) -> object:
    return service.show(request.show.id)


class ShowService(of_shows.OfShows, show_pb2_grpc.ShowInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """List the shows that jobs name, or that somebody has set up since the farm started, which changes nothing."""

    def __init__(self, engine: Engine, named: Named) -> None:
        self._engine, self._named = engine, named

    def _shows(self) -> dict[str, show_pb2.Show]:
        found = {name: _idle(name) for name in sorted(self._named.shows)}
        for job in self._engine.farm.jobs.values():
            name = job.spec.show
            if name not in found:
                found[name] = _idle(name)
            show = found[name]
            if job.state is JobState.PENDING:
                stats = show.show_stats
                stats.running_frames += job.count(RUNNING)
                stats.pending_frames += job.count(WAITING, SETUP, DEPEND)
                stats.pending_jobs += 1
                stats.reserved_cores += job.cores_in_use
        return found

    async def GetShows(self, request: Any, context: Context) -> Any:
        shows = show_pb2.ShowSeq(shows=self._shows().values())
        return show_pb2.ShowGetShowsResponse(shows=shows)

    async def GetActiveShows(self, request: Any, context: Context) -> Any:
        shows = show_pb2.ShowSeq(shows=self._shows().values())
        return show_pb2.ShowGetActiveShowsResponse(shows=shows)

    async def FindShow(self, request: Any, context: Context) -> Any:
        return show_pb2.ShowFindShowResponse(show=self.show(request.name))

    def show(self, name: str) -> show_pb2.Show:
        """Return a show by its name, which is its id as well; raises NotFoundError."""
        show = self._shows().get(name)
        if show is None:
            raise NotFoundError(kind="show", name=name)
        return show

    async def GetSubscriptions(self, request: Any, context: Context) -> Any:
        show = self.show(request.show.id)
        found = subscription_seq(self._engine.farm, [show.name])
        return show_pb2.ShowGetSubscriptionResponse(subscriptions=found)

    def named(self, show_id: str) -> of_shows.Named:
        """Return a show by its id; raises NotFoundError."""
        found = self.show(show_id)
        return of_shows.Named(found.id, found.name)

    async def GetFilters(self, request: Any, context: Context) -> Any:
        self.show(request.show.id)
        return show_pb2.ShowGetFiltersResponse()

    async def CreateShow(self, request: Any, context: Context) -> Any:
        refuse_odd_name("show", request.name)
        self._named.shows.add(request.name)
        note(context, f"show {request.name}: {_IS_THERE}")
        return show_pb2.ShowCreateShowResponse(show=self.show(request.name))

    async def Delete(self, request: Any, context: Context) -> Any:
        show = self.show(request.show.id)
        if any(job.spec.show == show.name for job in self._engine.farm.jobs.values()):
            reason = "jobs belong to it; forget them first, with cuelet farm prune"
            raise InvalidRequestError(request=f"delete show {show.name}", reason=reason)
        self._named.shows.discard(show.name)
        return show_pb2.ShowDeleteResponse()

    async def CreateSubscription(self, request: Any, context: Context) -> Any:
        show = self.show(request.show.id)
        only_allocation(self._engine.farm, request.allocation_id)
        note(context, f"show {show.name}: {_IS_THERE}")
        found = subscription_message(self._engine.farm, show.name)
        return show_pb2.ShowCreateSubscriptionResponse(subscription=found)

    SetDefaultMinCores = as_it_is(show_pb2.ShowSetDefaultMinCoresResponse, _NO_LIMIT, known=_known)
    SetDefaultMaxCores = as_it_is(show_pb2.ShowSetDefaultMaxCoresResponse, _NO_LIMIT, known=_known)
    SetDefaultMinGpus = as_it_is(show_pb2.ShowSetDefaultMinGpusResponse, _NO_LIMIT, known=_known)
    SetDefaultMaxGpus = as_it_is(show_pb2.ShowSetDefaultMaxGpusResponse, _NO_LIMIT, known=_known)
    SetCommentEmail = as_it_is(
        show_pb2.ShowSetCommentEmailResponse, "nobody gets mail of comments here", known=_known
    )
    SetSchedulerManaged = as_it_is(
        show_pb2.ShowSetSchedulerManagedResponse,
        "one scheduler serves every show here",
        known=_known,
    )
    SetActive = as_it_is(
        show_pb2.ShowSetActiveResponse,
        _OPEN,
        known=_known,
        only=lambda request: request.value,
        refusal=_NO_CLOSING,
    )
    EnableBooking = as_it_is(
        show_pb2.ShowEnableBookingResponse,
        _OPEN,
        known=_known,
        only=lambda request: request.enabled,
        refusal=_NO_CLOSING,
    )
    EnableDispatching = as_it_is(
        show_pb2.ShowEnableDispatchingResponse,
        _OPEN,
        known=_known,
        only=lambda request: request.enabled,
        refusal=_NO_CLOSING,
    )


def _idle(name: str) -> show_pb2.Show:
    """Return a show that nothing of runs; its name is its id as well."""
    return show_pb2.Show(
        id=name,
        name=name,
        active=True,
        booking_enabled=True,
        dispatch_enabled=True,
        show_stats=show_pb2.ShowStats(),
    )
