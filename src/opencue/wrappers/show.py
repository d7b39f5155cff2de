"""Shows: the productions jobs belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencue_proto import show_pb2

from opencue.util import id as id_of
from opencue.wrappers.department import Department
from opencue.wrappers.entity import Entity, send
from opencue.wrappers.filter import Filter
from opencue.wrappers.group import Group
from opencue.wrappers.service import Service, ServiceOverride, require_memory_increase
from opencue.wrappers.subscription import Subscription

if TYPE_CHECKING:
    from opencue.wrappers.allocation import Allocation

__all__ = ["Show"]


class Show(Entity):
    """One production."""

    _STUB, _FIELD, _MESSAGE = "show", "show", show_pb2.Show

    def __init__(self, show: Any = None, data: Any = None) -> None:
        super().__init__(show if data is None else data)

    def createOwner(self, user: str) -> Any:
        """Let a user own hosts for this show; return the message, of which `opencue.api.getOwner` makes an `Owner`."""
        return self._send("CreateOwner", name=user).owner

    def createSubscription(self, allocation: Allocation, size: float, burst: float) -> Subscription:
        """Let the show use an allocation.

        Args:
            allocation: The allocation, or its id.
            size: Cores it is entitled to.
            burst: Cores it may use when nobody else does.
        """
        response = self._send(
            "CreateSubscription", allocation_id=id_of(allocation), size=size, burst=burst
        )
        return Subscription(response.subscription)

    def delete(self) -> None:
        """Remove the show."""
        self._send("Delete")

    def archive(self, target_show_name: str) -> None:
        """Close the show and move its history to another."""
        self._send("Archive", target_show_name=target_show_name)

    def createServiceOverride(self, data: Any) -> ServiceOverride:
        """Let the show want a service otherwise.

        Args:
            data: The service as the show wants it: a `Service` or its message.

        Raises:
            MemoryIncreaseError: Its minimum memory increase is not above 0.
        """
        message = data.data if isinstance(data, Service) else data
        require_memory_increase(message)
        response = self._send("CreateServiceOverride", service=message)
        return ServiceOverride(response.service_override)

    def getServiceOverride(self, serviceName: str) -> ServiceOverride:
        """Return what the show wants otherwise of a service."""
        return ServiceOverride(self._send("GetServiceOverride", name=serviceName).service_override)

    def getServiceOverrides(self) -> list[ServiceOverride]:
        """Return what the show wants otherwise of services."""
        return [
            ServiceOverride(message)
            for message in self._send("GetServiceOverrides").service_overrides.service_overrides
        ]

    def getSubscriptions(self) -> list[Subscription]:
        """Return which allocations the show may use."""
        return [
            Subscription(message)
            for message in self._send("GetSubscriptions").subscriptions.subscriptions
        ]

    @staticmethod
    def findSubscription(name: str) -> Subscription:
        """Return the subscription of that name: ``facility.allocation.show``."""
        return Subscription(send("subscription", "Find", name=name).subscription)

    def getFilters(self) -> list[Filter]:
        """Return the filters new jobs go through."""
        return [Filter(message) for message in self._send("GetFilters").filters.filters]

    def setActive(self, value: bool) -> None:
        """Accept jobs, or not."""
        self._send("SetActive", value=value)

    def setDefaultMaxCores(self, maxcores: float) -> None:
        """Set the cores a job gets at most by default."""
        self._send("SetDefaultMaxCores", max_cores=maxcores)

    def setDefaultMinCores(self, mincores: float) -> None:
        """Set the cores a job gets at least by default."""
        self._send("SetDefaultMinCores", min_cores=mincores)

    def setDefaultMaxGpus(self, maxgpus: int) -> None:
        """Set the GPUs a job gets at most by default."""
        self._send("SetDefaultMaxGpus", max_gpus=maxgpus)

    def setDefaultMinGpus(self, mingpus: int) -> None:
        """Set the GPUs a job gets at least by default."""
        self._send("SetDefaultMinGpus", min_gpus=mingpus)

    def setSchedulerManaged(self, value: bool) -> None:
        """Let the scheduler account for the show, or not."""
        self._send("SetSchedulerManaged", enabled=value)

    def schedulerManaged(self) -> bool:
        """Return whether the scheduler accounts for the show."""
        return bool(self.data.scheduler_managed)

    def findFilter(self, name: str) -> Filter:
        """Return the filter of that name."""
        return Filter(self._send("FindFilter", name=name).filter)

    def createFilter(self, name: str) -> Filter:
        """Create a filter."""
        return Filter(self._send("CreateFilter", name=name).filter)

    def getDepartment(self, department: str) -> Department:
        """Return the department of that name."""
        return Department(self._send("GetDepartment", department=department).department)

    def getDepartments(self) -> list[Department]:
        """Return the departments."""
        return [
            Department(message) for message in self._send("GetDepartments").departments.departments
        ]

    def getGroups(self) -> list[Group]:
        """Return the groups of jobs."""
        return [Group(message) for message in self._send("GetGroups").groups.groups]

    def getJobWhiteboard(self, fresh: bool = False) -> Any:
        """Return the tree of groups and jobs.

        Args:
            fresh: Take no cached tree.
        """
        return self._send("GetJobWhiteboard", fresh=fresh).whiteboard

    def getRootGroup(self) -> Group:
        """Return the group all others are in."""
        return Group(self._send("GetRootGroup").group)

    def enableBooking(self, value: bool) -> None:
        """Let hosts take work of this show, or not."""
        self._send("EnableBooking", enabled=value)

    def enableDispatching(self, value: bool) -> None:
        """Let frames of this show start, or not."""
        self._send("EnableDispatching", enabled=value)

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)

    def isActive(self) -> bool:
        """Return whether it accepts jobs."""
        return bool(self.data.active)

    def pendingJobs(self) -> int:
        """Return how many jobs have not ended."""
        return int(self.data.show_stats.pending_jobs)

    def pendingFrames(self) -> int:
        """Return how many frames have yet to start."""
        return int(self.data.show_stats.pending_frames)

    def runningFrames(self) -> int:
        """Return how many frames run."""
        return int(self.data.show_stats.running_frames)

    def deadFrames(self) -> int:
        """Return how many frames failed for good."""
        return int(self.data.show_stats.dead_frames)

    def reservedCores(self) -> float:
        """Return the cores reserved now."""
        return float(self.data.show_stats.reserved_cores)

    def defaultMinProcs(self) -> float:
        """Return the cores a job gets at least by default."""
        return float(self.data.default_min_cores)

    def defaultMaxProcs(self) -> float:
        """Return the cores a job gets at most by default."""
        return float(self.data.default_max_cores)

    def defaultMinCores(self) -> float:
        """Return the cores a job gets at least by default."""
        return float(self.data.default_min_cores)

    def defaultMaxCores(self) -> float:
        """Return the cores a job gets at most by default."""
        return float(self.data.default_max_cores)

    def totalJobsCreated(self) -> int:
        """Return how many jobs were ever submitted."""
        return int(self.data.show_stats.created_job_count)

    def totalFramesCreated(self) -> int:
        """Return how many frames were ever submitted."""
        return int(self.data.show_stats.created_frame_count)
