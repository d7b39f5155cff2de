"""Recorded calls as a user of `opencue` makes them: through its functions, wrappers and searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import opencue
from opencue import api
from opencue.search import FrameSearch, HostSearch, JobSearch, ProcSearch
from opencue.wrappers.allocation import Allocation
from opencue.wrappers.comment import Comment
from opencue.wrappers.deed import Deed
from opencue.wrappers.department import Department
from opencue.wrappers.depend import Depend
from opencue.wrappers.filter import Action, Filter, Matcher
from opencue.wrappers.frame import Frame
from opencue.wrappers.group import Group
from opencue.wrappers.host import Host
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer
from opencue.wrappers.limit import Limit
from opencue.wrappers.owner import Owner
from opencue.wrappers.proc import Proc
from opencue.wrappers.render_partition import RenderPartition
from opencue.wrappers.service import Service, ServiceOverride
from opencue.wrappers.show import Show
from opencue.wrappers.subscription import Subscription
from opencue.wrappers.task import Task

Request = Any
Calls = dict[str, Callable[[Request], Any]]

_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Action, Allocation, Comment, Deed, Department, Depend, Filter, Frame, Group, Host, Job, Layer,
        Limit, Matcher, Owner, Proc, RenderPartition, Service, ServiceOverride, Show, Subscription, Task,
    )
}  # fmt: skip
_POINTS = 100
"""Hundredths of a core, in which `Layer.setMinCores` counts."""


def _options(**names: str) -> Callable[[Any], dict[str, Any]]:
    """Return what makes the options of a search out of a criteria message."""

    def options(criteria: Any) -> dict[str, Any]:
        found = {}
        for field, value in criteria.ListFields():
            inner = value
            if field.message_type is not None and hasattr(value, "ListFields"):
                (inner,) = (part for _, part in value.ListFields())
            found[names.get(field.name, field.name)] = (
                list(inner) if hasattr(inner, "append") else inner
            )
        return found

    return options


_of_jobs = _options(
    ids="id", jobs="job", users="user", shots="shot", shows="show", substr="substr", regex="regex"
)
_of_hosts = _options(ids="id", hosts="host", allocs="alloc", states="state")
_of_procs = _options(
    hosts="host", jobs="job", layers="layer", shows="show", allocs="alloc", first_result="offset"
)
_frame_names = _options(
    ids="id", frames="name", layers="layer", states="state", frame_range="range",
    memory_range="memory", duration_range="duration", max_results="limit",
)  # fmt: skip


def _of_frames(criteria: Any) -> dict[str, Any]:
    alone = type(criteria)()
    alone.CopyFrom(criteria)
    if alone.limit:
        alone.max_results = 0  # one option stands for both
    return {"page": 1, "limit": 500, **_frame_names(alone)}


def _partition(thing: Any, r: Request) -> Any:
    """Reserve part of a host; a job takes GPUs before their memory."""
    gpus = (r.max_gpus, r.max_gpu_memory)
    ordered = gpus if isinstance(thing, Job) else reversed(gpus)
    return thing.addRenderPartition(r.host, r.threads, r.max_cores, r.max_memory, *ordered)


CALLS: Calls = {
    "Cue/GetSystemStats": lambda r: api.getSystemStats(),
    "Facility/Create": lambda r: api.createFacility(r.name),
    "Facility/Delete": lambda r: api.deleteFacility(r.name),
    "Facility/Get": lambda r: api.getFacility(r.name),
    "Facility/Rename": lambda r: api.renameFacility(r.facility, r.new_name),
    "Department/AddDepartmentName": lambda r: api.addDepartmentName(r.name),
    "Department/GetDepartmentNames": lambda r: api.getDepartmentNames(),
    "Department/RemoveDepartmentName": lambda r: api.removeDepartmentName(r.name),
    "Department/AddTasks": lambda r: Department(r.department).addTasks(dict(r.tmap)),
    "Department/ReplaceTasks": lambda r: Department(r.department).replaceTasks(dict(r.tmap)),
    "Show/CreateShow": lambda r: api.createShow(r.name),
    "Show/Delete": lambda r: Show(r.show).delete(),
    "Show/FindShow": lambda r: api.findShow(r.name),
    "Show/GetActiveShows": lambda r: api.getActiveShows(),
    "Show/GetShows": lambda r: api.getShows(),
    "Show/Archive": lambda r: Show(r.show).archive(r.target_show_name),
    "Show/CreateSubscription": lambda r: Show(r.show).createSubscription(
        r.allocation_id, r.size, r.burst
    ),
    "Group/FindGroup": lambda r: api.findGroup(r.show, r.name),
    "Group/GetGroup": lambda r: api.getGroup(r.id),
    "Group/ReparentGroups": lambda r: Group(r.group).reparentGroups(
        [Group(each) for each in r.groups.groups]
    ),
    "Group/ReparentJobs": lambda r: Group(r.group).reparentJobs(
        [Job(each) for each in r.jobs.jobs]
    ),
    "Group/SetGroup": lambda r: Group(r.group).setGroup(Group(r.parent_group)),
    "Filter/FindFilter": lambda r: api.findFilter(r.show, r.name),
    "Filter/CreateMatcher": lambda r: Filter(r.filter).createMatcher(
        r.data.subject, r.data.type, r.data.input
    ),
    "Filter/RunFilterOnJobs": lambda r: Filter(r.filter).runFilterOnJobs(
        [Job(each) for each in r.jobs.jobs]
    ),
    "Job/FindJob": lambda r: api.findJob(r.name),
    "Job/GetJob": lambda r: api.getJob(r.id),
    "Job/GetJobs": lambda r: JobSearch(**_of_jobs(r.r)).search(),
    "Job/GetJobNames": lambda r: api.getJobNames(**_of_jobs(r.r)),
    "Job/IsJobPending": lambda r: api.isJobPending(r.name),
    "Job/LaunchSpec": lambda r: api.launchSpec(r.spec),
    "Job/LaunchSpecAndWait": lambda r: api.launchSpecAndWait(r.spec),
    "Job/GetFrames": lambda r: Job(r.job).getFrames(**_of_frames(r.req)),
    "Job/KillFrames": lambda r: Job(r.job).killFrames(
        username=r.username, pid=r.pid, host_kill=r.host_kill, reason=r.reason, **_of_frames(r.req)
    ),
    "Job/EatFrames": lambda r: Job(r.job).eatFrames(**_of_frames(r.req)),
    "Job/RetryFrames": lambda r: Job(r.job).retryFrames(**_of_frames(r.req)),
    "Job/MarkDoneFrames": lambda r: Job(r.job).markdoneFrames(**_of_frames(r.req)),
    "Job/MarkAsWaiting": lambda r: Job(r.job).markAsWaiting(**_of_frames(r.req)),
    "Job/Kill": lambda r: Job(r.job).kill(r.username, r.pid, r.host_kill, r.reason),
    "Job/AddComment": lambda r: Job(r.job).addComment(r.new_comment.subject, r.new_comment.message),
    "Job/SetGroup": lambda r: Job(r.job).setGroup(Group(_with_id(Group, r.group_id))),
    "Job/GetUpdatedFrames": lambda r: Job(r.job).getUpdatedFrames(
        r.last_check, [Layer(each) for each in r.layer_filter.layers]
    ),
    "Job/AddRenderPartition": lambda r: _partition(Job(r.job), r),
    "Layer/AddRenderPartition": lambda r: _partition(Layer(r.layer), r),
    "Frame/AddRenderPartition": lambda r: _partition(Frame(r.frame), r),
    "Layer/CreateFrameByFrameDependency": lambda r: Layer(r.layer).createFrameByFrameDependency(
        Layer(r.depend_layer)
    ),
    "Frame/SetFrameStateDisplayOverride": lambda r: Frame(r.frame).setFrameStateDisplayOverride(
        r.override.state,
        r.override.text,
        (r.override.color.red, r.override.color.green, r.override.color.blue),
    ),
    "Layer/FindLayer": lambda r: api.findLayer(r.job, r.layer),
    "Layer/GetLayer": lambda r: api.getLayer(r.id),
    "Layer/GetFrames": lambda r: Layer(r.layer).getFrames(**_of_frames(r.s)),
    "Layer/GetLimits": lambda r: Layer(r.layer).getLimitDetails(),
    "Layer/KillFrames": lambda r: Layer(r.layer).kill(r.username, r.pid, r.host_kill, r.reason),
    "Layer/EatFrames": lambda r: Layer(r.layer).eat(),
    "Layer/RetryFrames": lambda r: Layer(r.layer).retry(),
    "Layer/MarkdoneFrames": lambda r: Layer(r.layer).markdone(),
    "Layer/SetMinCores": lambda r: Layer(r.layer).setMinCores(r.cores * _POINTS),
    "Layer/SetMaxCores": lambda r: Layer(r.layer).setMaxCores(r.cores * _POINTS),
    "Frame/FindFrame": lambda r: api.findFrame(r.job, r.layer, r.frame),
    "Frame/GetFrame": lambda r: api.getFrame(r.id),
    "Frame/GetFrames": lambda r: FrameSearch.byOptions(r.job, **_of_frames(r.r)),
    "Frame/Kill": lambda r: Frame(r.frame).kill(r.username, r.pid, r.host_kill, r.reason),
    "Depend/GetDepend": lambda r: api.getDepend(r.id),
    "Host/FindHost": lambda r: api.findHost(r.name),
    "Host/GetHost": lambda r: api.getHost(r.id),
    "Host/GetHosts": lambda r: HostSearch(**_of_hosts(r.r)).search(),
    "Host/GetHostWhiteboard": lambda r: api.getHostWhiteboard(),
    "Host/AddComment": lambda r: Host(r.host).addComment(
        r.new_comment.subject, r.new_comment.message
    ),
    "Host/RedirectToJob": lambda r: Host(r.host).redirectToJob(
        [Proc(_named(Proc, name)) for name in r.proc_names], r.job_id
    ),
    "Owner/GetOwner": lambda r: api.getOwner(r.name),
    "Proc/GetProcs": lambda r: ProcSearch(**_of_procs(r.r)).search(),
    "Allocation/Create": lambda r: api.createAllocation(r.name, r.tag, r.facility),
    "Allocation/Find": lambda r: api.findAllocation(r.name),
    "Allocation/Get": lambda r: api.getAllocation(r.id),
    "Allocation/GetAll": lambda r: api.getAllocations(),
    "Allocation/GetDefault": lambda r: api.getDefaultAllocation(),
    "Allocation/SetDefault": lambda r: api.setDefaultAllocation(r.allocation),
    "Allocation/ReparentHosts": lambda r: Allocation(r.allocation).reparentHosts(
        [Host(each) for each in r.hosts.hosts]
    ),
    "Subscription/Find": lambda r: api.findSubscription(r.name),
    "Subscription/Get": lambda r: api.getSubscription(r.id),
    "Service/CreateService": lambda r: api.createService(r.data),
    "Service/GetDefaultServices": lambda r: api.getDefaultServices(),
    "Service/GetService": lambda r: api.getService(r.name),
    "Limit/Create": lambda r: api.createLimit(r.name, r.max_value),
    "Limit/Delete": lambda r: Limit(_named(Limit, r.name)).delete(),
    "Limit/Find": lambda r: api.findLimit(r.name),
    "Limit/Get": lambda r: Limit().get(r.id),
    "Limit/GetAll": lambda r: api.getLimits(),
    "Limit/GetHolds": lambda r: api.getLimitHolds(r.limit_name, r.host_name),
    "Limit/GetBindings": lambda r: api.getLimitBindings(r.limit_name),
}
"""The calls that are not simply methods of a wrapper."""

_NO_WRAPPER = (
    "Limit/", "Monitoring/", "Facility/GetAllocations", "Filter/CreateAction",
    "ServiceOverride/", "Department/Delete",
)  # fmt: skip
"""Beginnings of the names of calls whose wrappers, if there are any, do more than this one call."""


def wrapped(label: str) -> Callable[[Request], Any] | None:
    """Return what makes a call with a request's values, or None where `opencue` has nothing for it."""
    if label in CALLS:
        return CALLS[label]
    service, _, name = label.partition("/")
    kind = _KINDS.get(service)
    method = name[:1].lower() + name[1:]
    if kind is None or not hasattr(kind, method) or label.startswith(_NO_WRAPPER):
        return None

    def call(request: Request) -> Any:
        thing = kind(getattr(request, kind._FIELD))
        return getattr(thing, method)(*_arguments(request, kind._FIELD))

    return call


