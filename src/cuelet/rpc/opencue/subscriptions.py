"""OpenCue's SubscriptionInterface: what shows may use of allocations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from opencue_proto import subscription_pb2, subscription_pb2_grpc

from cuelet.core.operations.setup import allocations
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.allocation import POINTS_PER_CORE, Subscription
from cuelet.core.state.setup.shares import host_allocation
from cuelet.core.state.setup.show import Show
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.already import note

Context = Any
_Act = Callable[[Farm, Subscription, Decision], object]

_NO_ORDER = (
    "a size orders shows on a Cuebot; here priority and age order jobs, and the burst limits"
)


def subscription_message(farm: Farm, subscription: Subscription) -> subscription_pb2.Subscription:
    """Return what a show may use of an allocation, and uses."""
    allocation = allocations.find_allocation(farm, subscription.allocation)
    show = farm.records.get(Show, subscription.show)
    is_here = host_allocation(farm.records) == allocation.id
    held = sum(job.cores_in_use for job in farm.order if job.show_id == show.id) if is_here else 0.0
    whole = round(farm.cores * POINTS_PER_CORE)
    return subscription_pb2.Subscription(
        id=subscription.id,
        name=f"{allocation.full_name}.{show.name}",
        show_name=show.name,
        facility=allocation.facility,
        allocation_name=allocation.full_name,
        size=subscription.size,
        burst=whole if subscription.burst < 0 else subscription.burst,
        reserved_cores=round(held * POINTS_PER_CORE),
    )


def subscription_seq(farm: Farm, found: Iterable[Subscription]) -> subscription_pb2.SubscriptionSeq:
    """Return several subscriptions."""
    messages = [subscription_message(farm, each) for each in found]
    return subscription_pb2.SubscriptionSeq(subscriptions=messages)


class SubscriptionService(subscription_pb2_grpc.SubscriptionInterfaceServicer):  # type: ignore[misc] # generated
    """Answer calls about subscriptions from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _found(self, id_or_name: str) -> subscription_pb2.Subscription:
        farm = self._engine.farm
        return subscription_message(farm, allocations.find_subscription(farm, id_or_name))

    async def _change(self, request: Any, act: _Act) -> None:
        await self._engine.submit(
            lambda farm, decision, now: act(
                farm, allocations.find_subscription(farm, request.subscription.id), decision
            )
        )

    async def Find(self, request: Any, context: Context) -> Any:
        found = self._found(request.name)
        return subscription_pb2.SubscriptionFindResponse(subscription=found)

    async def Get(self, request: Any, context: Context) -> Any:
        return subscription_pb2.SubscriptionGetResponse(subscription=self._found(request.id))

    async def SetSize(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, found, decision: allocations.set_size(
                farm, found, request.new_size, decision
            ),
        )
        note(context, _NO_ORDER)
        return subscription_pb2.SubscriptionSetSizeResponse()

    async def SetBurst(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, found, decision: allocations.set_burst(
                farm, found, request.burst, decision
            ),
        )
        return subscription_pb2.SubscriptionSetBurstResponse()

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._change(request, allocations.unsubscribe)
        return subscription_pb2.SubscriptionDeleteResponse()
