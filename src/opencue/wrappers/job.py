"""Jobs: what is submitted, with its layers and frames."""

# ruff: noqa: A002 - pycue calls the argument format
from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from opencue_proto import job_pb2

from opencue import search
from opencue.exception import (
    EntityNotFoundException,
    LayerNotFoundException,
    OwnerFixedException,
)
from opencue.naming.spelling import wire_name
from opencue.why import Explanation, explain
from opencue.wrappers.comment import Comment
from opencue.wrappers.depend import Depend
from opencue.wrappers.entity import Entity, enum_of, login, message_of, send, signature
from opencue.wrappers.frame import Frame, frames_from
from opencue.wrappers.layer import Layer
from opencue.wrappers.render_partition import RenderPartition
from opencue.wrappers.util import time_or_text

if TYPE_CHECKING:
    from opencue.wrappers.group import Group

__all__ = ["Job", "NestedJob"]


class Job(Entity):
    """One job."""

    _STUB, _FIELD, _MESSAGE = "job", "job", job_pb2.Job

    JobState = enum_of(job_pb2.JobState)

    def __init__(self, job: Any = None, data: Any = None) -> None:
        super().__init__(job if data is None else data)

    def _on_frames(self, method: str, options: dict[str, Any], **fields: Any) -> None:
        """Do something to the frames a search finds: to all of them without options."""
        criteria = search.FrameSearch.criteriaFromOptions(**options)
        self._send(method, req=criteria, **fields)

    def kill(
        self,
        username: str | None = None,
        pid: str | int | None = None,
        host_kill: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Kill the job: its running frames are killed and no further one starts."""
        who = signature(username=username, pid=pid, host_kill=host_kill, reason=reason)
        self._send("Kill", **who)

    def pause(self) -> None:
        """Let no further frame start."""
        self._send("Pause")

    def resume(self) -> None:
        """Let frames start again."""
        self._send("Resume")

    def killFrames(
        self,
        username: str | None = None,
        pid: str | int | None = None,
        host_kill: str | None = None,
        reason: str | None = None,
        **request: Any,
    ) -> None:
        """Kill running frames, those a `opencue.search.FrameSearch` finds or all."""
        who = signature(username=username, pid=pid, host_kill=host_kill, reason=reason)
        self._on_frames("KillFrames", request, **who)

    def eatFrames(self, **request: Any) -> None:
        """Give frames up, those a `opencue.search.FrameSearch` finds or all."""
        self._on_frames("EatFrames", request)

    def retryFrames(self, **request: Any) -> None:
        """Run frames again, those a `opencue.search.FrameSearch` finds or all.

        ``retryFrames(state=[job_pb2.DEAD])`` retries the dead ones only.
        """
        self._on_frames("RetryFrames", request)

    def markdoneFrames(self, **request: Any) -> None:
        """Release what waits for frames, those a `opencue.search.FrameSearch` finds or all."""
        self._on_frames("MarkDoneFrames", request)

    def markAsWaiting(self, **request: Any) -> None:
        """Let frames start whatever they wait for, those a search finds or all."""
        self._on_frames("MarkAsWaiting", request)

    def setMinCores(self, minCores: float) -> None:
        """Set the cores the job gets at least."""
        self._send("SetMinCores", val=minCores)

    def setMaxCores(self, maxCores: float) -> None:
        """Set the cores the job gets at most; -1 for no limit."""
        self._send("SetMaxCores", val=maxCores)

    def setMinGpus(self, minGpus: int) -> None:
        """Set the GPUs the job gets at least."""
        self._send("SetMinGpus", val=minGpus)

    def setMaxGpus(self, maxGpus: int) -> None:
        """Set the GPUs the job gets at most; -1 for no limit."""
        self._send("SetMaxGpus", val=maxGpus)

    def setPriority(self, priority: int) -> None:
        """Set the priority; higher goes first."""
        self._send("SetPriority", val=priority)

    def setMaxRetries(self, maxRetries: int) -> None:
        """Set how often a failed frame is tried again."""
        self._send("SetMaxRetries", max_retries=maxRetries)

    def getLayers(self) -> list[Layer]:
        """Return the layers, in order of starting."""
        return [Layer(message) for message in self._send("GetLayers").layers.layers]

    def getLayer(self, layerName: str) -> Layer:
        """Return the layer of that name, in any spelling.

        Raises:
            EntityNotFoundException: The job has no such layer.
        """
        try:
            found = send("layer", "FindLayer", job=self.name(), layer=layerName).layer
        except EntityNotFoundException:
            return self._layer_named(layerName)
        is_ours = found.parent_id in ("", self.id())  # a job of the same name may be pending now
        return Layer(found) if is_ours else self._layer_named(layerName)

    def _layer_named(self, name: str) -> Layer:
        """Return a layer out of all of them: a stock Cuebot finds those of pending jobs only."""
        layers = {layer.name(): layer for layer in self.getLayers()}
        found = layers.get(name) or layers.get(wire_name(name))
        if found is None:
            raise LayerNotFoundException(job=self.name(), layer=name, known=[*layers])
        return found

    def getFrames(self, **options: Any) -> list[Frame]:
        """Return the frames: all of them, unless ``limit`` or ``page`` is among the options.

        Args:
            options: Options of `opencue.search.FrameSearch`.
        """
        return frames_from(
            search.all_frames(lambda criteria: self._send("GetFrames", req=criteria), options)
        )

    def getUpdatedFrames(self, lastCheck: int, layers: list[Layer] | None = None) -> Any:
        """Return what changed since a time, with the server's time to ask from next.

        Args:
            lastCheck: Seconds since 1970.
            layers: Only frames of these layers.
        """
        wanted = {"layers": [message_of(layer) for layer in layers]} if layers else None
        return self._send("GetUpdatedFrames", last_check=lastCheck, layer_filter=wanted)

    def setAutoEating(self, value: bool) -> None:
        """Give failed frames up at once, or not."""
        self._send("SetAutoEat", value=value)

    def setAutoEat(self, value: bool) -> None:
        """Give failed frames up at once, or not."""
        self.setAutoEating(value)

    def addRenderPartition(
        self,
        hostname: str,
        threads: int,
        max_cores: int,
        num_mem: int,
        max_gpus: int,
        max_gpu_memory: int,
    ) -> RenderPartition:
        """Reserve part of a host for this job.

        Args:
            hostname: The host.
            threads: Threads each frame may use.
            max_cores: Cores to reserve.
            num_mem: KB to reserve.
            max_gpus: GPUs to reserve.
            max_gpu_memory: KB of GPU memory to reserve.
        """
        response = self._send(
            "AddRenderPartition",
            host=hostname,
            threads=threads,
            max_cores=max_cores,
            max_memory=num_mem,
            max_gpus=max_gpus,
            max_gpu_memory=max_gpu_memory,
            username=login(),
        )
        return RenderPartition(response.render_partition)

    def getWhatDependsOnThis(self) -> list[Depend]:
        """Return the dependencies that wait for this job."""
        return [Depend(message) for message in self._send("GetWhatDependsOnThis").depends.depends]

    def why(self) -> Explanation:
        """Return why its frames do not run; printed, it reads like ``cuelet why``."""
        return explain(job_id=self.id())

    def getWhatThisDependsOn(self) -> list[Depend]:
        """Return the dependencies the job as a whole waits on."""
        return [Depend(message) for message in self._send("GetWhatThisDependsOn").depends.depends]

    def getDepends(self) -> list[Depend]:
        """Return the dependencies of the job and its layers."""
        return [Depend(message) for message in self._send("GetDepends").depends.depends]

    def dropDepends(self, target: int) -> None:
        """Release the job from what it waits for: a `Depend.DependTarget`."""
        self._send("DropDepends", target=target)

    def createDependencyOnJob(self, job: Job) -> Depend:
        """Make this job wait for another."""
        return Depend(self._send("CreateDependencyOnJob", on_job=message_of(job)).depend)

    def createDependencyOnLayer(self, layer: Layer) -> Depend:
        """Make this job wait for a layer."""
        return Depend(self._send("CreateDependencyOnLayer", layer=message_of(layer)).depend)

    def createDependencyOnFrame(self, frame: Frame) -> Depend:
        """Make this job wait for a frame."""
        return Depend(self._send("CreateDependencyOnFrame", frame=message_of(frame)).depend)

    def addComment(self, subject: str, message: str) -> None:
        """Leave a comment, in your name."""
        remark = {"user": login(), "subject": subject, "message": message or " "}
        self._send("AddComment", new_comment=remark)

    def getComments(self) -> list[Comment]:
        """Return the comments."""
        return [Comment(message) for message in self._send("GetComments").comments.comments]

    def setGroup(self, group: Group) -> None:
        """Move the job to a group."""
        self._send("SetGroup", group_id=group.id())

    def reorderFrames(self, frame_range: str, order: int) -> None:
        """Move the frames of a range in the order of starting: a `Layer.Order`."""
        self._send("ReorderFrames", range=frame_range, order=order)

    def staggerFrames(self, frame_range: str, stagger: int) -> None:
        """Start every stagger-th frame of a range first."""
        self._send("StaggerFrames", range=frame_range, stagger=stagger)

    def setOwner(self, owner: str) -> None:
        """Refuse: no server has a call that gives a job to another user.

        Raises:
            OwnerFixedException: Always.
        """
        raise OwnerFixedException(job=self.name(), owner=owner, user=self.user())

    def addSubscriber(self, subscriber: str) -> None:
        """Send mail about the job to this address too."""
        self._send("AddSubscriber", subscriber=subscriber)

    def shutdownIfCompleted(self) -> None:
        """End the job if all its frames have ended."""
        self._send("ShutdownIfCompleted")

    def facility(self) -> str:
        """Return the facility."""
        return str(self.data.facility)

    def name(self) -> str:
        """Return the name: show, shot, user and title."""
        return str(self.data.name)

    def show(self) -> str:
        """Return the show."""
        return str(self.data.show)

    def shot(self) -> str:
        """Return the shot."""
        return str(self.data.shot)

    def logDir(self) -> str:
        """Return the directory of the frames' logs."""
        return str(self.data.log_dir)

    def uid(self) -> int | None:
        """Return the uid frames run under, or None."""
        return int(self.data.uid) if self.data.HasField("uid") else None

    def user(self) -> str:
        """Return who submitted it."""
        return str(self.data.user)

    def username(self) -> str:
        """Return who submitted it."""
        return str(self.data.user)

    def state(self) -> int:
        """Return the state: a `JobState`."""
        return int(self.data.state)

    def priority(self) -> int:
        """Return the priority; higher goes first."""
        return int(self.data.priority)

    def minCores(self) -> float:
        """Return the cores the job gets at least."""
        return float(self.data.min_cores)

    def maxCores(self) -> float:
        """Return the cores the job gets at most; -1 for no limit."""
        return float(self.data.max_cores)

    def minGpus(self) -> float:
        """Return the GPUs the job gets at least."""
        return float(self.data.min_gpus)

    def maxGpus(self) -> float:
        """Return the GPUs the job gets at most; -1 for no limit."""
        return float(self.data.max_gpus)

    def os(self) -> str:
        """Return the operating system its frames need."""
        return str(self.data.os)

    def startTime(self, format: str | None = None) -> int | str:
        """Return when it was submitted: seconds since 1970, or as text."""
        return time_or_text(self.data.start_time, format)

    def date_submitted(self) -> int:
        """Return when it was submitted: seconds since 1970."""
        return int(self.data.start_time)

    def dateSubmitted(self) -> int:
        """Return when it was submitted: seconds since 1970."""
        return self.date_submitted()

    def stopTime(self, format: str | None = None) -> int | str:
        """Return when it ended: seconds since 1970, 0 when it has not, or as text."""
        return time_or_text(self.data.stop_time, format)

    def eligibleTime(self, format: str | None = None) -> int | str:
        """Return when its first frame was free to start: seconds since 1970, or as text."""
        return time_or_text(self.data.eligible_time, format)

    def runTime(self) -> int:
        """Return the seconds from submission to the end, or until now."""
        return int((self.data.stop_time or time.time()) - self.data.start_time)

    def age(self) -> int:
        """Return the seconds since submission."""
        return int(time.time() - self.data.start_time)

    def isPaused(self) -> bool:
        """Return whether no further frame starts."""
        return bool(self.data.is_paused)

    def isAutoEating(self) -> bool:
        """Return whether failed frames are given up at once."""
        return bool(self.data.auto_eat)

    def isCommented(self) -> bool:
        """Return whether there are comments."""
        return bool(self.data.has_comment)

    def group(self) -> str:
        """Return the name of its group."""
        return str(self.data.group)

    def lokiURL(self) -> str:
        """Return where its logs are searched; empty for nowhere."""
        return str(getattr(self.data, "loki_url", ""))

    @property
    def _stats(self) -> Any:
        """The message with the counts."""
        return self.data.job_stats

    def coreSecondsRemaining(self) -> int:
        """Return the core seconds left, by estimate."""
        return int(self._stats.remaining_core_sec)

    def coresReserved(self) -> float:
        """Return the cores reserved now."""
        return float(self._stats.reserved_cores)

    def totalFrames(self) -> int:
        """Return how many frames there are."""
        return int(self._stats.total_frames)

    def totalLayers(self) -> int:
        """Return how many layers there are."""
        return int(self._stats.total_layers)

    def dependFrames(self) -> int:
        """Return how many frames wait for other frames."""
        return int(self._stats.depend_frames)

    def succeededFrames(self) -> int:
        """Return how many frames succeeded."""
        return int(self._stats.succeeded_frames)

    def runningFrames(self) -> int:
        """Return how many frames run."""
        return int(self._stats.running_frames)

    def deadFrames(self) -> int:
        """Return how many frames failed for good."""
        return int(self._stats.dead_frames)

    def waitingFrames(self) -> int:
        """Return how many frames are free to start."""
        return int(self._stats.waiting_frames)

    def eatenFrames(self) -> int:
        """Return how many frames were given up."""
        return int(self._stats.eaten_frames)

    def pendingFrames(self) -> int:
        """Return how many frames have yet to start."""
        return int(self._stats.pending_frames)

    def frameStateTotals(self) -> dict[int, int]:
        """Return how many frames are in each state, by `Frame.FrameState`."""
        return {
            int(state): int(getattr(self._stats, f"{state.name.lower()}_frames", 0))
            for state in Frame.FrameState
        }

    def percentCompleted(self) -> float:
        """Return the share of frames that succeeded, 0 to 100."""
        total = self.totalFrames()
        return 100.0 * self.succeededFrames() / total if total else 0.0

    def avgFrameTime(self) -> int:
        """Return the seconds a frame took on average."""
        return int(self._stats.avg_frame_sec)

    def averageCoreTime(self) -> int:
        """Return the core seconds a frame took on average."""
        return int(self._stats.avg_core_sec)

    def maxRss(self) -> int:
        """Return the most memory a frame used, in KB."""
        return int(self._stats.max_rss)

    def maxPss(self) -> int:
        """Return the most memory a frame used, shared pages divided, in KB."""
        return int(self._stats.max_pss)


class NestedJob(Job):
    """A job inside the tree of a show's groups."""

    _MESSAGE = job_pb2.NestedJob

    def __init__(self, nestedJob: Any = None, data: Any = None) -> None:
        super().__init__(nestedJob if data is None else data)

    @property
    def _stats(self) -> Any:
        """The message with the counts."""
        return self.data.stats

    def _send(self, method: str, /, **fields: Any) -> Any:
        """Call a method of the service about the plain job."""
        return self.asJob()._send(method, **fields)

    def children(self) -> list[Any]:
        """Return nothing: jobs are the leaves of the tree."""
        return []

    def asJob(self) -> Job:
        """Return the plain job."""
        names = set(job_pb2.Job.DESCRIPTOR.fields_by_name)
        shared = names & {field.name for field, _ in self.data.ListFields()}
        job = job_pb2.Job(**{name: getattr(self.data, name) for name in shared})
        job.job_stats.CopyFrom(self.data.stats)
        return Job(job)
