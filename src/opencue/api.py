"""Everything one can ask a server for, as plain functions.

Scripts written for pycue look for all of them in this one module, which is why it is so long.
All of them raise `opencue.exception.CueException` when the server refuses or does not answer.
Long because: pycue has all of them in this one module, each a few lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opencue_proto import (
    comment_pb2,
    criterion_pb2,
    cue_pb2,
    department_pb2,
    depend_pb2,
    facility_pb2,
    filter_pb2,
    host_pb2,
    job_pb2,
    limit_pb2,
    renderPartition_pb2,
    report_pb2,
    service_pb2,
    show_pb2,
    subscription_pb2,
    task_pb2,
)

from opencue import farm, search
from opencue.exception import EntityNotFoundException, LaunchRefusedException
from opencue.naming import jobs as naming
from opencue.stock import launching, lost_launch
from opencue.util import id as _id_of
from opencue.wrappers.allocation import Allocation
from opencue.wrappers.comment import Comment
from opencue.wrappers.deed import Deed
from opencue.wrappers.department import Department
from opencue.wrappers.depend import Depend
from opencue.wrappers.entity import message_of, send
from opencue.wrappers.filter import Action, Filter, Matcher
from opencue.wrappers.frame import Frame, frames_from
from opencue.wrappers.group import Group, NestedGroup
from opencue.wrappers.host import Host, NestedHost
from opencue.wrappers.job import Job, NestedJob
from opencue.wrappers.layer import Layer
from opencue.wrappers.limit import Limit
from opencue.wrappers.owner import Owner
from opencue.wrappers.proc import NestedProc, Proc
from opencue.wrappers.render_partition import RenderPartition
from opencue.wrappers.service import Service, ServiceOverride
from opencue.wrappers.show import Show
from opencue.wrappers.subscription import Subscription
from opencue.wrappers.task import Task

__all__ = [
    "Action",
    "Allocation",
    "Comment",
    "Deed",
    "Department",
    "Depend",
    "DependType",
    "Filter",
    "Frame",
    "Group",
    "Host",
    "Job",
    "Layer",
    "Limit",
    "Matcher",
    "NestedGroup",
    "NestedHost",
    "NestedJob",
    "NestedProc",
    "Owner",
    "Proc",
    "RenderPartition",
    "Service",
    "ServiceOverride",
    "Show",
    "Subscription",
    "Task",
    "addDepartmentName",
    "allocSetBillable",
    "allocSetName",
    "allocSetTag",
    "buildLimitReport",
    "clearLimitBindings",
    "comment_pb2",
    "createAllocation",
    "createFacility",
    "createLimit",
    "createService",
    "createShow",
    "criterion_pb2",
    "cue_pb2",
    "deleteAllocation",
    "deleteFacility",
    "deleteShow",
    "department_pb2",
    "depend_pb2",
    "facility_pb2",
    "filter_pb2",
    "findAllocation",
    "findFilter",
    "findFrame",
    "findGroup",
    "findHost",
    "findJob",
    "findLayer",
    "findLimit",
    "findShow",
    "findSubscription",
    "getActiveShows",
    "getAllocation",
    "getAllocations",
    "getDefaultAllocation",
    "getDefaultServices",
    "getDepartmentNames",
    "getDepend",
    "getFacility",
    "getFrame",
    "getFrames",
    "getGroup",
    "getHost",
    "getHostWhiteboard",
    "getHosts",
    "getJob",
    "getJobNames",
    "getJobs",
    "getLayer",
    "getLimitBindings",
    "getLimitHolds",
    "getLimits",
    "getOwner",
    "getProcs",
    "getService",
    "getShows",
    "getSubscription",
    "getSystemStats",
    "host_pb2",
    "isJobPending",
    "job_pb2",
    "launchSpec",
    "launchSpecAndWait",
    "limit_pb2",
    "removeDepartmentName",
    "renameFacility",
    "renderPartition_pb2",
    "reportLimitUsage",
    "report_pb2",
    "service_pb2",
    "setDefaultAllocation",
    "show_pb2",
    "subscription_pb2",
    "task_pb2",
]

DependType = Depend.DependType

# Services, facilities, departments


def getSystemStats() -> Any:
    """Return the server's own counters."""
    return send("cue", "GetSystemStats").stats


def getDefaultServices() -> list[Service]:
    """Return the services of the whole farm."""
    return Service.getDefaultServices()


def getService(name: str) -> Service | None:
    """Return the service of that name, or None."""
    return Service.getService(name)


