"""Calls of OpenCue that make no sense on one machine, each with what to use instead."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_LOCAL = (
    "frames run on this machine anyway: launch the job, or give it a higher priority "
    "(cueadmin -priority JOB N)"
)
_MAIL = (
    "this farm sends no mail: wait for the end with cuelet watch JOB, or in a script with "
    "outline.cuerun.launch(ol, wait=True)"
)
_RESTART = (
    "this farm restarts no machine: lock it (cueadmin -lock -host NAME), wait until nothing runs "
    "(cueadmin -lp), and restart it yourself; the farm goes on where it was"
)
_NO_RQD = "there is no RQD here: restart the farm with cuelet farm stop and cuelet farm start; frames go on"
_ONLY_HOST = (
    "this machine is the only host: lock it (cueadmin -lock -host NAME), or end the farm "
    "(cuelet farm stop)"
)
_LIMITS = "a limit counts running frames here and is enforced: use SetMaxValue, or cuelet limits set NAME N"
_TASKS = (
    "cores are not shared out among shots here: use priorities of jobs (cueadmin -priority JOB N), "
    "or what a group may use (Group.setMaxCores)"
)
_HISTORY = "what is kept of jobs is in cuelet jobs --all and cuelet show JOB"
_RQD_REPORTS = (
    "it runs frames on this machine itself and takes no RQD in; stop this one, "
    "or point its CUEBOT_HOSTNAME at a Cuebot"
)
_RQD_CALLS = "no RQD listens here: ask FrameInterface and HostInterface of the farm"

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "JobInterface/AddRenderPartition": _LOCAL,
        "JobInterface/AddSubscriber": _MAIL,
        "LayerInterface/AddRenderPartition": _LOCAL,
        "LayerInterface/SetMinGpu": "use SetMinGpuMemory, which a Cuebot has in its place too",
        "FrameInterface/AddRenderPartition": _LOCAL,
        "RenderPartitionInterface/Delete": _LOCAL,
        "RenderPartitionInterface/SetMaxResources": _LOCAL,
        "HostInterface/Delete": _ONLY_HOST,
        "HostInterface/Reboot": _RESTART,
        "HostInterface/RebootWhenIdle": _RESTART,
        "HostInterface/RestartRqdNow": _NO_RQD,
        "HostInterface/RestartRqdWhenIdle": _NO_RQD,
        **{
            f"LimitInterface/{name}": _LIMITS
            for name in (
                *("SetType", "SetEnforcement", "SetSoftValue", "SetReportTtl"),
                *("SetFailureRule", "ClearBindings", "ReportUsage"),
            )
        },
        "DepartmentInterface/Delete": "use RemoveDepartmentName",
        **{
            f"DepartmentInterface/{name}": _TASKS
            for name in (
                "AddTask",
                "AddTasks",
                "ReplaceTasks",
                "EnableTiManaged",
                "SetManagedCores",
            )
        },
        **{
            f"TaskInterface/{name}": _TASKS
            for name in ("SetMinCores", "ClearAdjustments", "Delete")
        },
        **{
            f"MonitoringInterface/{name}": _HISTORY
            for name in (
                *("GetJobHistory", "GetFrameHistory", "GetLayerHistory", "GetHostHistory"),
                *("GetFarmStatistics", "GetLayerMemoryHistory"),
            )
        },
        **{
            f"RqdReportInterface/{name}": _RQD_REPORTS
            for name in ("ReportRqdStartup", "ReportStatus", "ReportRunningFrameCompletion")
        },
        **{
            f"RqdInterface/{name}": _RQD_CALLS
            for name in (
                *("GetRunFrame", "GetRunningFrameStatus", "KillRunningFrame", "LaunchFrame"),
                *("Lock", "LockAll", "NimbyOff", "NimbyOn", "RebootIdle", "RebootNow"),
                *("ReportStatus", "RestartRqdIdle", "RestartRqdNow", "ShutdownRqdIdle"),
                *("ShutdownRqdNow", "Unlock", "UnlockAll"),
            )
        },
        "RunningFrame/Kill": _RQD_CALLS,
        "RunningFrame/Status": _RQD_CALLS,
    }
)
"""Sentences by interface and method."""


def refusal_of(method: str) -> str:
    """Return why a method is not served, such as ``/host.HostInterface/Reboot``, and what to use."""
    called = method.rpartition(".")[2]
    plain = f"the embedded farm does not have {called.replace('/', '.')}"
    instead = SENTENCES.get(called)
    return f"{plain}: {instead}" if instead else plain
