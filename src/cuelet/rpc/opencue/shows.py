"""OpenCue's ShowInterface: the shows that jobs name."""

from __future__ import annotations

from typing import Any

from opencue_proto import service_pb2, show_pb2, show_pb2_grpc

from cuelet.core.values.errors import NotFoundError
from cuelet.core.values.states import DEPEND, RUNNING, SETUP, WAITING, JobState
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.subscriptions import subscription_seq

Context = Any


class ShowService(show_pb2_grpc.ShowInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """List the shows that jobs name; a show needs no setting up here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _shows(self) -> dict[str, show_pb2.Show]:
        found: dict[str, show_pb2.Show] = {}
        for job in self._engine.farm.jobs.values():
            name = job.spec.show
            show = found.setdefault(
                name,
                show_pb2.Show(
                    id=name,
                    name=name,
                    active=True,
                    booking_enabled=True,
                    dispatch_enabled=True,
                    show_stats=show_pb2.ShowStats(),
                ),
            )
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
        return show_pb2.ShowFindShowResponse(show=self._show(request.name))

    def _show(self, name: str) -> show_pb2.Show:
        """Return a show by its name, which is its id as well; raises NotFoundError."""
        show = self._shows().get(name)
        if show is None:
            raise NotFoundError(kind="show", name=name)
        return show

    async def GetSubscriptions(self, request: Any, context: Context) -> Any:
        show = self._show(request.show.id)
        found = subscription_seq(self._engine.farm, [show.name])
        return show_pb2.ShowGetSubscriptionResponse(subscriptions=found)

    async def GetServiceOverrides(self, request: Any, context: Context) -> Any:
        self._show(request.show.id)
        none = service_pb2.ServiceOverrideSeq()
        return show_pb2.ShowGetServiceOverridesResponse(service_overrides=none)

    async def GetServiceOverride(self, request: Any, context: Context) -> Any:
        show = self._show(request.show.id)
        raise NotFoundError(kind=f"service override of show {show.name}", name=request.name)
