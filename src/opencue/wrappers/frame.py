"""Frames: the units of work of a layer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from opencue_proto import job_pb2

from opencue.usage import UsageBatch, reserved_cores
from opencue.why import Explanation, explain
from opencue.wrappers.depend import Depend
from opencue.wrappers.entity import Entity, enum_of, login, message_of, send_plainly, signature
from opencue.wrappers.render_partition import RenderPartition

if TYPE_CHECKING:
    from opencue.wrappers.job import Job
    from opencue.wrappers.layer import Layer

__all__ = ["Frame", "frames_from"]

_NOT_STARTED = frozenset({job_pb2.WAITING, job_pb2.DEPEND})
_KB_PER_MB = 1024


class Frame(Entity):
    """One frame of a layer.

    Args:
        frame: The message.
        usage: Where the frames that came together look up what they used.
    """

    _STUB, _FIELD, _MESSAGE = "frame", "frame", job_pb2.Frame

    FrameState = enum_of(job_pb2.FrameState)
    CheckpointState = enum_of(job_pb2.CheckpointState)
    FrameExitStatus = enum_of(job_pb2.FrameExitStatus)

    STATUS_COLOR: ClassVar[dict[str, tuple[int, int, int]]] = {
        "RED": (255, 0, 0),
        "GREEN": (0, 255, 0),
        "BLUE": (0, 128, 255),
        "YELLOW": (255, 255, 0),
        "ORANGE": (255, 128, 0),
        "PURPLE": (127, 0, 255),
        "PINK": (255, 51, 255),
    }
    """Colours for `setFrameStateDisplayOverride`, as red, green, blue from 0 to 255."""

    def __init__(
        self, frame: Any = None, usage: UsageBatch | None = None, data: Any = None
    ) -> None:
        super().__init__(frame if data is None else data)
        self._usage = usage or UsageBatch([self.data.id])

    def eat(self) -> None:
        """Give the frame up: what waits for it goes on without it."""
        self._send("Eat")

    def kill(
        self,
        username: str | None = None,
        pid: str | int | None = None,
        host_kill: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Kill the frame if it runs."""
        who = signature(username=username, pid=pid, host_kill=host_kill, reason=reason)
        self._send("Kill", **who)

    def retry(self) -> None:
        """Run the frame again."""
        self._send("Retry")

    def markAsWaiting(self) -> None:
        """Let the frame start now, whatever it still waits for."""
        self._send("MarkAsWaiting")

    def addRenderPartition(
        self,
        hostname: str,
        threads: int,
        max_cores: int,
        max_mem: int,
        max_gpu_memory: int,
        max_gpus: int,
    ) -> RenderPartition:
        """Reserve part of a host for this frame.

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
        """Return the dependencies that wait for this frame."""
        return [Depend(message) for message in self._send("GetWhatDependsOnThis").depends.depends]

    def why(self) -> Explanation:
        """Return why the frame does not run; printed, it reads like ``cuelet why``."""
        return explain(frame_id=self.id())

    def getWhatThisDependsOn(self) -> list[Depend]:
        """Return the dependencies this frame waits on."""
        return [Depend(message) for message in self._send("GetWhatThisDependsOn").depends.depends]

    def createDependencyOnJob(self, job: Job) -> Depend:
        """Make this frame wait for a whole job."""
        return Depend(self._send("CreateDependencyOnJob", job=message_of(job)).depend)

    def createDependencyOnLayer(self, layer: Layer) -> Depend:
        """Make this frame wait for a whole layer."""
        return Depend(self._send("CreateDependencyOnLayer", layer=message_of(layer)).depend)

    def createDependencyOnFrame(self, frame: Frame) -> Depend:
        """Make this frame wait for another."""
        return Depend(
            self._send("CreateDependencyOnFrame", depend_on_frame=message_of(frame)).depend
        )

    def dropDepends(self, target: int) -> None:
        """Release the frame from what it waits for: a `Depend.DependTarget`."""
        self._send("DropDepends", target=target)

    def setCheckpointState(self, checkPointState: int) -> None:
        """Set the checkpoint state: a `CheckpointState`."""
        self._send("SetCheckpointState", state=checkPointState)

    def setFrameStateDisplayOverride(
        self, status: int, override_text: str, override_rgb: Sequence[int]
    ) -> None:
        """Show a state of this frame under another text and colour.

        Args:
            status: The `FrameState` to show otherwise.
            override_text: The text to show.
            override_rgb: Red, green and blue, 0 to 255.
        """
        red, green, blue = override_rgb
        color = {"red": red, "green": green, "blue": blue}
        override = {"state": status, "text": override_text, "color": color}
        send_plainly("frame", "SetFrameStateDisplayOverride", frame=self.data, override=override)

    def getFrameStateDisplayOverrides(self) -> list[Any]:
        """Return the overrides of how states are shown."""
        response = send_plainly("frame", "GetFrameStateDisplayOverrides", frame=self.data)
        return list(response.overrides.overrides)

    def hasFrameStateDisplayOverride(self) -> bool:
        """Return whether the present state is shown otherwise."""
        return bool(self.data.HasField("frame_state_display_override"))

    def frameStateDisplayOverride(self) -> Any:
        """Return how the present state is shown otherwise, or None."""
        override = self.data.frame_state_display_override
        return override if self.hasFrameStateDisplayOverride() else None

    def name(self) -> str:
        """Return the name: number and layer, as ``0001-render``."""
        return f"{self.data.number:04d}-{self.data.layer_name}"

    def layer(self) -> str:
        """Return the name of the layer."""
        return str(self.data.layer_name)

    def frame(self) -> str:
        """Return the number as text of four digits."""
        return str(f"{self.data.number:04d}")

    def number(self) -> int:
        """Return the number."""
        return int(self.data.number)

    def dispatchOrder(self) -> int:
        """Return the place in the layer's order of starting."""
        return int(self.data.dispatch_order)

    def startTime(self) -> int:
        """Return when it last started: seconds since 1970, 0 when it never did."""
        return int(self.data.start_time)

    def stopTime(self) -> int:
        """Return when it last ended: seconds since 1970, 0 when it did not."""
        return int(self.data.stop_time)

    def eligibleTime(self) -> int:
        """Return when it was first free to start: seconds since 1970."""
        return int(self.data.eligible_time)

    def submissionTime(self) -> int:
        """Return when it was submitted: seconds since 1970."""
        return int(self.data.submission_time)

    def resource(self) -> str:
        """Return where it last ran, as ``host/cores/gpus``; empty when it never did."""
        return str(self.data.last_resource)

    def lastResource(self) -> str:
        """Return where it last ran, as ``host/cores/gpus``; empty when it never did."""
        return str(self.data.last_resource)

    def retries(self) -> int:
        """Return how often it was tried again."""
        return int(self.data.retry_count)

    def retryCount(self) -> int:
        """Return how often it was tried again, as `retries` does."""
        return self.retries()

    def exitStatus(self) -> int:
        """Return the exit status of the last run; -1 when there is none."""
        return int(self.data.exit_status)

    def maxRss(self) -> int:
        """Return the most memory it used, in KB."""
        return int(self.data.max_rss)

    def memUsed(self) -> int:
        """Return the memory it uses now, in KB."""
        return int(self.data.used_memory)

    def memReserved(self) -> int:
        """Return the memory reserved for it, in KB."""
        return int(self.data.reserved_memory)

    def reservedMemory(self) -> float:
        """Return the memory reserved for it, in MB."""
        return float(self.data.reserved_memory) / _KB_PER_MB

    def state(self) -> int:
        """Return the state: a `FrameState`."""
        return int(self.data.state)

    def runTime(self) -> int:
        """Return the seconds the last run took, or has taken so far; 0 when it never started."""
        start, stop = self.data.start_time, self.data.stop_time
        if not start:
            return 0
        if stop and stop >= start:
            return int(stop - start)
        return 0 if self.data.state in _NOT_STARTED else max(0, int(time.time() - start))

    def usedCores(self) -> float:
        """Return the cores the last run used on average: CPU seconds over wall seconds.

        A stock Cuebot does not measure them; there it is the cores reserved.
        """
        used = self._usage.cores(self.data.id)
        return reserved_cores(self.data.last_resource) if used is None else used

    def usedMemory(self) -> float:
        """Return the most memory the frame and its child processes used, in MB."""
        return float(self.data.max_rss) / _KB_PER_MB


def frames_from(messages: Iterable[Any]) -> list[Frame]:
    """Return the frames of these messages; what they used is looked up for all at once."""
    found = list(messages)
    usage = UsageBatch([message.id for message in found])
    return [Frame(message, usage) for message in found]
