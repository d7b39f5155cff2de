"""OpenCue's SubscriptionInterface: every show may use the whole machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opencue_proto import subscription_pb2, subscription_pb2_grpc

from cuelet.core.state.farm import Farm
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.convert import ALLOCATION, FACILITY, POINTS_PER_CORE, id_of

Context = Any


def show_names(farm: Farm) -> list[str]:
    """Return the shows that jobs name."""
    return sorted({job.spec.show for job in farm.jobs.values()})


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


class SubscriptionService(subscription_pb2_grpc.SubscriptionInterfaceServicer):  # type: ignore[misc] # generated
    """Find the subscriptions that every show has to the whole machine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _found(self, id_or_name: str) -> subscription_pb2.Subscription:
        farm = self._engine.farm
        for found in subscription_seq(farm, show_names(farm)).subscriptions:
            if id_or_name in (found.id, found.name):
                return found
        raise NotFoundError(kind="subscription", name=id_or_name)

    async def Find(self, request: Any, context: Context) -> Any:
        found = self._found(request.name)
        return subscription_pb2.SubscriptionFindResponse(subscription=found)

    async def Get(self, request: Any, context: Context) -> Any:
        found = self._found(request.id)
        return subscription_pb2.SubscriptionGetResponse(subscription=found)