def createService(data: Any) -> Service:
    """Create a service.

    Args:
        data: The service to create: a `Service` or its message.
    """
    return Service(message_of(data)).create()


def createFacility(name: str) -> Any:
    """Create a facility and return its message."""
    return send("facility", "Create", name=name).facility


def getFacility(name: str) -> Any:
    """Return the message of the facility of that name."""
    return send("facility", "Get", name=name).facility


def renameFacility(facility: Any, new_name: str) -> None:
    """Rename a facility, given by message."""
    send("facility", "Rename", facility=facility, new_name=new_name)


def deleteFacility(name: str) -> None:
    """Remove the facility of that name."""
    send("facility", "Delete", name=name)


def getDepartmentNames() -> list[str]:
    """Return the names of the departments."""
    return list(send("department", "GetDepartmentNames").names)


def addDepartmentName(name: str) -> None:
    """Add a department."""
    send("department", "AddDepartmentName", name=name)


def removeDepartmentName(name: str) -> None:
    """Remove a department."""
    send("department", "RemoveDepartmentName", name=name)


# Shows and groups


def createShow(show: str) -> Show:
    """Create a show."""
    return Show(send("show", "CreateShow", name=show).show)


def deleteShow(show_id: str) -> None:
    """Remove the show of that id."""
    send("show", "Delete", show={"id": _id_of(show_id)})


def getShows() -> list[Show]:
    """Return all shows."""
    return [Show(message) for message in send("show", "GetShows").shows.shows]


def getActiveShows() -> list[Show]:
    """Return the shows that accept jobs."""
    return [Show(message) for message in send("show", "GetActiveShows").shows.shows]


def findShow(name: str) -> Show:
    """Return the show of that name."""
    return Show(send("show", "FindShow", name=name).show)


def findGroup(show: str, group: str) -> Group:
    """Return the group of that name in a show."""
    return Group(send("group", "FindGroup", show=show, name=group).group)


def getGroup(uniq: str) -> Group:
    """Return the group of that id."""
    return Group(send("group", "GetGroup", id=_id_of(uniq)).group)


def findFilter(show_name: str, filter_name: str) -> Filter:
    """Return the filter of that name in a show."""
    return Filter(send("filter", "FindFilter", show=show_name, name=filter_name).filter)


# Jobs, layers, frames, dependencies


def findJob(name: str) -> Job:
    """Return the job of that name, pending or ended: full, short or as the script spelled it, or an id.

    Raises:
        EntityNotFoundException: There is none.
        AmbiguousNameException: Several jobs have that short name, or begin with that id.
    """
    try:
        return Job(send("job", "FindJob", name=name).job)
    except EntityNotFoundException as refusal:
        return _job_named(name, refusal)


def _job_named(name: str, refusal: EntityNotFoundException) -> Job:
    """Return a job that the server did not find: a stock Cuebot finds pending ones by full names only."""
    if farm.is_cuelet():
        raise refusal
    return naming.find_job(name)


def getJob(uniq: str) -> Job:
    """Return the job of that id."""
    return Job(send("job", "GetJob", id=_id_of(uniq)).job)


def getJobs(**options: Any) -> list[Job]:
    """Return the jobs a search finds: pending ones, unless ``include_finished=True``.

    Args:
        options: Options of `opencue.search.JobSearch`.
    """
    return [Job(message) for message in search.JobSearch.byOptions(**options).jobs.jobs]


def getJobNames(**options: Any) -> list[str]:
    """Return the names of the jobs a search finds.

    Args:
        options: Options of `opencue.search.JobSearch`.
    """
    criteria = search.JobSearch.criteriaFromOptions(**options)
    return list(send("job", "GetJobNames", r=criteria).names)


def isJobPending(name: str) -> bool:
    """Return whether a job of that name, in any spelling, has not ended."""
    return bool(send("job", "IsJobPending", name=name).value) or naming.has_pending(name)


def launchSpec(spec: str) -> list[str]:
    """Submit a job description; return the names of its jobs, which may not exist yet."""
    return list(_launched("LaunchSpec", spec).names)


def _launched(method: str, spec: str, timeout_s: float | None = None) -> Any:
    """Return the answer to a launch; a refusal that names nothing is told with what it is about."""
    try:
        return send("job", method, timeout_s=timeout_s, spec=spec)
    except LaunchRefusedException as refusal:
        raise launching.named(refusal, spec) from None


