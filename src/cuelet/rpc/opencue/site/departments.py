"""OpenCue's DepartmentInterface: the names there are; tasks, which share out cores, there are none."""

from __future__ import annotations

from typing import Any

from opencue_proto import department_pb2, department_pb2_grpc, task_pb2

from cuelet.core.operations.site import departments
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.convert import id_of

Context = Any


def department_message(show: str, name: str) -> department_pb2.Department:
    """Return a department of a show."""
    whole = f"{show}.{name}"
    return department_pb2.Department(id=id_of("department", whole), name=whole, dept=name)


class DepartmentService(department_pb2_grpc.DepartmentInterfaceServicer):  # type: ignore[misc] # generated
    """Answer calls about departments."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetDepartmentNames(self, request: Any, context: Context) -> Any:
        names = departments.department_names(self._engine.farm)
        return department_pb2.DeptGetDepartmentNamesResponse(names=names)

    async def AddDepartmentName(self, request: Any, context: Context) -> Any:
        await self._engine.submit(
            lambda farm, decision, now: departments.add_department(farm, request.name, decision)
        )
        return department_pb2.DeptAddDeptNameResponse()

    async def RemoveDepartmentName(self, request: Any, context: Context) -> Any:
        await self._engine.submit(
            lambda farm, decision, now: departments.remove_department(farm, request.name, decision)
        )
        return department_pb2.DeptRemoveDepartmentNameResponse()

    async def GetTasks(self, request: Any, context: Context) -> Any:
        return department_pb2.DeptGetTasksResponse(tasks=task_pb2.TaskSeq())

    async def ClearTasks(self, request: Any, context: Context) -> Any:
        return department_pb2.DeptClearTasksResponse()

    async def ClearTaskAdjustments(self, request: Any, context: Context) -> Any:
        return department_pb2.DeptClearTaskAdjustmentsResponse()

    async def DisableTiManaged(self, request: Any, context: Context) -> Any:
        return department_pb2.DeptDisableTiManagedResponse()
