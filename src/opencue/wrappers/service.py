"""Services: what layers say they run, and the resources that needs by default."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opencue_proto import service_pb2

from opencue.exception import EntityNotFoundException
from opencue.wrappers.entity import Entity, send

__all__ = ["MemoryIncreaseError", "Service", "ServiceOverride"]


class MemoryIncreaseError(ValueError):
    """A reservation that would not grow after a memory failure: of which service, and by how much."""

    def __init__(self, *, service: str, increase: int) -> None:
        self.service, self.increase = service, increase
        super().__init__(
            f"service {service!r}: a minimum memory increase of {increase} KB lets no frame that ran out of memory "
            "get more; give it a number above 0, OpenCue's own is 2097152"
        )


def require_memory_increase(service: Any) -> None:
    """Raise MemoryIncreaseError unless the reservation of a service's message can grow."""
    if service.min_memory_increase <= 0:
        raise MemoryIncreaseError(service=service.name, increase=service.min_memory_increase)


class Service(Entity):
    """A kind of software with the resources its frames need by default."""

    _STUB, _FIELD, _MESSAGE = "service", "service", service_pb2.Service

    def __init__(self, service: Any = None, data: Any = None) -> None:
        super().__init__(service if data is None else data)

    def create(self) -> Service:
        """Create a service like this one and return it.

        Raises:
            MemoryIncreaseError: Its minimum memory increase is not above 0.
        """
        require_memory_increase(self.data)
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
        """Store the service as it is now.

        Raises:
            MemoryIncreaseError: Its minimum memory increase is not above 0.
        """
        require_memory_increase(self.data)
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
        """Set by how many KB the reservation grows after a memory failure, above 0; `update` stores it.

        Raises:
            MemoryIncreaseError: It is not above 0.
        """
        if min_memory_increase <= 0:
            raise MemoryIncreaseError(service=self.name(), increase=min_memory_increase)
        self.data.min_memory_increase = min_memory_increase


class ServiceOverride(Entity):
    """What one show wants otherwise of a service; ``data`` is the service as the show wants it."""

    _STUB, _FIELD, _MESSAGE = "serviceOverride", "service", service_pb2.Service

    def __init__(self, serviceOverride: Any = None, data: Any = None) -> None:
        message = serviceOverride if data is None else data
        super().__init__(None if message is None else _service_of(message))

    def name(self) -> str:
        """Return the name of the service."""
        return str(self.data.name)

    def delete(self) -> None:
        """Remove the override."""
        self._send("Delete")

    def update(self) -> None:
        """Store the override as it is now."""
        self._send("Update")


def _service_of(override: Any) -> Any:
    """Return the service in the message of an override, with the override's own id."""
    service = service_pb2.Service()
    service.CopyFrom(override.data)
    service.id = override.id or service.id
    return service
