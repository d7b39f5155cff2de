"""Layers: the steps of a job, each with its frames."""

# ruff: noqa: A002 - pycue calls the argument format
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from opencue_proto import job_pb2

from opencue import search
from opencue.why import Explanation, explain
from opencue.wrappers.depend import Depend
from opencue.wrappers.entity import Entity, enum_of, login, message_of, send, signature
from opencue.wrappers.frame import Frame, frames_from
from opencue.wrappers.limit import Limit
from opencue.wrappers.render_partition import RenderPartition
from opencue.wrappers.service import Service
from opencue.wrappers.util import format_time, time_or_text

if TYPE_CHECKING:
    from opencue.wrappers.job import Job

__all__ = ["Layer"]

_KB_PER_MB = 1024
_POINTS_PER_CORE = 100.0


class Layer(Entity):
    """One layer of a job."""

    _STUB, _FIELD, _MESSAGE = "layer", "layer", job_pb2.Layer

    LayerType = enum_of(job_pb2.LayerType)
    Order = enum_of(job_pb2.Order)

    def __init__(self, layer: Any = None, data: Any = None) -> None:
        super().__init__(layer if data is None else data)

    def kill(
        self,
        username: str | None = None,
        pid: str | int | None = None,
        host_kill: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Kill the running frames."""
        who = signature(username=username, pid=pid, host_kill=host_kill, reason=reason)
        self._send("KillFrames", **who)

    def eat(self) -> None:
        """Give all frames up: what waits for them goes on without them."""
        self._send("EatFrames")

    def retry(self) -> None:
        """Run all frames again."""
        self._send("RetryFrames")

    def markdone(self) -> None:
        """Release what waits for the frames."""
        self._send("MarkdoneFrames")

    def addLimit(self, limit_id: str) -> None:
        """Put the layer under a limit, given by id."""
        self._send("AddLimit", limit_id=limit_id)

    def dropLimit(self, limit_id: str) -> None:
        """Take the layer from under a limit, given by id."""
        self._send("DropLimit", limit_id=limit_id)

    def enableMemoryOptimizer(self, value: bool) -> None:
        """Let the server lower the memory reservation to what frames use, or not."""
        self._send("EnableMemoryOptimizer", value=value)

    def getFrames(self, **options: Any) -> list[Frame]:
        """Return the frames: all of them, unless ``limit`` or ``page`` is among the options.

        Args:
            options: Options of `opencue.search.FrameSearch`.
        """
        return frames_from(
            search.all_frames(lambda criteria: self._send("GetFrames", s=criteria), options)
        )

    def getOutputPaths(self) -> list[str]:
        """Return the registered output paths."""
        return list(self._send("GetOutputPaths").output_paths)

    def setTags(self, tags: Iterable[str]) -> None:
        """Replace the tags a host must have one of."""
        self._send("SetTags", tags=list(tags))

    def setDispatchOrder(self, order: int) -> None:
        """Set the place in the job's order of starting."""
        self._send("SetDispatchOrder", order=order)

    def setMinCores(self, cores: float) -> None:
        """Set the cores a frame reserves at least, in hundredths: 100 is one core."""
        self._send("SetMinCores", cores=cores / _POINTS_PER_CORE)

    def setMaxCores(self, cores: float) -> None:
        """Set the cores a frame reserves at most, in hundredths: 100 is one core."""
        self._send("SetMaxCores", cores=cores / _POINTS_PER_CORE)

    def setMinGpus(self, min_gpus: int) -> None:
        """Set the GPUs a frame reserves at least."""
        self._send("SetMinGpus", min_gpus=min_gpus)

    def setMaxGpus(self, max_gpus: int) -> None:
        """Set the GPUs a frame reserves at most."""
        self._send("SetMaxGpus", max_gpus=max_gpus)

    def setMinGpuMemory(self, gpu_memory: int) -> None:
        """Set the GPU memory a frame reserves, in KB."""
        self._send("SetMinGpuMemory", gpu_memory=gpu_memory)

    def setMinMemory(self, memory: int) -> None:
        """Set the memory a frame reserves, in KB."""
        self._send("SetMinMemory", memory=memory)

    def setThreadable(self, threadable: bool) -> None:
        """Say whether frames can use more cores than they need at least."""
        self._send("SetThreadable", threadable=threadable)

    def setTimeout(self, timeout: int) -> None:
        """Set after how many minutes a frame is killed; 0 for never."""
        self._send("SetTimeout", timeout=timeout)

    def setTimeoutLLU(self, timeout_llu: int) -> None:
        """Set after how many silent minutes a frame is killed; 0 for never."""
        self._send("SetTimeoutLLU", timeout_llu=timeout_llu)

    def setStartAfter(self, epoch_seconds: int, username: str | None = None) -> None:
        """Let no frame start before a time.

        Args:
            epoch_seconds: Seconds since 1970; 0 for no such time.
            username: Who says so; you when not given.
        """
        user = username or login()
        self._send("SetStartAfter", start_after=epoch_seconds, username=user)

    def clearStartAfter(self, username: str | None = None) -> None:
        """Let frames start at any time."""
        self.setStartAfter(0, username=username)

    def addRenderPartition(
        self,
        hostname: str,
        threads: int,
        max_cores: int,
        max_mem: int,
        max_gpu_memory: int,
        max_gpus: int,
    ) -> RenderPartition:
        """Reserve part of a host for this layer.

        Args:
            hostname: The host.
            threads: Threads each frame may use.
            max_cores: Cores to reserve.
            max_mem: KB to reserve.
            max_gpu_memory: KB of GPU memory to reserve.
            max_gpus: GPUs to reserve.
        """
        response = self._send(
            "AddRenderPartition",
            host=hostname,
            threads=threads,
            max_cores=max_cores,
            max_memory=max_mem,
            max_gpu_memory=max_gpu_memory,
            max_gpus=max_gpus,
            username=login(),
        )
        return RenderPartition(response.render_partition)

    def getWhatDependsOnThis(self) -> list[Depend]:
        """Return the dependencies that wait for this layer."""
        return [Depend(message) for message in self._send("GetWhatDependsOnThis").depends.depends]

    def why(self) -> Explanation:
        """Return why its frames do not run; printed, it reads like ``cuelet why``."""
        return explain(layer_id=self.id())

    def getWhatThisDependsOn(self) -> list[Depend]:
        """Return the dependencies this layer waits on."""
        return [Depend(message) for message in self._send("GetWhatThisDependsOn").depends.depends]

    def dropDepends(self, target: int) -> None:
        """Release the layer from what it waits for: a `Depend.DependTarget`."""
        self._send("DropDepends", target=target)

    def createDependencyOnJob(self, job: Job) -> Depend:
        """Make this layer wait for a whole job."""
        return Depend(self._send("CreateDependencyOnJob", job=message_of(job)).depend)

    def createDependencyOnLayer(self, layer: Layer) -> Depend:
        """Make this layer wait for a whole layer."""
        return Depend(
            self._send("CreateDependencyOnLayer", depend_on_layer=message_of(layer)).depend
        )

    def createDependencyOnFrame(self, frame: Frame) -> Depend:
        """Make this layer wait for a frame."""
        return Depend(self._send("CreateDependencyOnFrame", frame=message_of(frame)).depend)

    def createFrameByFrameDependency(self, layer: Layer) -> Depend:
        """Make each frame wait for its counterpart in another layer."""
        return Depend(
            self._send(
                "CreateFrameByFrameDependency", depend_layer=message_of(layer), any_frame=False
            ).depend
        )

    def registerOutputPath(self, outputPath: str) -> None:
        """Register where the layer writes."""
        self._send("RegisterOutputPath", spec=outputPath)

    def reorderFrames(self, frameRange: str, order: int) -> None:
        """Move the frames of a range in the order of starting: an `Order`."""
        self._send("ReorderFrames", range=frameRange, order=order)

    def staggerFrames(self, frameRange: str, stagger: int) -> None:
        """Start every stagger-th frame of a range first."""
        self._send("StaggerFrames", range=frameRange, stagger=stagger)

    def getLimitDetails(self) -> list[Limit]:
        """Return the limits the layer is under."""
        return [Limit(message) for message in self._send("GetLimits").limits]

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)

    def range(self) -> str:
        """Return the frame range as text."""
        return str(self.data.range)

    def chunkSize(self) -> int:
        """Return how many frame numbers one frame runs."""
        return int(self.data.chunk_size)

    def tags(self) -> list[str]:
        """Return the tags a host must have one of."""
        return list(self.data.tags)

    def dispatchOrder(self) -> int:
        """Return the place in the job's order of starting."""
        return int(self.data.dispatch_order)

    def coresReserved(self) -> float:
        """Return the cores reserved now."""
        return float(self.data.layer_stats.reserved_cores)

    def gpusReserved(self) -> float:
        """Return the GPUs reserved now."""
        return float(self.data.layer_stats.reserved_gpus)

    def minCores(self) -> float:
        """Return the cores a frame reserves at least."""
        return float(self.data.min_cores)

    def maxCores(self) -> float:
        """Return the cores a frame reserves at most; 0 for no limit."""
        return float(self.data.max_cores)

    def minimumCores(self) -> float:
        """Return the cores a frame reserves at least."""
        return float(self.data.min_cores)

    def minGpus(self) -> float:
        """Return the GPUs a frame reserves at least."""
        return float(self.data.min_gpus)

    def minMemory(self) -> int:
        """Return the memory a frame reserves, in KB."""
        return int(self.data.min_memory)

    def minimumMemory(self) -> int:
        """Return the memory a frame reserves, in MB."""
        return int(self.data.min_memory / _KB_PER_MB + 0.5)

    def isThreadable(self) -> bool:
        """Return whether frames can use more cores than they need at least."""
        return bool(self.data.is_threadable)

    def timeout(self) -> int:
        """Return after how many minutes a frame is killed; 0 for never."""
        return int(self.data.timeout)

    def timeoutLLU(self) -> int:
        """Return after how many silent minutes a frame is killed; 0 for never."""
        return int(self.data.timeout_llu)

    def command(self) -> str:
        """Return the command of a frame, with its tokens."""
        return str(self.data.command)

    def limits(self) -> list[str]:
        """Return the names of the limits the layer is under."""
        return [name for name in self.data.limits if name]

    def maxRss(self) -> int:
        """Return the most memory a frame used, in KB."""
        return int(self.data.layer_stats.max_rss)

    def maxPss(self) -> int:
        """Return the most memory a frame used, shared pages divided, in KB."""
        return int(self.data.layer_stats.max_pss)

    def type(self) -> int:
        """Return the kind: a `LayerType`."""
        return int(self.data.type)

    def totalFrames(self) -> int:
        """Return how many frames there are."""
        return int(self.data.layer_stats.total_frames)

    def dependFrames(self) -> int:
        """Return how many frames wait for other frames."""
        return int(self.data.layer_stats.depend_frames)

    def succeededFrames(self) -> int:
        """Return how many frames succeeded."""
        return int(self.data.layer_stats.succeeded_frames)

    def runningFrames(self) -> int:
        """Return how many frames run."""
        return int(self.data.layer_stats.running_frames)

    def deadFrames(self) -> int:
        """Return how many frames failed for good."""
        return int(self.data.layer_stats.dead_frames)

    def waitingFrames(self) -> int:
        """Return how many frames are free to start."""
        return int(self.data.layer_stats.waiting_frames)

    def eatenFrames(self) -> int:
        """Return how many frames were given up."""
        return int(self.data.layer_stats.eaten_frames)

    def pendingFrames(self) -> int:
        """Return how many frames have yet to start."""
        return int(self.data.layer_stats.pending_frames)

    def percentCompleted(self) -> float:
        """Return the share of frames that succeeded, 0 to 100."""
        total = self.totalFrames()
        return 100.0 * self.succeededFrames() / total if total else 0.0

    def avgFrameTimeSeconds(self) -> int:
        """Return the seconds a frame took on average."""
        return int(self.data.layer_stats.avg_frame_sec)

    def avgCoreSeconds(self) -> int:
        """Return the core seconds a frame took on average."""
        return int(self.data.layer_stats.avg_core_sec)

    def coreSecondsRemaining(self) -> int:
        """Return the core seconds left, by estimate."""
        return int(self.data.layer_stats.remaining_core_sec)

    def parent(self) -> Job:
        """Return the job of this layer."""
        from opencue.wrappers.job import Job

        return Job(send("job", "GetJob", id=self.data.parent_id).job)

    def services(self) -> list[Service | None]:
        """Return the services the layer names; None for one the server does not know."""
        return [Service.getService(name) for name in self.data.services]

    def eligibleTime(self, format: str | None = None) -> int | str:
        """Return when its first frame was free to start: seconds since 1970, or as text."""
        return time_or_text(self.data.eligible_time, format)

    def startTime(self, format: str | None = None) -> int | str:
        """Return when its first frame started: seconds since 1970, or as text."""
        return time_or_text(self.data.start_time, format)

    def stopTime(self, format: str | None = None) -> int | str:
        """Return when its last frame ended: seconds since 1970, or as text."""
        return time_or_text(self.data.stop_time, format)

    def startAfter(self, format: str | None = None) -> int | str:
        """Return before when no frame starts: seconds since 1970, or as text."""
        if format is None:
            return int(self.data.start_after)
        return format_time(self.data.start_after, format, default="")

    def startAfterReason(self) -> str:
        """Return why frames start no earlier."""
        return str(self.data.start_after_reason)
