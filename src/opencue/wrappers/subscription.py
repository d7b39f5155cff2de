"""Subscriptions: how much of an allocation a show may use."""

from __future__ import annotations

from typing import Any

from opencue_proto import subscription_pb2

from opencue.wrappers.entity import Entity, send

__all__ = ["Subscription"]


class Subscription(Entity):
    """A show's share of an allocation; sizes are in hundredths of a core."""

    _STUB, _FIELD, _MESSAGE = "subscription", "subscription", subscription_pb2.Subscription

    def __init__(self, subscription: Any = None, data: Any = None) -> None:
        super().__init__(subscription if data is None else data)

    def find(self, name: str) -> Subscription:
        """Return the subscription of that name: ``facility.allocation.show``."""
        return Subscription(send("subscription", "Find", name=name).subscription)

    def get(self, subscription_id: str) -> Subscription:
        """Return the subscription of that id."""
        return Subscription(send("subscription", "Get", id=subscription_id).subscription)

    def setSize(self, size: int) -> None:
        """Set what it is entitled to, in hundredths of a core."""
        self._send("SetSize", new_size=size)

    def setBurst(self, burst: int) -> None:
        """Set what it may use when nobody else does, in hundredths of a core."""
        self._send("SetBurst", burst=burst)

    def delete(self) -> None:
        """Remove the subscription."""
        self._send("Delete")

    def name(self) -> str:
        """Return the name: ``facility.allocation.show``."""
        return str(self.data.name)

    def size(self) -> int:
        """Return what it is entitled to, in hundredths of a core."""
        return int(self.data.size)

    def burst(self) -> int:
        """Return what it may use when nobody else does, in hundredths of a core."""
        return int(self.data.burst)

    def reservedCores(self) -> int:
        """Return what is reserved now, in hundredths of a core."""
        return int(self.data.reserved_cores)

    def show(self) -> str:
        """Return the name of the show."""
        return str(self.data.show_name)

    def allocation(self) -> str:
        """Return the name of the allocation."""
        return str(self.data.allocation_name)
