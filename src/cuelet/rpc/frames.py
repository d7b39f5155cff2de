"""OpenCue's FrameInterface and DependInterface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencue_proto import depend_pb2, depend_pb2_grpc, job_pb2, job_pb2_grpc

from cuelet.core import farm as acts
from cuelet.core.farm import Decision, Farm
from cuelet.core.job import Job
from cuelet.engine.engine import Engine
from cuelet.rpc import convert, search

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
        job = farm.find_job(request.job)
        index = farm.find_frame(job, farm.find_layer(job, request.layer), request.frame)
        return job_pb2.FrameFindFrameResponse(frame=self._message(job, index))

    async def GetFrames(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        job = farm.find_job(request.job)
        page = search.find_page(farm, job, request.r)
        frames = [self._message(job, index) for index in page]
        return job_pb2.FrameGetFramesResponse(frames=job_pb2.FrameSeq(frames=frames))

    async def GetWhatThisDependsOn(self, request: Any, context: Context) -> Any:
        job, index = search.frame_of(self._engine.farm, request.frame.id)
        edges = [e for e in job.edges_into(job.layer_at(index)) if len(e.awaited(index))]
        depends = convert.depend_seq(job, edges)
        return job_pb2.FrameGetWhatThisDependsOnResponse(depends=depends)

    async def GetWhatDependsOnThis(self, request: Any, context: Context) -> Any:
        job, index = search.frame_of(self._engine.farm, request.frame.id)
        depends = convert.depend_seq(job, job.edges_from(job.layer_at(index)))
        return job_pb2.FrameGetWhatDependsOnThisResponse(depends=depends)

    async def _change(self, request: Any, act: FrameAct) -> None:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            job, index = search.frame_of(farm, request.frame.id)
            act(farm, job, index, decision, now)

        await self._engine.submit(decide)

    async def Kill(self, request: Any, context: Context) -> Any:
        by = request.username or "somebody"
        await self._change(
            request,
            lambda _, job, index, decision, now: acts.kill_frames(job, [index], decision, by=by),
        )
        return job_pb2.FrameKillResponse()

    async def Retry(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, index, decision, now: acts.retry_frames(farm, job, [index], decision),
        )
        return job_pb2.FrameRetryResponse()

    async def Eat(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, index, decision, now: acts.eat_frames(
                farm, job, [index], decision, now=now
            ),
        )
        return job_pb2.FrameEatResponse()

    async def MarkAsWaiting(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda _, job, index, decision, now: acts.free_frames(job, [index], decision),
        )
        return job_pb2.FrameMarkAsWaitingResponse()


class DependService(depend_pb2_grpc.DependInterfaceServicer):  # type: ignore[misc] # generated
    """Answer depend calls from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetDepend(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        job, index = search.depend_of(farm, request.id)
        if index < len(job.edges):
            depend = convert.depend_message(job, job.edges[index])
        else:
            depend = convert.job_depends(farm, job)[index - len(job.edges)]
        return depend_pb2.DependGetDependResponse(depend=depend)

    async def Satisfy(self, request: Any, context: Context) -> Any:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            job, index = search.depend_of(farm, request.depend.id)
            if index < len(job.edges):
                acts.release_edges(job, [job.edges[index]], decision)
            else:
                acts.release_jobs(job, [list(job.after)[index - len(job.edges)]], decision)

        await self._engine.submit(decide)
        return depend_pb2.DependSatisfyResponse()
