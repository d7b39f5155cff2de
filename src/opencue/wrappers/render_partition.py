"""Parts of a host reserved for one job, layer or frame."""

from __future__ import annotations

from typing import Any

from opencue_proto import renderPartition_pb2

from opencue.wrappers.entity import Entity

__all__ = ["RenderPartition"]


class RenderPartition(Entity):
    """A part of a host reserved for one job, layer or frame."""

    _STUB, _FIELD = "renderPartition", "render_partition"
    _MESSAGE = renderPartition_pb2.RenderPartition

    def __init__(self, render_partition: Any = None, data: Any = None) -> None:
        super().__init__(render_partition if data is None else data)

    def delete(self) -> None:
        """Give the reservation up."""
        self._send("Delete")

    def setMaxResources(self, cores: int, memory: int, gpuMemory: int, gpuCores: int) -> None:
        """Change what is reserved.

        Args:
            cores: Cores.
            memory: KB.
            gpuMemory: KB of GPU memory.
            gpuCores: GPUs.
        """
        self._send(
            "SetMaxResources", cores=cores, memory=memory, gpu_memory=gpuMemory, gpus=gpuCores
        )
