"""OpenCue's FrameInterface and DependInterface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencue_proto import depend_pb2, job_pb2, job_pb2_grpc

from cuelet.core.operations import requests
from cuelet.core.operations.depends import drop_of_frame, wait_again
from cuelet.core.operations.site import settings
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.engine.engine import Engine
from cuelet.rpc import search
from cuelet.rpc.opencue import convert
from cuelet.rpc.opencue.depends import (
    FindEnd,
    create,
    frame_end,
    job_end,
    layer_end,
    target_of,
)
from cuelet.rpc.opencue.values import checked_choice

Context = Any
FrameAct = Callable[[Farm, Job, int, Decision, float], object]


class FrameService(job_pb2_grpc.FrameInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer frame calls from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _message(self, job: Job, index: int) -> job_pb2.Frame:
        return convert.frame_message(self._engine.farm, job, index, self._engine.place().host)

    async def GetFrame(self, request: Any, context: Context) -> Any:
        job, index = search.frame_of(self._engine.farm, request.id)
        return job_pb2.FrameGetFrameResponse(frame=self._message(job, index))

    async def FindFrame(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        job = farm.get_job_by_name(request.job)
        index = farm.get_frame(job, farm.get_layer(job, request.layer), request.frame)
        return job_pb2.FrameFindFrameResponse(frame=self._message(job, index))

    async def GetFrames(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        job = farm.get_job_by_name(request.job)
        page = search.find_page(farm, job, request.r)
        frames = [self._message(job, index) for index in page]
        return job_pb2.FrameGetFramesResponse(frames=job_pb2.FrameSeq(frames=frames))

    async def GetWhatThisDependsOn(self, request: Any, context: Context) -> Any:
        job, index = search.frame_of(self._engine.farm, request.frame.id)
        edges = [edge for edge in job.edges_holding(index) if len(edge.awaited_by(index))]
        depends = convert.depend_seq(edges)
        return job_pb2.FrameGetWhatThisDependsOnResponse(depends=depends)

    async def GetWhatDependsOnThis(self, request: Any, context: Context) -> Any:
        job, index = search.frame_of(self._engine.farm, request.frame.id)
        depends = convert.depend_seq(job.edges_awaiting(index))
        return job_pb2.FrameGetWhatDependsOnThisResponse(depends=depends)

    # -- depends -----------------------------------------------------------------------------

    async def CreateDependencyOnJob(self, request: Any, context: Context) -> Any:
        depend = await self._create(request, (job_end, request.job))
        return job_pb2.FrameCreateDependencyOnJobResponse(depend=depend)

    async def CreateDependencyOnLayer(self, request: Any, context: Context) -> Any:
        depend = await self._create(request, (layer_end, request.layer))
        return job_pb2.FrameCreateDependencyOnLayerResponse(depend=depend)

    async def CreateDependencyOnFrame(self, request: Any, context: Context) -> Any:
        depend = await self._create(request, (frame_end, request.depend_on_frame))
        return job_pb2.FrameCreateDependencyOnFrameResponse(depend=depend)

    async def _create(self, request: Any, on: tuple[FindEnd, Any]) -> depend_pb2.Depend:
        return await create(self._engine, (frame_end, request.frame), on)

    async def DropDepends(self, request: Any, context: Context) -> Any:
        target = target_of(request.target)
        await self._change(
            request,
            lambda _, job, index, decision, now: drop_of_frame(job, index, target, decision),
        )
        return job_pb2.FrameDropDependsResponse()

    async def MarkAsDepend(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda _, job, index, decision, now: wait_again(job, [index], decision)
        )
        return job_pb2.FrameMarkAsDependResponse()

    # -- acting ------------------------------------------------------------------------------

    async def _change(self, request: Any, act: FrameAct) -> None:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            job, index = search.frame_of(farm, request.frame.id)
            act(farm, job, index, decision, now)

        await self._engine.submit(decide)

    async def Kill(self, request: Any, context: Context) -> Any:
        by = request.username or "somebody"
        await self._change(
            request,
            lambda _, job, index, decision, now: requests.kill_frames(
                job, [index], decision, by=by
            ),
        )
        return job_pb2.FrameKillResponse()

    async def Retry(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, index, decision, now: requests.retry_frames(
                farm, job, [index], decision
            ),
        )
        return job_pb2.FrameRetryResponse()

    async def Eat(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, index, decision, now: requests.eat_frames(
                farm, job, [index], decision, now=now
            ),
        )
        return job_pb2.FrameEatResponse()

    async def MarkAsWaiting(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda _, job, index, decision, now: requests.free_frames(job, [index], decision),
        )
        return job_pb2.FrameMarkAsWaitingResponse()

    async def SetCheckpointState(self, request: Any, context: Context) -> Any:
        state = checked_choice(job_pb2.CheckpointState, "checkpoint state", request.state)
        await self._change(
            request,
            lambda farm, job, index, decision, now: settings.set_checkpoint(
                farm, job, index, state, decision
            ),
        )
        return job_pb2.FrameSetCheckpointStateResponse()

    async def SetFrameStateDisplayOverride(self, request: Any, context: Context) -> Any:
        said = request.override
        state = checked_choice(job_pb2.FrameState, "frame state", said.state)
        override = (state, said.text, said.color.red, said.color.green, said.color.blue)
        await self._change(
            request,
            lambda farm, job, index, decision, now: settings.show_as(
                farm, job, index, override, decision
            ),
        )
        return job_pb2.FrameStateDisplayOverrideResponse()

    async def GetFrameStateDisplayOverrides(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        job, index = search.frame_of(farm, request.frame.id)
        found = [
            convert.override_message(each)
            for each in settings.frame_settings(farm, job, index).shown_as
        ]
        return job_pb2.GetFrameStateDisplayOverridesResponse(
            overrides=job_pb2.FrameStateDisplayOverrideSeq(overrides=found)
        )
