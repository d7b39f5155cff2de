"""Tasks: the cores of a department a shot may use."""

from __future__ import annotations

from typing import Any

from opencue_proto import task_pb2

from opencue.wrappers.entity import Entity

__all__ = ["Task"]


class Task(Entity):
    """The cores of a department a shot may use."""

    _STUB, _FIELD, _MESSAGE = "task", "task", task_pb2.Task

    def __init__(self, task: Any = None, data: Any = None) -> None:
        super().__init__(task if data is None else data)

    def setMinCores(self, minCores: float) -> None:
        """Set the cores."""
        self._send("SetMinCores", new_min_cores=minCores)

    def clearAdjustments(self) -> None:
        """Undo what was changed by hand."""
        self._send("ClearAdjustments")

    def delete(self) -> None:
        """Take the cores back."""
        self._send("Delete")

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)

    def shot(self) -> str:
        """Return the shot."""
        return str(self.data.shot)

    def minCores(self) -> float:
        """Return the cores."""
        return float(self.data.min_cores)
