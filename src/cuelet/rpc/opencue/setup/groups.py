"""OpenCue's GroupInterface: a tree of groups for each show, with limits that hold."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from opencue_proto import job_pb2, job_pb2_grpc

from cuelet.core.operations.setup import groups
from cuelet.core.operations.setup.shows import find_show
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.group import Group
from cuelet.engine.engine import Engine
from cuelet.rpc import search
from cuelet.rpc.opencue import convert
from cuelet.rpc.opencue.already import note
from cuelet.rpc.opencue.setup.messages import group_message, group_seq, jobs_by_group

Context = Any
_Act = Callable[[Farm, Group, Decision], object]

_NO_MINIMUM = "a minimum is kept and shown; one machine serves jobs by priority and age"


class GroupService(job_pb2_grpc.GroupInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer calls about groups from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _message(self, group: Group) -> job_pb2.Group:
        farm = self._engine.farm
        return group_message(farm, group, jobs_by_group(farm))

    async def _change(self, request: Any, act: _Act) -> None:
        await self._engine.submit(
            lambda farm, decision, now: act(
                farm, groups.get_group(farm, request.group.id), decision
            )
        )

    # -- reading -----------------------------------------------------------------------------

    async def FindGroup(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        found = groups.find_group(farm, find_show(farm, request.show), request.name)
        return job_pb2.GroupFindGroupResponse(group=self._message(found))

    async def GetGroup(self, request: Any, context: Context) -> Any:
        found = groups.get_group(self._engine.farm, request.id)
        return job_pb2.GroupGetGroupResponse(group=self._message(found))

    async def GetGroups(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        found = groups.children(farm, groups.get_group(farm, request.group.id))
        return job_pb2.GroupGetGroupsResponse(groups=group_seq(farm, found))

    async def GetJobs(self, request: Any, context: Context) -> Any:
        farm, place = self._engine.farm, self._engine.place()
        group = groups.get_group(farm, request.group.id)
        found = jobs_by_group(farm).get(group.id, [])
        jobs = [convert.job_message(farm, job, place) for job in found]
        return job_pb2.GroupGetJobsResponse(jobs=job_pb2.JobSeq(jobs=jobs))

    # -- the tree ----------------------------------------------------------------------------

    async def CreateSubGroup(self, request: Any, context: Context) -> Any:
        new_id = str(uuid.uuid4())
        made: Group = await self._engine.submit(
            lambda farm, decision, now: groups.create(
                farm, new_id, groups.get_group(farm, request.group.id), request.name, decision
            )
        )
        return job_pb2.GroupCreateSubGroupResponse(group=self._message(made))

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._change(request, groups.delete)
        return job_pb2.GroupDeleteResponse()

    async def SetName(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, group, decision: groups.rename(farm, group, request.name, decision),
        )
        return job_pb2.GroupSetNameResponse()

    async def SetGroup(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, group, decision: groups.move(
                farm, group, groups.get_group(farm, request.parent_group.id), decision
            ),
        )
        return job_pb2.GroupSetGroupResponse()

    async def ReparentGroups(self, request: Any, context: Context) -> Any:
        def move(farm: Farm, parent: Group, decision: Decision) -> None:
            found = [groups.get_group(farm, each.id) for each in request.groups.groups]
            groups.move_all(farm, found, parent, decision)

        await self._change(request, move)
        return job_pb2.GroupReparentGroupsResponse()

    async def ReparentJobs(self, request: Any, context: Context) -> Any:
        def move(farm: Farm, group: Group, decision: Decision) -> None:
            jobs = [search.job_of(farm, each) for each in request.jobs.jobs]
            groups.move_jobs(farm, jobs, group, decision)

        await self._change(request, move)
        return job_pb2.GroupReparentJobsResponse()

    async def SetDepartment(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, group, decision: groups.set_department(
                farm, group, request.dept, decision
            ),
        )
        return job_pb2.GroupSetDeptResponse()

    # -- limits and defaults -----------------------------------------------------------------

    async def _set_limit(self, request: Any, **values: float) -> None:
        await self._change(
            request, lambda farm, group, decision: groups.set_limit(farm, group, decision, **values)
        )

    async def _set_minimum(self, request: Any, context: Context, **values: float) -> None:
        await self._change(
            request,
            lambda farm, group, decision: groups.set_minimum(farm, group, decision, **values),
        )
        if any(value > 0 for value in values.values()):
            note(context, f"group {request.group.name or request.group.id}: {_NO_MINIMUM}")

    async def _set_default(self, request: Any, **values: float) -> None:
        await self._change(
            request,
            lambda farm, group, decision: groups.set_default(farm, group, decision, **values),
        )

    async def SetMaxCores(self, request: Any, context: Context) -> Any:
        await self._set_limit(request, max_cores=request.max_cores)
        return job_pb2.GroupSetMaxCoresResponse()

    async def SetMaxGpus(self, request: Any, context: Context) -> Any:
        await self._set_limit(request, max_gpus=request.max_gpus)
        return job_pb2.GroupSetMaxGpusResponse()

    async def SetMinCores(self, request: Any, context: Context) -> Any:
        await self._set_minimum(request, context, min_cores=request.min_cores)
        return job_pb2.GroupSetMinCoresResponse()

    async def SetMinGpus(self, request: Any, context: Context) -> Any:
        await self._set_minimum(request, context, min_gpus=request.min_gpus)
        return job_pb2.GroupSetMinGpusResponse()

    async def SetDefaultJobPriority(self, request: Any, context: Context) -> Any:
        await self._set_default(request, job_priority=request.priority)
        return job_pb2.GroupSetDefJobPriorityResponse()

    async def SetDefaultJobMinCores(self, request: Any, context: Context) -> Any:
        await self._set_default(request, job_min_cores=request.min_cores)
        return job_pb2.GroupSetDefJobMinCoresResponse()

    async def SetDefaultJobMaxCores(self, request: Any, context: Context) -> Any:
        await self._set_default(request, job_max_cores=request.max_cores)
        return job_pb2.GroupSetDefJobMaxCoresResponse()

    async def SetDefaultJobMinGpus(self, request: Any, context: Context) -> Any:
        await self._set_default(request, job_min_gpus=request.min_gpus)
        return job_pb2.GroupSetDefJobMinGpusResponse()

    async def SetDefaultJobMaxGpus(self, request: Any, context: Context) -> Any:
        await self._set_default(request, job_max_gpus=request.max_gpus)
        return job_pb2.GroupSetDefJobMaxGpusResponse()