def _arguments(request: Request, but: str) -> list[Any]:
    """Return the values of a request in order, messages in their wrappers."""
    found = []
    for field in request.DESCRIPTOR.fields:
        value = getattr(request, field.name)
        if field.name == but:
            continue
        if field.message_type is not None and field.message_type.name in _KINDS:
            value = _KINDS[field.message_type.name](value)
        found.append(list(value) if hasattr(value, "append") else value)
    return found


def _with_id(kind: Any, id_: str) -> Any:
    return kind._MESSAGE(id=id_)


def _named(kind: Any, name: str) -> Any:
    return kind._MESSAGE(name=name)


def plain(result: Any) -> Any:
    """Return the messages of wrappers, and everything else as it is."""
    if isinstance(result, list):
        return [plain(each) for each in result]
    return getattr(result, "data", result)


def content(response: Any) -> Any:
    """Return what a response is about: nothing, a value, a message, or the members of a list of messages."""
    fields = response.DESCRIPTOR.fields
    if not fields:
        return None
    if len(fields) > 1:
        return response
    value = getattr(response, fields[0].name)
    if fields[0].message_type is not None and fields[0].message_type.name.endswith("Seq"):
        (inner,) = fields[0].message_type.fields
        value = getattr(value, inner.name)
    return [_own(each) for each in value] if hasattr(value, "append") else _own(value)


def _own(value: Any) -> Any:
    """Return what a wrapper holds of a message: of an override the service as it is there."""
    descriptor = getattr(value, "DESCRIPTOR", None)
    return value.data if descriptor is not None and descriptor.name == "ServiceOverride" else value


def exception_of(status: Any) -> type[opencue.CueException]:
    """Return the exception that a status is."""
    found: type[opencue.CueException] = opencue.exception.EXCEPTION_MAP.get(
        status, opencue.CueException
    )
    return found
