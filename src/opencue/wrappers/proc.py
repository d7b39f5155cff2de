"""Procs: frames running on hosts, with the cores and memory they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencue_proto import host_pb2

from opencue.util import id as id_of
from opencue.wrappers.entity import Entity, enum_of

if TYPE_CHECKING:
    from opencue.wrappers.frame import Frame
    from opencue.wrappers.group import Group
    from opencue.wrappers.host import Host
    from opencue.wrappers.job import Job
    from opencue.wrappers.layer import Layer

__all__ = ["NestedProc", "Proc"]


class Proc(Entity):
    """One frame running on one host."""

    _STUB, _FIELD, _MESSAGE = "proc", "proc", host_pb2.Proc

    RedirectType = enum_of(host_pb2.RedirectType)
    RunState = enum_of(host_pb2.RunState)

    def __init__(self, proc: Any = None, data: Any = None) -> None:
        super().__init__(proc if data is None else data)

    def kill(self) -> None:
        """Kill the frame."""
        self._send("Kill")

    def unbook(self, kill: bool = False) -> None:
        """Give the cores back when the frame ends, or at once by killing it."""
        self._send("Unbook", kill=kill)

    def redirectToJob(self, job: Job, kill: bool = False) -> bool:
        """Give the cores to a job; return whether that was possible."""
        return bool(self._send("RedirectToJob", job_id=id_of(job), kill=kill).value)

    def redirectToGroup(self, group: Group, kill: bool = False) -> bool:
        """Give the cores to a group; return whether that was possible."""
        return bool(self._send("RedirectToGroup", group_id=id_of(group), kill=kill).value)

    def getHost(self) -> Host:
        """Return the host."""
        from opencue.wrappers.host import Host

        return Host(self._send("GetHost").host)

    def getFrame(self) -> Frame:
        """Return the frame."""
        from opencue.wrappers.frame import Frame

        return Frame(self._send("GetFrame").frame)

    def getLayer(self) -> Layer:
        """Return the layer."""
        from opencue.wrappers.layer import Layer

        return Layer(self._send("GetLayer").layer)

    def getJob(self) -> Job:
        """Return the job."""
        from opencue.wrappers.job import Job

        return Job(self._send("GetJob").job)

    def name(self) -> str:
        """Return the name: ``host/cores/gpus``."""
        return str(self.data.name)

    def jobName(self) -> str:
        """Return the name of the job."""
        return str(self.data.job_name)

    def frameName(self) -> str:
        """Return the name of the frame."""
        return str(self.data.frame_name)

    def showName(self) -> str:
        """Return the name of the show."""
        return str(self.data.show_name)

    def coresReserved(self) -> float:
        """Return the cores it holds."""
        return float(self.data.reserved_cores)

    def memReserved(self) -> int:
        """Return the memory it holds, in KB."""
        return int(self.data.reserved_memory)

    def memUsed(self) -> int:
        """Return the memory it uses, in KB."""
        return int(self.data.used_memory)

    def bookedTime(self) -> int:
        """Return when it got its cores: seconds since 1970."""
        return int(self.data.bookedTime)

    def dispatchTime(self) -> int:
        """Return when the frame started: seconds since 1970."""
        return int(self.data.dispatch_time)

    def isUnbooked(self) -> bool:
        """Return whether the cores go back when the frame ends."""
        return bool(self.data.unbooked)

    def logPath(self) -> str:
        """Return the path of the frame's log."""
        return str(self.data.log_path)


class NestedProc(Proc):
    """A proc inside its host, as the whiteboard shows it."""

    _MESSAGE = host_pb2.NestedProc

    def __init__(self, nestedProc: Any = None, data: Any = None) -> None:
        super().__init__(nestedProc if data is None else data)

    def _send(self, method: str, /, **fields: Any) -> Any:
        """Call a method of the service about the plain proc."""
        return Proc(host_pb2.Proc(id=self.data.id, name=self.data.name))._send(method, **fields)

    def children(self) -> list[Any]:
        """Return nothing: procs are the leaves of the tree."""
        return []
