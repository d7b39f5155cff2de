"""Services: what layers say they run, and the resources that needs by default."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opencue_proto import service_pb2

from opencue.exception import EntityNotFoundException
from opencue.wrappers.entity import Entity, send

__all__ = ["Service", "ServiceOverride"]


class Service(Entity):
    """A kind of software with the resources its frames need by default."""

    _STUB, _FIELD, _MESSAGE = "service", "service", service_pb2.Service

    def create(self) -> Service:
        """Create a service like this one and return it."""
        return Service(send("service", "CreateService", data=self.data).service)

    def delete(self) -> None:
        """Remove the service."""
        self._send("Delete")

    @staticmethod
    def getDefaultServices() -> list[Service]:
        """Return the services of the whole farm."""
        response = send("service", "GetDefaultServices")
        return [Service(message) for message in response.services.services]

    @staticmethod
    def getService(name: str) -> Service | None:
        """Return the service of that name, or None."""
        try:
            return Service(send("service", "GetService", name=name).service)
        except EntityNotFoundException:
            return None

    def update(self) -> None:
        """Store the service as it is now."""
        self._send("Update")

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)

    def setName(self, name: str) -> None:
        """Set the name; `update` stores it."""
        self.data.name = name

    def threadable(self) -> bool:
        """Return whether frames can use more cores than they need at least."""
        return bool(self.data.threadable)

    def setThreadable(self, threadable: bool) -> None:
        """Say whether frames can use more cores than they need at least; `update` stores it."""
        self.data.threadable = threadable

    def minCores(self) -> int:
        """Return the cores a frame reserves at least, in hundredths."""
        return int(self.data.min_cores)

    def setMinCores(self, minCores: int) -> None:
        """Set the cores a frame reserves at least, in hundredths; `update` stores it."""
        self.data.min_cores = minCores

    def maxCores(self) -> int:
        """Return the cores a frame reserves at most, in hundredths."""
        return int(self.data.max_cores)

    def setMaxCores(self, maxCores: int) -> None:
        """Set the cores a frame reserves at most, in hundredths; `update` stores it."""
        self.data.max_cores = maxCores

    def minMemory(self) -> int:
        """Return the memory a frame reserves, in KB."""
        return int(self.data.min_memory)

    def setMinMemory(self, minMemory: int) -> None:
        """Set the memory a frame reserves, in KB; `update` stores it."""
        self.data.min_memory = minMemory

    def minGpus(self) -> int:
        """Return the GPUs a frame reserves at least."""
        return int(self.data.min_gpus)

    def setMinGpus(self, minGpus: int) -> None:
        """Set the GPUs a frame reserves at least; `update` stores it."""
        self.data.min_gpus = minGpus

    def maxGpus(self) -> int:
        """Return the GPUs a frame reserves at most."""
        return int(self.data.max_gpus)

    def setMaxGpus(self, maxGpus: int) -> None:
        """Set the GPUs a frame reserves at most; `update` stores it."""
        self.data.max_gpus = maxGpus

    def minGpuMemory(self) -> int:
        """Return the GPU memory a frame reserves, in KB."""
        return int(self.data.min_gpu_memory)

    def setMinGpuMemory(self, minGpuMemory: int) -> None:
        """Set the GPU memory a frame reserves, in KB; `update` stores it."""
        self.data.min_gpu_memory = minGpuMemory

    def tags(self) -> list[str]:
        """Return the tags a host must have one of."""
        return list(self.data.tags)

    def setTags(self, tags: Iterable[str]) -> None:
        """Set the tags a host must have one of; `update` stores them."""
        self.data.tags[:] = list(tags)

    def timeout(self) -> int:
        """Return after how many minutes a frame is killed; 0 for never."""
        return int(self.data.timeout)

    def setTimeout(self, timeout: int) -> None:
        """Set after how many minutes a frame is killed; `update` stores it."""
        self.data.timeout = timeout

    def timeoutLLU(self) -> int:
        """Return after how many silent minutes a frame is killed; 0 for never."""
        return int(self.data.timeout_llu)

    def setTimeoutLLU(self, timeout_llu: int) -> None:
        """Set after how many silent minutes a frame is killed; `update` stores it."""
        self.data.timeout_llu = timeout_llu

    def minMemoryIncrease(self) -> int:
        """Return by how many KB the reservation grows after a memory failure."""
        return int(self.data.min_memory_increase)

    def setMinMemoryIncrease(self, min_memory_increase: int) -> None:
        """Set by how many KB the reservation grows after a memory failure; `update` stores it."""
        self.data.min_memory_increase = min_memory_increase


class ServiceOverride(Entity):
    """What one show wants otherwise of a service."""

    _STUB, _FIELD, _MESSAGE = "serviceOverride", "service", service_pb2.ServiceOverride

    def _service(self) -> Any:
        """Return the service message that carries the override's own id."""
        message = service_pb2.Service()
        message.CopyFrom(self.data.data)
        message.id = self.data.id or message.id
        return message

    def name(self) -> str:
        """Return the name of the service."""
        return str(self.data.data.name)

    def delete(self) -> None:
        """Remove the override."""
        send(self._STUB, "Delete", service=self._service())

    def update(self) -> None:
        """Store the override as it is now."""
        send(self._STUB, "Update", service=self._service())
