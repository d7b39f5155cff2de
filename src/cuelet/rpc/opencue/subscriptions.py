"""OpenCue's SubscriptionInterface: every show may use the whole machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opencue_proto import subscription_pb2, subscription_pb2_grpc

from cuelet.core.state.farm import Farm
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.already import Named, as_it_is
from cuelet.rpc.opencue.convert import ALLOCATION, FACILITY, POINTS_PER_CORE, id_of

Context = Any


_WHOLE_MACHINE = "a subscription limits nothing here: every show may use the whole machine"


def show_names(farm: Farm, named: Iterable[str] = ()) -> list[str]:
    """Return the shows that jobs name, and others that somebody has set up."""
    return sorted({job.spec.show for job in farm.jobs.values()}.union(named))


def subscription_message(farm: Farm, show: str) -> subscription_pb2.Subscription:
    """Return the subscription of a show, which may use the whole machine."""
    size = round(farm.cores * POINTS_PER_CORE)
    held = sum(job.cores_in_use for job in farm.jobs.values() if job.spec.show == show)
    name = f"{ALLOCATION}.{show}"
    return subscription_pb2.Subscription(
        id=id_of("subscription", name),
        name=name,
        show_name=show,
        facility=FACILITY,
        allocation_name=ALLOCATION,
        size=size,
        burst=size,
        reserved_cores=round(held * POINTS_PER_CORE),
    )


def subscription_seq(farm: Farm, shows: Iterable[str]) -> subscription_pb2.SubscriptionSeq:
    """Return the subscriptions of several shows."""
    found = [subscription_message(farm, show) for show in shows]
    return subscription_pb2.SubscriptionSeq(subscriptions=found)


def _known(service: SubscriptionService, request: Any) -> object:
    return service.found(request.subscription.id)


class SubscriptionService(subscription_pb2_grpc.SubscriptionInterfaceServicer):  # type: ignore[misc] # generated
    """Find the subscriptions that every show has to the whole machine."""

    def __init__(self, engine: Engine, named: Named) -> None:
        self._engine, self._named = engine, named

    def found(self, id_or_name: str) -> subscription_pb2.Subscription:
        """Return a subscription by id or name; raises NotFoundError."""
        farm = self._engine.farm
        for found in subscription_seq(farm, show_names(farm, self._named.shows)).subscriptions:
            if id_or_name in (found.id, found.name):
                return found
        raise NotFoundError(kind="subscription", name=id_or_name)

    async def Find(self, request: Any, context: Context) -> Any:
        found = self.found(request.name)
        return subscription_pb2.SubscriptionFindResponse(subscription=found)

    async def Get(self, request: Any, context: Context) -> Any:
        found = self.found(request.id)
        return subscription_pb2.SubscriptionGetResponse(subscription=found)

    SetSize = as_it_is(subscription_pb2.SubscriptionSetSizeResponse, _WHOLE_MACHINE, known=_known)
    SetBurst = as_it_is(subscription_pb2.SubscriptionSetBurstResponse, _WHOLE_MACHINE, known=_known)
    Delete = as_it_is(
        subscription_pb2.SubscriptionDeleteResponse,
        _WHOLE_MACHINE,
        known=_known,
        only=lambda _: False,
        refusal="no show can be kept off the only machine; pause its jobs",
    )
