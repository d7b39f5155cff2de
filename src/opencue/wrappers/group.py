"""Groups: jobs of a show that share limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from opencue_proto import job_pb2

from opencue.wrappers.entity import Entity, message_of

if TYPE_CHECKING:
    from opencue.wrappers.job import Job

__all__ = ["Group", "NestedGroup"]


class Group(Entity):
    """A group of jobs and of further groups."""

    _STUB, _FIELD, _MESSAGE = "group", "group", job_pb2.Group

    def __init__(self, group: Any = None, data: Any = None) -> None:
        super().__init__(group if data is None else data)

    def createSubGroup(self, name: str) -> Group:
        """Create a group inside this one."""
        return Group(self._send("CreateSubGroup", name=name).group)

    def delete(self) -> None:
        """Remove the group."""
        self._send("Delete")

    def setName(self, name: str) -> None:
        """Rename the group."""
        self._send("SetName", name=name)

    def setMaxCores(self, value: float) -> None:
        """Set the cores its jobs get at most together."""
        self._send("SetMaxCores", max_cores=value)

    def setMinCores(self, value: float) -> None:
        """Set the cores its jobs get at least together."""
        self._send("SetMinCores", min_cores=value)

    def setMaxGpus(self, value: int) -> None:
        """Set the GPUs its jobs get at most together."""
        self._send("SetMaxGpus", max_gpus=value)

    def setMinGpus(self, value: int) -> None:
        """Set the GPUs its jobs get at least together."""
        self._send("SetMinGpus", min_gpus=value)

    def setDefaultJobPriority(self, value: int) -> None:
        """Set the priority jobs get when they join."""
        self._send("SetDefaultJobPriority", priority=value)

    def setDefaultJobMinCores(self, value: float) -> None:
        """Set the least cores jobs get when they join."""
        self._send("SetDefaultJobMinCores", min_cores=value)

    def setDefaultJobMaxCores(self, value: float) -> None:
        """Set the most cores jobs get when they join."""
        self._send("SetDefaultJobMaxCores", max_cores=value)

    def setDefaultJobMinGpus(self, value: int) -> None:
        """Set the least GPUs jobs get when they join."""
        self._send("SetDefaultJobMinGpus", min_gpus=value)

    def setDefaultJobMaxGpus(self, value: int) -> None:
        """Set the most GPUs jobs get when they join."""
        self._send("SetDefaultJobMaxGpus", max_gpus=value)

    def getGroups(self) -> list[Group]:
        """Return the groups inside."""
        return [Group(message) for message in self._send("GetGroups").groups.groups]

    def getJobs(self) -> list[Job]:
        """Return the jobs inside."""
        from opencue.wrappers.job import Job

        return [Job(message) for message in self._send("GetJobs").jobs.jobs]

    def reparentJobs(self, jobs: Iterable[Job]) -> None:
        """Move jobs into this group."""
        plain = [job.asJob() if hasattr(job, "asJob") else job for job in jobs]
        self._send("ReparentJobs", jobs={"jobs": [message_of(job) for job in plain]})

    def reparentGroups(self, groups: Iterable[Group]) -> None:
        """Move groups into this group."""
        self._send("ReparentGroups", groups={"groups": [message_of(group) for group in groups]})

    def reparentGroupIds(self, groupIds: Iterable[str]) -> None:
        """Move groups, given by id, into this group."""
        self._send("ReparentGroups", groups={"groups": [{"id": found} for found in groupIds]})

    def setDepartment(self, name: str) -> None:
        """Set the department."""
        self._send("SetDepartment", dept=name)

    def setGroup(self, parentGroup: Group) -> None:
        """Move this group into another."""
        self._send("SetGroup", parent_group=message_of(parentGroup))

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)

    def department(self) -> str:
        """Return the department."""
        return str(self.data.department)

    def defaultJobPriority(self) -> int:
        """Return the priority jobs get when they join."""
        return int(self.data.default_job_priority)

    def defaultJobMinCores(self) -> float:
        """Return the least cores jobs get when they join."""
        return float(self.data.default_job_min_cores)

    def defaultJobMaxCores(self) -> float:
        """Return the most cores jobs get when they join."""
        return float(self.data.default_job_max_cores)

    def maxCores(self) -> float:
        """Return the cores its jobs get at most together."""
        return float(self.data.max_cores)

    def minCores(self) -> float:
        """Return the cores its jobs get at least together."""
        return float(self.data.min_cores)

    @property
    def _stats(self) -> Any:
        """The message with the counts."""
        return self.data.group_stats

    def reservedCores(self) -> float:
        """Return the cores reserved now."""
        return float(self._stats.reserved_cores)

    def totalRunning(self) -> int:
        """Return how many frames run."""
        return int(self._stats.running_frames)

    def totalDead(self) -> int:
        """Return how many frames failed for good."""
        return int(self._stats.dead_frames)

    def totalPending(self) -> int:
        """Return how many frames have yet to start."""
        return int(self._stats.waiting_frames + self._stats.depend_frames)

    def pendingJobs(self) -> int:
        """Return how many jobs have not ended."""
        return int(self._stats.pending_jobs)


class NestedGroup(Group):
    """A group inside the tree of a show."""

    _MESSAGE = job_pb2.NestedGroup

    @property
    def _stats(self) -> Any:
        """The message with the counts."""
        return self.data.stats

    def _send(self, method: str, /, **fields: Any) -> Any:
        """Call a method of the service about the plain group."""
        return self.asGroup()._send(method, **fields)

    def children(self) -> list[NestedGroup]:
        """Return the groups inside."""
        return [NestedGroup(message) for message in self.data.groups.nested_groups]

    def inlineJobs(self) -> list[Job]:
        """Return the jobs inside that came with the tree."""
        from opencue.wrappers.job import Job

        return [Job(message) for message in self.data.inline_jobs]

    def asGroup(self) -> Group:
        """Return the plain group."""
        names = set(job_pb2.Group.DESCRIPTOR.fields_by_name)
        shared = names & {field.name for field, _ in self.data.ListFields()}
        group = job_pb2.Group(**{name: getattr(self.data, name) for name in shared})
        group.group_stats.CopyFrom(self.data.stats)
        return Group(group)

    def hasParent(self) -> bool:
        """Return whether it is inside another group."""
        return bool(self.data.HasField("parent"))
