"""Allocations: sets of hosts that shows subscribe to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opencue_proto import facility_pb2

from opencue.wrappers.entity import Entity, message_of
from opencue.wrappers.host import Host
from opencue.wrappers.subscription import Subscription

__all__ = ["Allocation"]


class Allocation(Entity):
    """A set of hosts."""

    _STUB, _FIELD, _MESSAGE = "allocation", "allocation", facility_pb2.Allocation

    def __init__(self, allocation: Any = None, data: Any = None) -> None:
        super().__init__(allocation if data is None else data)

    def delete(self) -> None:
        """Remove the allocation."""
        self._send("Delete")

    def getHosts(self) -> list[Host]:
        """Return the hosts."""
        return [Host(message) for message in self._send("GetHosts").hosts.hosts]

    def getSubscriptions(self) -> list[Subscription]:
        """Return which shows may use it."""
        return [
            Subscription(message)
            for message in self._send("GetSubscriptions").subscriptions.subscriptions
        ]

    def reparentHosts(self, hosts: Iterable[Host]) -> None:
        """Move hosts into this allocation."""
        self._send("ReparentHosts", hosts={"hosts": [message_of(host) for host in hosts]})

    def reparentHostIds(self, hostIds: Iterable[str]) -> None:
        """Move hosts, given by id, into this allocation."""
        self._send("ReparentHosts", hosts={"hosts": [{"id": found} for found in hostIds]})

    def setName(self, name: str) -> None:
        """Rename it; the name without the facility."""
        self._send("SetName", name=name)

    def setTag(self, tag: str) -> None:
        """Set the tag its hosts carry."""
        self._send("SetTag", tag=tag)

    def setBillable(self, value: bool) -> None:
        """Charge its use, or not."""
        self._send("SetBillable", value=value)

    def name(self) -> str:
        """Return the name: ``facility.allocation``."""
        return str(self.data.name)

    def tag(self) -> str:
        """Return the tag its hosts carry."""
        return str(self.data.tag)

    def facility(self) -> str:
        """Return the name of the facility."""
        return str(self.data.facility)

    def isBillable(self) -> bool:
        """Return whether its use is charged."""
        return bool(self.data.billable)

    def totalCores(self) -> float:
        """Return all cores."""
        return float(self.data.stats.cores)

    def totalAvailableCores(self) -> float:
        """Return the cores that are up and not locked."""
        return float(self.data.stats.available_cores)

    def totalIdleCores(self) -> float:
        """Return the cores not reserved."""
        return float(self.data.stats.idle_cores)

    def totalRunningCores(self) -> float:
        """Return the cores reserved."""
        return float(self.data.stats.running_cores)

    def totalLockedCores(self) -> float:
        """Return the cores of locked hosts."""
        return float(self.data.stats.locked_cores)

    def totalGpus(self) -> float:
        """Return all GPUs."""
        return float(self.data.stats.gpus)

    def totalAvailableGpus(self) -> float:
        """Return the GPUs that are up and not locked."""
        return float(self.data.stats.available_gpus)

    def totalIdleGpus(self) -> float:
        """Return the GPUs not reserved."""
        return float(self.data.stats.idle_gpus)

    def totalRunningGpus(self) -> float:
        """Return the GPUs reserved."""
        return float(self.data.stats.running_gpus)

    def totalLockedGpus(self) -> float:
        """Return the GPUs of locked hosts."""
        return float(self.data.stats.locked_gpus)

    def totalHosts(self) -> int:
        """Return how many hosts there are."""
        return int(self.data.stats.hosts)

    def totalLockedHosts(self) -> int:
        """Return how many hosts are locked."""
        return int(self.data.stats.locked_hosts)

    def totalDownHosts(self) -> int:
        """Return how many hosts are down."""
        return int(self.data.stats.down_hosts)
