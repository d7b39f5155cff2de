"""OpenCue's JobInterface."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from opencue_proto import depend_pb2, job_pb2, job_pb2_grpc

from cuelet.core.operations import launching, ordering, requests
from cuelet.core.operations.attempts import finish_if_complete
from cuelet.core.operations.comments import add_comment
from cuelet.core.operations.depends import drop_of_job
from cuelet.core.operations.reservations import change_job
from cuelet.core.operations.setup import groups
from cuelet.core.operations.setup.filtering import run_filters
from cuelet.core.operations.site.settings import set_of_job
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError
from cuelet.engine.engine import Engine
from cuelet.rpc import search
from cuelet.rpc.opencue import comments, convert, updates
from cuelet.rpc.opencue.depends import (
    FindEnd,
    create,
    frame_end,
    job_end,
    layer_end,
    target_of,
)
from cuelet.rpc.opencue.values import checked_cores, checked_gpus, checked_priority, placing_of
from cuelet.rpc.spec.job import parse_spec

Context = Any
LAUNCH_KEY = "cuelet-launch-token"
"""Metadata in which a client names a launch, so that it can repeat it."""
_LONGEST_TOKEN = 64
Act = Callable[[Farm, Job, Iterable[int], Decision, float], object]


class JobService(job_pb2_grpc.JobInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer job calls from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # -- launching ---------------------------------------------------------------------------

    async def LaunchSpec(self, request: Any, context: Context) -> Any:
        jobs = await self._launch(request.spec, token_of(context))
        return job_pb2.JobLaunchSpecResponse(names=[job.name for job in jobs])

    async def LaunchSpecAndWait(self, request: Any, context: Context) -> Any:
        jobs = await self._launch(request.spec, token_of(context))
        return job_pb2.JobLaunchSpecAndWaitResponse(jobs=self._seq(jobs))

    async def _launch(self, text: str, token: str) -> list[Job]:
        specs = parse_spec(text)
        new_ids = [ids.job_id(secrets.randbits(128)) for _ in specs]
        return await self._engine.submit(
            lambda farm, decision, now: launching.launch(
                farm, specs, new_ids, decision, now=now, token=token
            )
        )

    # -- reading -----------------------------------------------------------------------------

    def _seq(self, jobs: Iterable[Job]) -> job_pb2.JobSeq:
        place = self._engine.place()
        return job_pb2.JobSeq(
            jobs=[convert.job_message(self._engine.farm, job, place) for job in jobs]
        )

    def _message(self, job: Job) -> job_pb2.Job:
        return convert.job_message(self._engine.farm, job, self._engine.place())

    async def FindJob(self, request: Any, context: Context) -> Any:
        job = self._engine.farm.get_job_by_name(request.name)
        return job_pb2.JobFindJobResponse(job=self._message(job))

    async def GetJob(self, request: Any, context: Context) -> Any:
        job = search.any_job(self._engine.farm, request.id)
        return job_pb2.JobGetJobResponse(job=self._message(job))

    async def GetJobs(self, request: Any, context: Context) -> Any:
        found = search.find_jobs(self._engine.farm, request.r)
        return job_pb2.JobGetJobsResponse(jobs=self._seq(found))

    async def GetJobNames(self, request: Any, context: Context) -> Any:
        found = search.find_jobs(self._engine.farm, request.r)
        return job_pb2.JobGetJobNamesResponse(names=[job.name for job in found])

    async def IsJobPending(self, request: Any, context: Context) -> Any:
        return job_pb2.JobIsJobPendingResponse(value=self._engine.farm.is_pending(request.name))

    async def GetLayers(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        job = search.job_of(farm, request.job)
        layers = [convert.layer_message(farm, job, layer) for layer in job.layers]
        return job_pb2.JobGetLayersResponse(layers=job_pb2.LayerSeq(layers=layers))

    async def GetFrames(self, request: Any, context: Context) -> Any:
        farm, host = self._engine.farm, self._engine.place().host
        job = search.job_of(farm, request.job)
        page = search.find_page(farm, job, request.req)
        frames = [convert.frame_message(farm, job, index, host) for index in page]
        return job_pb2.JobGetFramesResponse(frames=job_pb2.FrameSeq(frames=frames))

    async def GetCurrent(self, request: Any, context: Context) -> Any:
        job = search.job_of(self._engine.farm, request.job)
        return job_pb2.JobGetCurrentResponse(job=self._message(job))

    async def GetUpdatedFrames(self, request: Any, context: Context) -> Any:
        job = search.job_of(self._engine.farm, request.job)
        return await updates.since(self._engine, job, request.last_check, request.layer_filter)

    async def GetDepends(self, request: Any, context: Context) -> Any:
        job = search.job_of(self._engine.farm, request.job)
        return job_pb2.JobGetDependsResponse(depends=convert.depend_seq(job.edges))

    async def GetWhatThisDependsOn(self, request: Any, context: Context) -> Any:
        job = search.job_of(self._engine.farm, request.job)
        depends = convert.depend_seq(job.edges_of_job())
        return job_pb2.JobGetWhatThisDependsOnResponse(depends=depends)

    async def GetWhatDependsOnThis(self, request: Any, context: Context) -> Any:
        job = search.job_of(self._engine.farm, request.job)
        depends = convert.depend_seq(job.edges_from_jobs())
        return job_pb2.JobGetWhatDependsOnThisResponse(depends=depends)

    async def GetComments(self, request: Any, context: Context) -> Any:
        job = search.job_of(self._engine.farm, request.job)
        return job_pb2.JobGetCommentsResponse(comments=comments.comment_seq(job))

    # -- acting on a job ---------------------------------------------------------------------

    async def _change(
        self, request: Any, act: Callable[[Farm, Job, Decision, float], object]
    ) -> None:
        await self._engine.submit(
            lambda farm, decision, now: act(farm, search.job_of(farm, request.job), decision, now)
        )

    async def Pause(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda _, job, decision, now: requests.set_paused(job, decision, paused=True)
        )
        return job_pb2.JobPauseResponse()

    async def Resume(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda _, job, decision, now: requests.set_paused(job, decision, paused=False)
        )
        return job_pb2.JobResumeResponse()

    async def Kill(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, decision, now: requests.kill_job(farm, job, decision, now=now),
        )
        return job_pb2.JobKillResponse()

    async def SetPriority(self, request: Any, context: Context) -> Any:
        priority = checked_priority(request.val)
        await self._change(
            request,
            lambda farm, job, decision, now: requests.set_priority(farm, job, priority, decision),
        )
        return job_pb2.JobSetPriorityResponse()

    async def SetAutoEat(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda _, job, decision, now: requests.set_autoeat(
                job, decision, autoeat=request.value
            ),
        )
        return job_pb2.JobSetAutoEatResponse()

    async def SetMinCores(self, request: Any, context: Context) -> Any:
        await self._set(request, min_cores=checked_cores(request.val))
        return job_pb2.JobSetMinCoresResponse()

    async def SetMaxCores(self, request: Any, context: Context) -> Any:
        await self._set(request, max_cores=checked_cores(request.val))
        return job_pb2.JobSetMaxCoresResponse()

    async def SetMaxRetries(self, request: Any, context: Context) -> Any:
        if not 0 <= request.max_retries <= 1000:
            raise InvalidRequestError(
                request=f"set max retries to {request.max_retries}", reason="use 0 to 1000"
            )
        await self._set(request, max_retries=request.max_retries)
        return job_pb2.JobSetMaxRetriesResponse()

    async def SetMinGpus(self, request: Any, context: Context) -> Any:
        await self._set_further(request, min_gpus=checked_gpus(request.val))
        return job_pb2.JobSetMinGpusResponse()

    async def SetMaxGpus(self, request: Any, context: Context) -> Any:
        await self._set_further(request, max_gpus=checked_gpus(request.val))
        return job_pb2.JobSetMaxGpusResponse()

    async def _set_further(self, request: Any, **values: Any) -> None:
        await self._change(
            request, lambda farm, job, decision, now: set_of_job(farm, job, decision, **values)
        )

    async def ShutdownIfCompleted(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, decision, now: finish_if_complete(farm, job, decision, now=now),
        )
        return job_pb2.JobShutdownIfCompletedResponse()

    async def AddComment(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda _, job, decision, now: add_comment(
                job, comments.new_comment(request.new_comment, now), decision
            ),
        )
        return job_pb2.JobAddCommentResponse()

    async def _set(self, request: Any, **values: Any) -> None:
        await self._change(
            request, lambda _, job, decision, now: change_job(job, decision, **values)
        )

    async def SetGroup(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda farm, job, decision, now: groups.move_jobs(
                farm, [job], groups.get_group(farm, request.group_id), decision
            ),
        )
        return job_pb2.JobSetGroupResponse()

    async def RunFilters(self, request: Any, context: Context) -> Any:
        await self._change(
            request, lambda farm, job, decision, now: run_filters(farm, job, decision)
        )
        return job_pb2.JobRunFiltersResponse()

    # -- acting on frames --------------------------------------------------------------------

    async def _each(self, request: Any, act: Act) -> None:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            job = search.job_of(farm, request.job)
            act(farm, job, list(search.find_frames(farm, job, request.req)), decision, now)

        await self._engine.submit(decide)

    async def KillFrames(self, request: Any, context: Context) -> Any:
        by = request.username or "somebody"
        await self._each(
            request,
            lambda _, job, found, decision, now: requests.kill_frames(job, found, decision, by=by),
        )
        return job_pb2.JobKillFramesResponse()

    async def RetryFrames(self, request: Any, context: Context) -> Any:
        await self._each(
            request,
            lambda farm, job, found, decision, now: requests.retry_frames(
                farm, job, found, decision
            ),
        )
        return job_pb2.JobRetryFramesResponse()

    async def EatFrames(self, request: Any, context: Context) -> Any:
        await self._each(
            request,
            lambda farm, job, found, decision, now: requests.eat_frames(
                farm, job, found, decision, now=now
            ),
        )
        return job_pb2.JobEatFramesResponse()

    async def MarkDoneFrames(self, request: Any, context: Context) -> Any:
        await self._each(
            request, lambda _, job, found, decision, now: requests.mark_done(job, found, decision)
        )
        return job_pb2.JobMarkDoneFramesResponse()

    async def MarkAsWaiting(self, request: Any, context: Context) -> Any:
        await self._each(
            request, lambda _, job, found, decision, now: requests.free_frames(job, found, decision)
        )
        return job_pb2.JobMarkAsWaitingResponse()

    async def ReorderFrames(self, request: Any, context: Context) -> Any:
        placing = placing_of(request.order)
        await self._change(
            request,
            lambda _, job, decision, now: ordering.reorder(
                job, job.layers, request.range, placing, decision
            ),
        )
        return job_pb2.JobReorderFramesResponse()

    async def StaggerFrames(self, request: Any, context: Context) -> Any:
        await self._change(
            request,
            lambda _, job, decision, now: ordering.stagger(
                job, job.layers, request.range, request.stagger, decision
            ),
        )
        return job_pb2.JobStaggerFramesResponse()

    # -- depends -----------------------------------------------------------------------------

    async def DropDepends(self, request: Any, context: Context) -> Any:
        target = target_of(request.target)
        await self._change(
            request, lambda _, job, decision, now: drop_of_job(job, target, decision)
        )
        return job_pb2.JobDropDependsResponse()

    async def CreateDependencyOnJob(self, request: Any, context: Context) -> Any:
        depend = await self._create(request, (job_end, request.on_job))
        return job_pb2.JobCreateDependencyOnJobResponse(depend=depend)

    async def CreateDependencyOnLayer(self, request: Any, context: Context) -> Any:
        depend = await self._create(request, (layer_end, request.layer))
        return job_pb2.JobCreateDependencyOnLayerResponse(depend=depend)

    async def CreateDependencyOnFrame(self, request: Any, context: Context) -> Any:
        depend = await self._create(request, (frame_end, request.frame))
        return job_pb2.JobCreateDependencyOnFrameResponse(depend=depend)

    async def _create(self, request: Any, on: tuple[FindEnd, Any]) -> depend_pb2.Depend:
        return await create(self._engine, (job_end, request.job), on)


def token_of(context: Context) -> str:
    """Return what a client calls its launch, empty when it says nothing."""
    metadata = dict(context.invocation_metadata() or ())
    token = str(metadata.get(LAUNCH_KEY, ""))
    if len(token) > _LONGEST_TOKEN:
        request = f"launch with a token of {len(token)} characters"
        raise InvalidRequestError(request=request, reason=f"use at most {_LONGEST_TOKEN}")
    return token
