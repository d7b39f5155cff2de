"""OpenCue's LayerInterface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencue_proto import depend_pb2, job_pb2, job_pb2_grpc

from cuelet.core.operations import delays, ordering, requests
from cuelet.core.operations.depends import drop_of_layer
from cuelet.core.operations.limits import add_to_layer, drop_from_layer
from cuelet.core.operations.reservations import change_layer
from cuelet.core.operations.site import settings
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.engine.engine import Engine
from cuelet.rpc import search
from cuelet.rpc.opencue import convert, limits
from cuelet.rpc.opencue.depends import (
    FindEnd,
    create,
    frame_end,
    job_end,
    layer_end,
    target_of,
)
from cuelet.rpc.opencue.values import (
    MOST_GPU_MEMORY_KB,
    MOST_LAYER_CORES,
    MOST_MEMORY_KB,
    checked,
    checked_gpus,
    checked_tags,
    minutes,
    placing_of,
)
from outline.frames import EdgeKind

Context = Any
LayerAct = Callable[[Farm, Job, Layer, Decision, float], object]


class LayerService(job_pb2_grpc.LayerInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer layer calls from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetLayer(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        job, layer = search.layer_of(farm, request.id)
        return job_pb2.LayerGetLayerResponse(layer=convert.layer_message(farm, job, layer))

    async def FindLayer(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        job = farm.get_job_by_name(request.job)
        layer = farm.get_layer(job, request.layer)
        return job_pb2.LayerFindLayerResponse(layer=convert.layer_message(farm, job, layer))

    async def GetFrames(self, request: Any, context: Context) -> Any:
        farm, host = self._engine.farm, self._engine.place().host
        job, layer = search.layer_of(farm, request.layer.id)
        page = search.find_page(farm, job, request.s, layer)
        frames = [convert.frame_message(farm, job, index, host) for index in page]
        return job_pb2.LayerGetFramesResponse(frames=job_pb2.FrameSeq(frames=frames))

    async def GetOutputPaths(self, request: Any, context: Context) -> Any:
        job, layer = search.layer_of(self._engine.farm, request.layer.id)
        paths = (*layer.spec.outputs, *settings.layer_settings(job, layer).outputs)
        return job_pb2.LayerGetOutputPathsResponse(output_paths=paths)

    async def GetWhatThisDependsOn(self, request: Any, context: Context) -> Any:
        job, layer = search.layer_of(self._engine.farm, request.layer.id)
        depends = convert.depend_seq(job.edges_into(layer))
        return job_pb2.LayerGetWhatThisDependsOnResponse(depends=depends)

    async def GetWhatDependsOnThis(self, request: Any, context: Context) -> Any:
        job, layer = search.layer_of(self._engine.farm, request.layer.id)
        depends = convert.depend_seq(job.edges_from(layer))
        return job_pb2.LayerGetWhatDependsOnThisResponse(depends=depends)

    # -- acting ------------------------------------------------------------------------------

    async def _change(self, request: Any, act: LayerAct) -> None:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            job, layer = search.layer_of(farm, request.layer.id)
            act(farm, job, layer, decision, now)

        await self._engine.submit(decide)

    async def KillFrames(self, request: Any, context: Context) -> Any:
        by = request.username or "somebody"
        await self._change(
            request,
            lambda _, job, layer, decision, now: requests.kill_frames(
                job, _all(layer), decision, by=by
            ),
        )
        return job_pb2.LayerKillFramesResponse()

    async def RetryFrames(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, layer, decision, now: requests.retry_frames(
                farm, job, _all(layer), decision
            ),
        )
        return job_pb2.LayerRetryFramesResponse()

    async def EatFrames(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, layer, decision, now: requests.eat_frames(
                farm, job, _all(layer), decision, now=now
            ),
        )
        return job_pb2.LayerEatFramesResponse()

    async def MarkdoneFrames(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda _, job, layer, decision, now: requests.mark_done(job, _all(layer), decision),
        )
        return job_pb2.LayerMarkdoneFramesResponse()

    async def DropDepends(self, request: Any, context: Context) -> Any:
        target = target_of(request.target)
        await self._change(
            request,
            lambda _, job, layer, decision, now: drop_of_layer(job, layer, target, decision),
        )
        return job_pb2.LayerDropDependsResponse()

    async def CreateDependencyOnJob(self, request: Any, context: Context) -> Any:
        depend = await self._create(request, (job_end, request.job))
        return job_pb2.LayerCreateDependOnJobResponse(depend=depend)

    async def CreateDependencyOnLayer(self, request: Any, context: Context) -> Any:
        depend = await self._create(request, (layer_end, request.depend_on_layer))
        return job_pb2.LayerCreateDependOnLayerResponse(depend=depend)

    async def CreateDependencyOnFrame(self, request: Any, context: Context) -> Any:
        depend = await self._create(request, (frame_end, request.frame))
        return job_pb2.LayerCreateDependOnFrameResponse(depend=depend)

    async def CreateFrameByFrameDependency(self, request: Any, context: Context) -> Any:
        kind = EdgeKind.LAYER_ON_ANY if request.any_frame else EdgeKind.FRAME_BY_FRAME
        depend = await self._create(request, (layer_end, request.depend_layer), kind)
        return job_pb2.LayerCreateFrameByFrameDependResponse(depend=depend)

    async def _create(
        self,
        request: Any,
        on: tuple[FindEnd, Any],
        kind: EdgeKind = EdgeKind.LAYER_ON_LAYER,
    ) -> depend_pb2.Depend:
        return await create(self._engine, (layer_end, request.layer), on, kind)

    async def SetMinCores(self, request: Any, context: Context) -> Any:
        await self._set(
            request, cores=checked("cores", request.cores, -MOST_LAYER_CORES, MOST_LAYER_CORES)
        )
        return job_pb2.LayerSetMinCoresResponse()

    async def SetMaxCores(self, request: Any, context: Context) -> Any:
        await self._set(request, max_cores=checked("cores", request.cores, -1, MOST_LAYER_CORES))
        return job_pb2.LayerSetMaxCoresResponse()

    async def SetMinMemory(self, request: Any, context: Context) -> Any:
        memory_mb = checked("memory (KB)", request.memory, -1, MOST_MEMORY_KB) // 1024
        await self._set(request, memory_mb=memory_mb)
        return job_pb2.LayerSetMinMemoryResponse()

    async def SetTags(self, request: Any, context: Context) -> Any:
        await self._set(request, tags=checked_tags(request.tags))
        return job_pb2.LayerSetTagsResponse()

    async def AddLimit(self, request: Any, context: Context) -> Any:
        await self._change_limit(request, add_to_layer)
        return job_pb2.LayerAddLimitResponse()

    async def DropLimit(self, request: Any, context: Context) -> Any:
        await self._change_limit(request, drop_from_layer)
        return job_pb2.LayerDropLimitResponse()

    async def GetLimits(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        _, layer = search.layer_of(farm, request.layer.id)
        return job_pb2.LayerGetLimitsResponse(limits=limits.layer_limits(farm, layer))

    async def _change_limit(self, request: Any, act: Callable[..., None]) -> None:
        def change(farm: Farm, job: Job, layer: Layer, decision: Decision, now: float) -> None:
            act(farm, job, layer, limits.find_limit(farm, request.limit_id), decision)

        await self._change(request, change)

    async def SetStartAfter(self, request: Any, context: Context) -> Any:
        by = request.username or "somebody"
        at = float(request.start_after)
        await self._change(
            request,
            lambda _, job, layer, decision, now: delays.set_start_after(
                job, [layer], at, by=by, decision=decision
            ),
        )
        return job_pb2.LayerSetStartAfterResponse()

    async def ReorderFrames(self, request: Any, context: Context) -> Any:
        placing = placing_of(request.order)
        await self._change(
            request,
            lambda _, job, layer, decision, now: ordering.reorder(
                job, [layer], request.range, placing, decision
            ),
        )
        return job_pb2.LayerReorderFramesResponse()

    async def StaggerFrames(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda _, job, layer, decision, now: ordering.stagger(
                job, [layer], request.range, request.stagger, decision
            ),
        )
        return job_pb2.LayerStaggerFramesResponse()

    async def SetDispatchOrder(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda _, job, layer, decision, now: ordering.set_dispatch_order(
                job, layer, request.order, decision
            ),
        )
        return job_pb2.LayerSetDispatchOrderResponse()

    async def SetMinGpus(self, request: Any, context: Context) -> Any:
        await self._set(request, gpus=max(checked_gpus(request.min_gpus), 0))
        return job_pb2.LayerSetMinGpusResponse()

    async def SetThreadable(self, request: Any, context: Context) -> Any:
        await self._set(request, threadable=request.threadable)
        return job_pb2.LayerSetThreadableResponse()

    async def SetMaxGpus(self, request: Any, context: Context) -> Any:
        await self._set_further(request, max_gpus=checked_gpus(request.max_gpus))
        return job_pb2.LayerSetMaxGpusResponse()

    async def SetMinGpuMemory(self, request: Any, context: Context) -> Any:
        kb = checked("GPU memory (KB)", request.gpu_memory, -1, MOST_GPU_MEMORY_KB)
        await self._set_further(request, gpu_memory_mb=max(kb, 0) // 1024)
        return job_pb2.LayerSetMinGpuMemoryResponse()

    async def SetTimeout(self, request: Any, context: Context) -> Any:
        await self._set_further(request, timeout_s=60 * minutes(request.timeout))
        return job_pb2.LayerSetTimeoutResponse()

    async def SetTimeoutLLU(self, request: Any, context: Context) -> Any:
        await self._set_further(request, timeout_llu_s=60 * minutes(request.timeout_llu))
        return job_pb2.LayerSetTimeoutLLUResponse()

    async def EnableMemoryOptimizer(self, request: Any, context: Context) -> Any:
        await self._set_further(request, memory_optimizer=request.value)
        return job_pb2.LayerEnableMemoryOptimizerResponse()

    async def RegisterOutputPath(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, layer, decision, now: settings.register_output(
                farm, job, layer, request.spec, decision
            ),
        )
        return job_pb2.LayerRegisterOutputPathResponse()

    async def _set_further(self, request: Any, **values: Any) -> None:
        await self._change(
            request,
            lambda farm, job, layer, decision, now: settings.set_of_layer(
                farm, job, layer, decision, **values
            ),
        )

    async def _set(self, request: Any, **values: Any) -> None:
        await self._change(
            request,
            lambda _, job, layer, decision, now: change_layer(job, layer, decision, **values),
        )


def _all(layer: Layer) -> range:
    return range(layer.start, layer.end)
