"""Hosts: the machines of the farm."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from opencue_proto import host_pb2

from opencue.util import id as id_of
from opencue.wrappers.comment import Comment
from opencue.wrappers.entity import Entity, enum_of, login
from opencue.wrappers.proc import NestedProc, Proc
from opencue.wrappers.render_partition import RenderPartition

if TYPE_CHECKING:
    from opencue.wrappers.allocation import Allocation
    from opencue.wrappers.deed import Deed
    from opencue.wrappers.job import Job

__all__ = ["Host", "NestedHost"]


class Host(Entity):
    """One machine."""

    _STUB, _FIELD, _MESSAGE = "host", "host", host_pb2.Host

    HardwareState = enum_of(host_pb2.HardwareState)
    HostTagType = enum_of(host_pb2.HostTagType)
    LockState = enum_of(host_pb2.LockState)
    ThreadMode = enum_of(host_pb2.ThreadMode)

    def __init__(self, host: Any = None, data: Any = None) -> None:
        super().__init__(host if data is None else data)

    def lock(self) -> None:
        """Let no further frame start there."""
        self._send("Lock")

    def unlock(self) -> None:
        """Let frames start there again."""
        self._send("Unlock")

    def delete(self) -> None:
        """Remove the host from the farm."""
        self._send("Delete")

    def getProcs(self) -> list[Proc]:
        """Return what runs there."""
        return [Proc(message) for message in self._send("GetProcs").procs.procs]

    def redirectToJob(self, procs: Iterable[Any], job: Job) -> bool:
        """Give the cores of running procs to a job; return whether that was possible.

        Args:
            procs: Procs or their names.
            job: The job.
        """
        names = [proc if isinstance(proc, str) else proc.name() for proc in procs]
        return bool(self._send("RedirectToJob", proc_names=names, job_id=id_of(job)).value)

    def getRenderPartitions(self) -> list[RenderPartition]:
        """Return the reserved parts."""
        return [
            RenderPartition(message)
            for message in self._send("GetRenderPartitions").render_partitions.render_partitions
        ]

    def getDeed(self) -> Deed:
        """Return whose it is."""
        from opencue.wrappers.deed import Deed

        return Deed(self._send("GetDeed").deed)

    def rebootWhenIdle(self) -> None:
        """Lock it, and reboot it when nothing runs there."""
        self._send("RebootWhenIdle")

    def reboot(self) -> None:
        """Reboot it now."""
        self._send("Reboot")

    def restartRqdWhenIdle(self) -> None:
        """Restart its RQD when nothing runs there."""
        self._send("RestartRqdWhenIdle")

    def restartRqdNow(self) -> None:
        """Restart its RQD now."""
        self._send("RestartRqdNow")

    def addTags(self, tags: Iterable[str]) -> None:
        """Add tags."""
        self._send("AddTags", tags=list(tags))

    def removeTags(self, tags: Iterable[str]) -> None:
        """Remove tags."""
        self._send("RemoveTags", tags=list(tags))

    def renameTag(self, oldTag: str, newTag: str) -> None:
        """Rename a tag."""
        self._send("RenameTag", old_tag=oldTag, new_tag=newTag)

    def setAllocation(self, allocation: Allocation) -> None:
        """Move it to an allocation."""
        self._send("SetAllocation", allocation_id=id_of(allocation))

    def addComment(self, subject: str, message: str) -> None:
        """Leave a comment, in your name."""
        remark = {"user": login(), "subject": subject, "message": message or " "}
        self._send("AddComment", new_comment=remark)

    def getComments(self) -> list[Comment]:
        """Return the comments."""
        return [Comment(message) for message in self._send("GetComments").comments.comments]

    def setHardwareState(self, state: int) -> None:
        """Set the state: a `HardwareState`."""
        self._send("SetHardwareState", state=state)

    def setOs(self, osName: str) -> None:
        """Set the operating system."""
        self._send("SetOs", os=osName)

    def setThreadMode(self, mode: int) -> None:
        """Set how frames get cores: a `ThreadMode`."""
        self._send("SetThreadMode", mode=mode)

    @staticmethod
    def hasHostRebootedSince(host: Host, start_time: float) -> bool:
        """Return whether a host is up and was started after a time, or waits for its reboot.

        Args:
            host: The host.
            start_time: Seconds since 1970.
        """
        if host.state() == host_pb2.REBOOT_WHEN_IDLE:
            return True
        return host.isUp() and host.bootTime() > start_time

    @staticmethod
    def rebootFarmSafely(group_size: int, start_time: float | None = None, **options: Any) -> None:
        """Ask on the terminal, then reboot the hosts of a search when idle, group by group, and wait for them.

        Hosts that are down, and those under somebody's desk, are left out.

        Args:
            group_size: How many go at a time; the next group begins when four fifths are back.
            start_time: Seconds since 1970: hosts that booted since are left alone; now when not given.
            options: Options of `opencue.search.HostSearch`.
        """
        from opencue.wrappers import rebooting

        since = time.time() if start_time is None else start_time
        rebooting.reboot_in_groups(group_size, since, options)

    @staticmethod
    def monitorRebootFarm(start_time: float | None, **options: Any) -> None:
        """Wait until every host of a search has rebooted.

        Args:
            start_time: Seconds since 1970 since when it must have; now when None.
            options: Options of `opencue.search.HostSearch`.
        """
        from opencue.wrappers import rebooting

        rebooting.monitor(time.time() if start_time is None else start_time, options)

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)

    def alloc(self) -> str:
        """Return the name of its allocation."""
        return str(self.data.alloc_name)

    def isNimbyEnabled(self) -> bool:
        """Return whether it is somebody's workstation."""
        return bool(self.data.nimby_enabled)

    def isUp(self) -> bool:
        """Return whether it is up."""
        return bool(self.data.state == host_pb2.UP)

    def isLocked(self) -> bool:
        """Return whether it is locked."""
        return bool(self.data.lock_state == host_pb2.LOCKED)

    def isCommented(self) -> bool:
        """Return whether there are comments."""
        return bool(self.data.has_comment)

    def cores(self) -> float:
        """Return its cores."""
        return float(self.data.cores)

    def coresReserved(self) -> float:
        """Return the cores reserved now."""
        return float(self.data.cores - self.data.idle_cores)

    def coresIdle(self) -> float:
        """Return the cores not reserved."""
        return float(self.data.idle_cores)

    def gpus(self) -> float:
        """Return its GPUs."""
        return float(self.data.gpus)

    def mem(self) -> int:
        """Return the memory frames can reserve, in KB."""
        return int(self.data.memory)

    def memReserved(self) -> int:
        """Return the memory reserved now, in KB."""
        return int(self.data.memory - self.data.idle_memory)

    def memIdle(self) -> int:
        """Return the memory not reserved, in KB."""
        return int(self.data.idle_memory)

    def memUsed(self) -> int:
        """Return the memory in use, in KB."""
        return int(self.data.total_memory - self.data.free_memory)

    def memTotal(self) -> int:
        """Return its memory, in KB."""
        return int(self.data.total_memory)

    def memFree(self) -> int:
        """Return the memory not in use, in KB."""
        return int(self.data.free_memory)

    def swapUsed(self) -> int:
        """Return the swap space in use, in KB."""
        return int(self.data.total_swap - self.data.free_swap)

    def swapTotal(self) -> int:
        """Return its swap space, in KB."""
        return int(self.data.total_swap)

    def swapFree(self) -> int:
        """Return the swap space not in use, in KB."""
        return int(self.data.free_swap)

    def mcpUsed(self) -> int:
        """Return the scratch disk space in use, in KB."""
        return int(self.data.total_mcp - self.data.free_mcp)

    def mcpTotal(self) -> int:
        """Return its scratch disk space, in KB."""
        return int(self.data.total_mcp)

    def mcpFree(self) -> int:
        """Return the scratch disk space not in use, in KB."""
        return int(self.data.free_mcp)

    def load(self) -> int:
        """Return the load average times 100."""
        return int(self.data.load)

    def bootTime(self) -> int:
        """Return when it was started: seconds since 1970."""
        return int(self.data.boot_time)

    def pingTime(self) -> int:
        """Return when it last reported: seconds since 1970."""
        return int(self.data.ping_time)

    def pingLast(self) -> int:
        """Return the seconds since it last reported."""
        return int(time.time() - self.data.ping_time)

    def tags(self) -> list[str]:
        """Return the tags."""
        return list(self.data.tags)

    def state(self) -> int:
        """Return the state: a `HardwareState`."""
        return int(self.data.state)

    def lockState(self) -> int:
        """Return whether it is locked: a `LockState`."""
        return int(self.data.lock_state)

    def threadMode(self) -> int:
        """Return how frames get cores: a `ThreadMode`."""
        return int(self.data.thread_mode)

    def os(self) -> str:
        """Return the operating system."""
        return str(self.data.os)


class NestedHost(Host):
    """A host with its procs, as the whiteboard shows it."""

    _MESSAGE = host_pb2.NestedHost

    def _send(self, method: str, /, **fields: Any) -> Any:
        """Call a method of the service about the plain host."""
        return Host(host_pb2.Host(id=self.data.id, name=self.data.name))._send(method, **fields)

    def children(self) -> list[NestedProc]:
        """Return what runs there."""
        return [NestedProc(message) for message in self.data.procs.nested_procs]
