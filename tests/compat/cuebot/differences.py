"""What the embedded farm answers otherwise than the recorded Cuebot, each with the row of docs/reference/differences.md that says so.

``tests/compat/cuebot/test_embedded_farm.py`` reads this: a difference that is not here fails, and so
does an entry that no answer differs by any more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.compat.cuebot.against import Finding


@dataclass(frozen=True)
class Difference:
    """One difference.

    Args:
        calls: The calls, as patterns apart by blanks: ``Job/FindJob Layer/*``.
        what: A regular expression for all of ``INTERNAL -> NOT_FOUND``, or of the path of a field.
        row: Words of the page on differences.
    """

    calls: str
    what: str
    row: str

    def covers(self, finding: Finding) -> bool:
        """Tell whether it is this difference."""
        label = finding.call.label
        return bool(re.fullmatch(self.what, finding.what)) and any(
            fnmatchcase(label, pattern) for pattern in self.calls.split()
        )


_UNKNOWN = "an unknown name or id is NOT_FOUND"
_FORM = "what makes no sense is FAILED_PRECONDITION or INVALID_ARGUMENT"
_ONCE = "what is there already may be made again"
_UNIQUE = "names of limits, services, shows, filters and facilities are unique"
_MACHINE = "* One machine."
_PARTITIONS = "there are no render partitions to book"
_DEPARTMENTS = "departments are names"
_ALLOCATIONS = "an allocation is found by its id or its name"
_USUAL_SERVICE = "a service that nobody has set up gives a layer nothing beyond the usual"
_OVERRIDES = "a show's own service keeps its timeouts"
_SHOW_GPUS = "the default GPUs of a show are 0 and 100"
_OWNERS = "An owner can take the machine, which need not be locked by NIMBY"
_FILTERS = "an action of a filter with a value of another type"
_ARCHIVED = "a show is archived once"

_EDGES = "values at the edges are kept, or refused with the range"
_AT_ONCE = "retry, eat, drop depends, reorder and kill are done when the call is answered"
_ANY_SHOW = "any show is accepted"
_SMALLER = "a layer that says nothing reserves 512 MB"
_SERVICES = "services say what they need in one way"
_MAXIMUM = "a job has no maximum of cores until one is set"
_FINISHED = "take short names in any spelling and the beginning of an id"
_LAYERS = "Layer/GetLayer Layer/FindLayer Job/GetLayers"
_ALLOCATION = "Allocation/*"

DIFFERENCES = (
    Difference("*", "INTERNAL -> NOT_FOUND", _UNKNOWN),
    Difference("Comment/Save", "OK -> NOT_FOUND", _UNKNOWN),
    Difference("Layer/AddLimit", "OK -> NOT_FOUND", _UNKNOWN),
    Difference("Host/RenameTag", "OK -> NOT_FOUND", _UNKNOWN),
    Difference("Job/GetFrames", "OK -> NOT_FOUND", _UNKNOWN),
    # Launches
    Difference("Job/Launch*", "INTERNAL -> (ALREADY_EXISTS|INVALID_ARGUMENT)", _FORM),
    Difference("Job/LaunchSpecAndWait", "INTERNAL -> OK", _ANY_SHOW),
    Difference("Job/LaunchSpecAndWait", "OK -> INVALID_ARGUMENT", "a layer needs a command"),
    Difference(
        "Job/LaunchSpecAndWait Job/GetJobs", r"jobs\.jobs\[\]\.facility", "the facility is `local`"
    ),
    Difference(
        "Job/LaunchSpecAndWait Job/GetJobs",
        r"jobs\.jobs\[\]\.job_stats\.total_layers",
        "layers of type `Post`",
    ),
    Difference("Job/*", r"(jobs\.jobs\[\]|job)\.max_(cores|gpus)", _MAXIMUM),
    # What is found
    Difference("Job/FindJob Layer/FindLayer Frame/FindFrame", "NOT_FOUND -> OK", _FINISHED),
    Difference("Frame/GetFrames", "INTERNAL -> OK", _FINISHED),
    Difference("Job/IsJobPending", "value", _FINISHED),
    Difference("Job/GetJobNames", r"names(\[\])?", "`getJobNames` lists finished jobs"),
    Difference("Job/GetFrames Layer/GetFrames", r"frames\.frames", "`GetFrames` without a limit"),
    Difference("Job/GetFrames Frame/GetFrames", r"frames\.frames\[\]", "frames come by layer"),
    Difference(
        "Job/GetFrames", r"frames\.frames\[\]\.dispatch_order", "`reorderFrames(..., LAST)`"
    ),
    Difference("Job/Get*", "INTERNAL -> FAILED_PRECONDITION", _FORM),
    Difference("Job/GetFrames", "OK -> FAILED_PRECONDITION", _FORM),
    # Depends
    Difference("Frame/GetWhat*", r"depends\.depends(\[\].*)?", "a frame shows the depends of its"),
    Difference("Layer/GetWhat*", r"depends\.depends\[\]", "a frame shows the depends of its"),
    Difference(
        "Layer/GetWhatThisDependsOn",
        r"depends\.depends\[\]\.(type|depend_er_frame)",
        "`LAYER_ON_SIM_FRAME` stays one depend",
    ),
    Difference("Job/Get*", r"depends\.depends\[\]", "`getDepends` lists"),
    Difference("*/Get*", r"(depend|depends\.depends\[\])\.active", _AT_ONCE),
    Difference("*/CreateDependencyOn*", "INTERNAL -> OK", _ONCE),
    Difference("Job/CreateDependencyOnJob", "INTERNAL -> INVALID_ARGUMENT", _FORM),
    Difference("Frame/CreateDependencyOnFrame", "OK -> INVALID_ARGUMENT", "cycles are refused"),
    Difference("Job/CreateDependencyOnJob", "OK -> FAILED_PRECONDITION", "cycles through several"),
    Difference(
        "Frame/DropDepends", "OK -> FAILED_PRECONDITION", "a frame shows the depends of its"
    ),
    # What is done to jobs
    Difference("Job/AddComment", "INTERNAL -> OK", "comments have any length"),
    Difference("Job/GetJob Job/GetJobs", r".*is_paused", "an ended job is not paused"),
    Difference("Job/GetJob Job/GetJobs", r".*\.min_cores", _EDGES),
    Difference("Job/ReorderFrames Job/SetMaxRetries", "INTERNAL -> FAILED_PRECONDITION", _FORM),
    Difference("Job/SetMaxRetries", "INTERNAL -> OK", "per layer, 0 to 16"),
    Difference("Job/StaggerFrames", "OK -> FAILED_PRECONDITION", _FORM),
    # Layers
    Difference(_LAYERS, r".*\.is_threadable", "a layer is threadable unless it says otherwise"),
    Difference(_LAYERS, r".*\.limits(\[\])?", "a layer without limits has none"),
    Difference(_LAYERS, r".*\.tags(\[\])?", "a layer has the tags that it was given"),
    Difference("Layer/SetTags", "INTERNAL -> OK", "a layer has the tags that it was given"),
    Difference("Job/GetLayers", r".*\.services\[\]", "an unknown service is left alone"),
    Difference("Job/GetLayers", r".*\.min_(cores|memory)", _SMALLER),
    Difference("Layer/*", r".*\.(min_cores|max_cores|min_memory|min_gpus)", _EDGES),
    Difference("Layer/FindLayer", "OK -> NOT_FOUND", "cycles are refused, with their path"),
    # Limits
    Difference("*", r"limits?(\[\])?\.soft_value", "a limit has no soft value"),
    Difference("Limit/*", "INTERNAL -> OK|OK -> FAILED_PRECONDITION", _UNIQUE),
    Difference("Limit/GetAll", r"limits\[\]\.max_value", _UNIQUE),
    Difference("Limit/*", "UNIMPLEMENTED -> OK", "a limit has no soft value"),
    # Shows
    Difference("Show/* Job/*", r".*\.default_m(in|ax)_gpus", _SHOW_GPUS),
    Difference("Show/CreateShow Show/CreateFilter", ".* -> ALREADY_EXISTS", _UNIQUE),
    Difference("Show/CreateShow Show/CreateOwner", "INTERNAL -> FAILED_PRECONDITION", _FORM),
    Difference("Show/FindShow Show/FindFilter Filter/FindFilter", "INTERNAL -> OK", _UNIQUE),
    Difference("Show/FindShow", "NOT_FOUND -> OK", "a show is found in any spelling"),
    Difference("Show/FindShow Owner/SetShow", "OK -> NOT_FOUND", _ANY_SHOW),
    Difference("Owner/GetOwner", r"owner\.show", _ANY_SHOW),
    Difference("Show/Delete", "INTERNAL -> FAILED_PRECONDITION", _FORM),
    Difference("Show/Archive", ".* -> FAILED_PRECONDITION", _ARCHIVED),
    Difference("Show/GetShows", r"shows\.shows\[\]\.name", _ARCHIVED),
    Difference("Job/GetJobs", r"jobs\.jobs\[\]\.show", _ARCHIVED),
    Difference("Show/CreateSubscription", "INTERNAL -> ALREADY_EXISTS", _ONCE),
    Difference("Subscription/SetSize", "OK -> FAILED_PRECONDITION", _EDGES),
    Difference("Show/Get* Group/GetJobs", r".*\.max_(cores|gpus)", _MAXIMUM),
    # Groups and filters
    Difference("Group/CreateSubGroup", "INTERNAL -> ALREADY_EXISTS", _ONCE),
    Difference(
        "Group/CreateSubGroup", "OK -> FAILED_PRECONDITION", "groups and filters have a name"
    ),
    Difference(
        "Group/GetGroups Show/GetGroups", r"groups\.groups\[\]", "groups and filters have a"
    ),
    Difference("Group/Delete", "INTERNAL -> FAILED_PRECONDITION", _FORM),
    Difference("Action/GetParentFilter", "INTERNAL -> OK", "an action knows its filter"),
    Difference("Filter/CreateAction", "OK -> FAILED_PRECONDITION", _FILTERS),
    Difference("Filter/CreateAction", "INTERNAL -> OK", "`SET_ALL_RENDER_LAYER_TAGS`"),
    Difference("Filter/GetActions", r"actions\.actions\[\].*", _FILTERS),
    Difference("Filter/Delete", "OK -> NOT_FOUND", _UNIQUE),
    Difference("Show/GetFilters", r"filters\.filters(\[\])?", _UNIQUE),
    Difference("*Filter*", r"filters?\.(filters\[\]\.)?order", "`setOrder` puts a filter at that"),
    # Hosts and who has them
    Difference(
        "Host/* Allocation/GetHosts", r".*\.(tags\[\]|nested_hosts\[\]|alloc_name)", _MACHINE
    ),
    Difference("Host/GetHost", r"host\.state", "The machine can be set to REPAIR"),
    Difference("Host/FindHost Owner/TakeOwnership", "OK -> NOT_FOUND", _MACHINE),
    Difference("Host/AddTags", "OK -> FAILED_PRECONDITION", _FORM),
    Difference("Host/Redirect*", "INTERNAL -> OK|value", "A redirect does that too"),
    Difference("Proc/Unbook*", "INTERNAL -> FAILED_PRECONDITION", _FORM),
    Difference("Proc/Unbook*", "num_procs", "A frame that is unbooked gives back"),
    Difference("Owner/TakeOwnership Host/GetDeed Host/GetOwner", "INTERNAL -> OK", _OWNERS),
    Difference("Owner/GetDeeds Show/GetDeeds", r"deeds\.deeds", _OWNERS),
    Difference("*RenderPartition*", ".* -> UNIMPLEMENTED|render_partitions", _PARTITIONS),
    # Allocations and facilities
    Difference(_ALLOCATION, ".* -> (OK|ALREADY_EXISTS|FAILED_PRECONDITION)", _ALLOCATIONS),
    Difference(
        _ALLOCATION, r"OK -> NOT_FOUND|allocations?(\.|\.allocations\[\]\.)(tag|name)", _ALLOCATIONS
    ),
    Difference("Facility/*", ".* -> (OK|FAILED_PRECONDITION)", _UNIQUE),
    # Services and departments
    Difference(
        "Service/Get*", r".*\.(min_\w+|tags\[\]|threadable)|NOT_FOUND -> OK", _USUAL_SERVICE
    ),
    Difference("Service/Delete Service/Update", "OK -> NOT_FOUND", _UNKNOWN),
    Difference("Service/CreateService", ".* -> FAILED_PRECONDITION", _FORM),
    Difference("Service/CreateService", r"service\.tags", _USUAL_SERVICE),
    Difference("Show/*ServiceOverride* Job/GetLayers", r".*\.(timeout|timeout_llu)", _OVERRIDES),
    Difference("Department/* Task/*", ".* -> (UNIMPLEMENTED|OK|FAILED_PRECONDITION)", _DEPARTMENTS),
    Difference("Department/GetTasks", r"tasks\.tasks", _DEPARTMENTS),
    Difference("Show/GetDepartment*", r".*\.(min_cores|ti_managed|ti_task)", _DEPARTMENTS),
    # The rest of layers and jobs
    Difference("Layer/GetLayer", r"layer\.(min_gpu_memory|timeout|timeout_llu)", _EDGES),
    Difference("Job/AddSubscriber", "OK -> UNIMPLEMENTED", "No mail is sent at the end of a job"),
)
