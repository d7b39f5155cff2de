"""Departments of a show, with the cores their shots may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opencue_proto import department_pb2

from opencue.wrappers.entity import Entity
from opencue.wrappers.task import Task

__all__ = ["Department"]


class Department(Entity):
    """A department of a show."""

    _STUB, _FIELD, _MESSAGE = "department", "department", department_pb2.Department

    def __init__(self, department: Any = None, data: Any = None) -> None:
        super().__init__(department if data is None else data)

    def addTask(self, shot: str, minCores: float) -> Task:
        """Give a shot cores."""
        return Task(self._send("AddTask", shot=shot, min_cores=minCores).task)

    def addTasks(self, taskMap: Mapping[str, int]) -> list[Task]:
        """Give shots cores: shot to core units."""
        return [Task(message) for message in self._send("AddTasks", tmap=dict(taskMap)).tasks.tasks]

    def clearTaskAdjustments(self) -> None:
        """Undo what was changed by hand."""
        self._send("ClearTaskAdjustments")

    def clearTasks(self) -> None:
        """Take the cores from all shots."""
        self._send("ClearTasks")

    def disableTiManaged(self) -> None:
        """Divide the cores by hand."""
        self._send("DisableTiManaged")

    def enableTiManaged(self, tiTask: str, managedCores: float) -> None:
        """Let cores be divided from outside."""
        self._send("EnableTiManaged", ti_task=tiTask, managed_cores=managedCores)

    def getTasks(self) -> list[Task]:
        """Return which shots have cores."""
        return [Task(message) for message in self._send("GetTasks").tasks.tasks]

    def replaceTasks(self, taskMap: Mapping[str, int]) -> list[Task]:
        """Give only these shots cores: shot to core units."""
        return [
            Task(message) for message in self._send("ReplaceTasks", tmap=dict(taskMap)).tasks.tasks
        ]

    def setManagedCores(self, managedCores: float) -> None:
        """Set how many cores are divided."""
        self._send("SetManagedCores", managed_cores=managedCores)

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)
