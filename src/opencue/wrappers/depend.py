"""Dependencies: what waits for what."""

from __future__ import annotations

from typing import Any

from opencue_proto import depend_pb2

from opencue.wrappers.entity import Entity, enum_of

__all__ = ["Depend"]


class Depend(Entity):
    """One dependency: the depend-er waits for the depend-on."""

    _STUB, _FIELD, _MESSAGE = "depend", "depend", depend_pb2.Depend

    DependType = enum_of(depend_pb2.DependType)
    DependTarget = enum_of(depend_pb2.DependTarget)

    def __init__(self, depend: Any = None, data: Any = None) -> None:
        super().__init__(depend if data is None else data)

    def satisfy(self) -> None:
        """Release what waits on this dependency."""
        self._send("Satisfy")

    def unsatisfy(self) -> None:
        """Make it wait again."""
        self._send("Unsatisfy")

    def isInternal(self) -> bool:
        """Return whether both sides are in one job."""
        return bool(self.data.depend_er_job == self.data.depend_on_job)

    def type(self) -> int:
        """Return the kind: a `DependType`."""
        return int(self.data.type)

    def target(self) -> int:
        """Return whether it reaches outside the job: a `DependTarget`."""
        return int(self.data.target)

    def anyFrame(self) -> bool:
        """Return whether one frame of the other side is enough."""
        return bool(self.data.any_frame)

    def isActive(self) -> bool:
        """Return whether something still waits on it."""
        return bool(self.data.active)

    def dependErJob(self) -> str:
        """Return the name of the job that waits."""
        return str(self.data.depend_er_job)

    def dependErLayer(self) -> str:
        """Return the name of the layer that waits; empty for a whole job."""
        return str(self.data.depend_er_layer)

    def dependErFrame(self) -> str:
        """Return the name of the frame that waits; empty for a whole layer."""
        return str(self.data.depend_er_frame)

    def dependOnJob(self) -> str:
        """Return the name of the job waited for."""
        return str(self.data.depend_on_job)

    def dependOnLayer(self) -> str:
        """Return the name of the layer waited for; empty for a whole job."""
        return str(self.data.depend_on_layer)

    def dependOnFrame(self) -> str:
        """Return the name of the frame waited for; empty for a whole layer."""
        return str(self.data.depend_on_frame)

    def dependentJob(self) -> str:
        """Return the name of the job that waits."""
        return str(self.dependErJob())

    def dependentLayer(self) -> str:
        """Return the name of the layer that waits; empty for a whole job."""
        return str(self.dependErLayer())