def launchSpecAndWait(spec: str, timeout_s: float | None = None) -> list[Job]:
    """Submit a job description; return its jobs.

    When the answer of a stock Cuebot is lost, the job is looked for, and sent once more where it is not there.

    Args:
        spec: The description.
        timeout_s: How long to wait for the answer; None: two minutes, or as long as for any call.

    Raises:
        LaunchUnknownException: The answer is lost, and whether the server has the job cannot be told.
    """

    def launch() -> list[Any]:
        return list(_launched("LaunchSpecAndWait", spec, timeout_s).jobs.jobs)

    return [Job(message) for message in lost_launch.launched_jobs(spec, launch)]


def findLayer(job: str, layer: str) -> Layer:
    """Return the layer of that name in the job of that name, pending or ended; see `findJob`."""
    try:
        return Layer(send("layer", "FindLayer", job=job, layer=layer).layer)
    except EntityNotFoundException as refusal:
        return _job_named(job, refusal).getLayer(layer)


def getLayer(uniq: str) -> Layer:
    """Return the layer of that id."""
    return Layer(send("layer", "GetLayer", id=_id_of(uniq)).layer)


def findFrame(job: str, layer: str, number: int) -> Frame:
    """Return the frame of that number in a layer of a job, pending or ended, both given by name; see `findJob`."""
    try:
        return Frame(send("frame", "FindFrame", job=job, layer=layer, frame=number).frame)
    except EntityNotFoundException as refusal:
        return naming.find_frame(_job_named(job, refusal), layer, number)


def getFrame(uniq: str) -> Frame:
    """Return the frame of that id."""
    return Frame(send("frame", "GetFrame", id=_id_of(uniq)).frame)


def getFrames(job: str, **options: Any) -> list[Frame]:
    """Return the frames of a job, given by name: all, unless ``limit`` or ``page`` is given.

    Args:
        job: The name of the job.
        options: Options of `opencue.search.FrameSearch`.
    """
    try:
        found = search.all_frames(
            lambda criteria: send("frame", "GetFrames", job=job, r=criteria), options
        )
    except EntityNotFoundException as refusal:
        return _job_named(job, refusal).getFrames(**options)
    return frames_from(found)


def getDepend(uniq: str) -> Depend:
    """Return the dependency of that id."""
    return Depend(send("depend", "GetDepend", id=_id_of(uniq)).depend)


# Hosts, procs, owners


def getHostWhiteboard() -> list[NestedHost]:
    """Return all hosts with what runs on them."""
    response = send("host", "GetHostWhiteboard")
    return [NestedHost(message) for message in response.nested_hosts.nested_hosts]


def getHosts(**options: Any) -> list[Host]:
    """Return the hosts a search finds.

    Args:
        options: Options of `opencue.search.HostSearch`.
    """
    return search.HostSearch.byOptions(**options)


def findHost(name: str) -> Host:
    """Return the host of that name."""
    return Host(send("host", "FindHost", name=name).host)


def getHost(uniq: str) -> Host:
    """Return the host of that id."""
    return Host(send("host", "GetHost", id=_id_of(uniq)).host)


def getOwner(owner_id: str) -> Owner:
    """Return the owner of that name."""
    return Owner(send("owner", "GetOwner", name=owner_id).owner)


def getProcs(**options: Any) -> list[Proc]:
    """Return the procs a search finds.

    Args:
        options: Options of `opencue.search.ProcSearch`.
    """
    return [Proc(message) for message in search.ProcSearch.byOptions(**options).procs.procs]


# Allocations and subscriptions


def createAllocation(name: str, tag: str, facility: Any) -> Allocation:
    """Create an allocation.

    Args:
        name: Its name, without the facility.
        tag: The tag its hosts carry.
        facility: The message of its facility.
    """
    response = send("allocation", "Create", name=name, tag=tag, facility=facility)
    return Allocation(response.allocation)


def getAllocations() -> list[Allocation]:
    """Return all allocations."""
    response = send("allocation", "GetAll")
    return [Allocation(message) for message in response.allocations.allocations]


def findAllocation(name: str) -> Allocation:
    """Return the allocation of that name: ``facility.allocation``."""
    return Allocation(send("allocation", "Find", name=name).allocation)


def getAllocation(allocId: str) -> Allocation:
    """Return the allocation of that id."""
    return Allocation(send("allocation", "Get", id=_id_of(allocId)).allocation)


def deleteAllocation(alloc: Any) -> None:
    """Remove an allocation."""
    send("allocation", "Delete", allocation=message_of(alloc))


def getDefaultAllocation() -> Allocation:
    """Return the allocation new hosts go to."""
    return Allocation(send("allocation", "GetDefault").allocation)


def setDefaultAllocation(alloc: Any) -> None:
    """Let new hosts go to an allocation."""
    send("allocation", "SetDefault", allocation=message_of(alloc))


def allocSetBillable(alloc: Any, is_billable: bool) -> None:
    """Charge the use of an allocation, or not."""
    send("allocation", "SetBillable", allocation=message_of(alloc), value=is_billable)


def allocSetName(alloc: Any, name: str) -> None:
    """Rename an allocation; the name without the facility."""
    send("allocation", "SetName", allocation=message_of(alloc), name=name)


def allocSetTag(alloc: Any, tag: str) -> None:
    """Set the tag the hosts of an allocation carry."""
    send("allocation", "SetTag", allocation=message_of(alloc), tag=tag)


def getSubscription(uniq: str) -> Subscription:
    """Return the subscription of that id."""
    return Subscription(send("subscription", "Get", id=_id_of(uniq)).subscription)


def findSubscription(name: str) -> Subscription:
    """Return the subscription of that name: ``facility.allocation.show``."""
    return Subscription(send("subscription", "Find", name=name).subscription)


# Limits


def createLimit(
    name: str,
    maxValue: int,
    limitType: int = limit_pb2.FRAME,
    enforcement: int = limit_pb2.ENFORCED,
    softValue: int = -1,
    exitStatus: int = 0,
    delayMinutes: int = 0,
    autoTag: bool = True,
) -> Limit:
    """Create a limit.

    Args:
        name: Its name.
        maxValue: How many may use it at a time.
        limitType: What it counts.
        enforcement: How strict it is.
        softValue: The value from which it warns; -1 for none.
        exitStatus: The exit status that says a frame failed for want of it.
        delayMinutes: How long such a frame waits.
        autoTag: Whether the layer of such a frame gets the limit.
    """
    return Limit(
        limit_pb2.Limit(
            name=name,
            max_value=maxValue,
            type=limitType,
            enforcement=enforcement,
            soft_value=softValue,
            exit_status=exitStatus,
            delay_minutes=delayMinutes,
            auto_tag=autoTag,
        )
    ).create()


def getLimits() -> list[Limit]:
    """Return all limits."""
    return [Limit(message) for message in send("limit", "GetAll").limits]


def findLimit(name: str) -> Limit:
    """Return the limit of that name."""
    return Limit(send("limit", "Find", name=name).limit)


def getLimitHolds(limitName: str | None = None, hostName: str | None = None) -> list[Any]:
    """Return who holds limits: one or all, on one host or all."""
    found = send("limit", "GetHolds", limit_name=limitName or "", host_name=hostName or "")
    return list(found.holds)


def getLimitBindings(
    limitName: str, sources: Sequence[int] | None = None, layerIds: Sequence[str] | None = None
) -> list[Any]:
    """Return which layers carry a limit, and how they came to."""
    return Limit(limit_pb2.Limit(name=limitName)).bindings(sources, layerIds)


def clearLimitBindings(limitName: str, sources: Sequence[int]) -> int:
    """Take a limit from the layers that got it in one of these ways; return from how many."""
    return Limit(limit_pb2.Limit(name=limitName)).clearBindings(sources)


def reportLimitUsage(reports: Sequence[Any], source: str) -> Any:
    """Report the use of limits outside the farm.

    Args:
        reports: Messages as `buildLimitReport` makes them.
        source: Who reports.
    """
    return send("limit", "ReportUsage", reports=reports, source=source)


def buildLimitReport(
    limit_name: str,
    host_tokens: Mapping[str, Any],
    total_licenses: int = 0,
    capture_time: int = 0,
) -> Any:
    """Return a report of the use of a limit outside the farm.

    Args:
        limit_name: The limit.
        host_tokens: Host name to how many it uses, or to a pair of that and the user.
        total_licenses: How many there are; 0 for unknown.
        capture_time: When it was measured: seconds since 1970; 0 for now.
    """
    report = limit_pb2.LimitReport(
        limit_name=limit_name, total_licenses=total_licenses, capture_time=capture_time
    )
    for host, used in host_tokens.items():
        tokens, user = used if isinstance(used, tuple) else (used, "")
        report.hosts.add(host_name=host, tokens=tokens, user=user)
    return report
