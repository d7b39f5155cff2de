"""What a server remembers of jobs, layers, frames and the farm's load, where it keeps such a history.

The embedded farm keeps none beyond its jobs: it refuses these calls, `opencue.api.getJobs` with
``include_finished=True`` finds what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opencue_proto import monitoring_pb2

from opencue.wrappers.entity import send

__all__ = [
    "FarmStatistics",
    "HistoricalFrame",
    "HistoricalJob",
    "HistoricalLayer",
    "LayerMemoryRecord",
    "ShowStatistics",
    "TimeRange",
    "getFarmStatistics",
    "getFrameHistory",
    "getJobHistory",
    "getLayerHistory",
    "getLayerMemoryHistory",
]


def _field(name: str, meaning: str) -> Any:
    """Return a property that reads a field of the message."""
    return property(lambda record: getattr(record.data, name), doc=meaning)


def _list_field(name: str, meaning: str) -> Any:
    """Return a property that reads a field of several values."""
    return property(lambda record: list(getattr(record.data, name)), doc=meaning)


class _Record:
    """A message of the history, whose fields are properties.

    Args:
        data: The message.
    """

    _LABEL = "{0.name}"

    def __init__(self, data: Any) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._LABEL.format(self)})"


class HistoricalJob(_Record):
    """A job as it ended; times are seconds since 1970, memory is KB."""

    id = _field("id", "The id.")
    name = _field("name", "The name.")
    show = _field("show", "The show.")
    shot = _field("shot", "The shot.")
    user = _field("user", "Who launched it.")
    facility = _field("facility", "The facility.")
    finalState = _field("final_state", "The state it ended in: a `job_pb2.JobState`.")
    startTime = _field("start_time", "When it started.")
    stopTime = _field("stop_time", "When it ended.")
    priority = _field("priority", "The priority.")
    totalFrames = _field("total_frames", "How many frames it had.")
    succeededFrames = _field("succeeded_frames", "How many succeeded.")
    failedFrames = _field("failed_frames", "How many failed.")
    totalCoreSeconds = _field("total_core_seconds", "Core seconds it used.")
    totalGpuSeconds = _field("total_gpu_seconds", "GPU seconds it used.")
    maxRss = _field("max_rss", "The most memory a frame used.")


class HistoricalFrame(_Record):
    """A frame as it ended; times are seconds since 1970, memory is KB."""

    id = _field("id", "The id.")
    name = _field("name", "The name.")
    layerName = _field("layer_name", "The layer.")
    jobName = _field("job_name", "The job.")
    show = _field("show", "The show.")
    frameNumber = _field("frame_number", "The number.")
    finalState = _field("final_state", "The state it ended in: a `job_pb2.FrameState`.")
    exitStatus = _field("exit_status", "The exit status of its last run.")
    retryCount = _field("retry_count", "How often it was tried again.")
    startTime = _field("start_time", "When its last run started.")
    stopTime = _field("stop_time", "When that ended.")
    maxRss = _field("max_rss", "The most memory it used.")
    lastHost = _field("last_host", "Where it last ran.")
    totalCoreTime = _field("total_core_time", "Core seconds it used.")
    totalGpuTime = _field("total_gpu_time", "GPU seconds it used.")


class HistoricalLayer(_Record):
    """A layer as it ended; memory is KB."""

    id = _field("id", "The id.")
    name = _field("name", "The name.")
    jobName = _field("job_name", "The job.")
    show = _field("show", "The show.")
    layerType = _field("type", "The kind of layer: a `job_pb2.LayerType`.")
    tags = _list_field("tags", "The tags of the hosts it ran on.")
    services = _list_field("services", "The services it named.")
    totalFrames = _field("total_frames", "How many frames it had.")
    succeededFrames = _field("succeeded_frames", "How many succeeded.")
    failedFrames = _field("failed_frames", "How many failed.")
    totalCoreSeconds = _field("total_core_seconds", "Core seconds it used.")
    totalGpuSeconds = _field("total_gpu_seconds", "GPU seconds it used.")
    maxRss = _field("max_rss", "The most memory a frame used.")
    avgFrameSeconds = _field("avg_frame_seconds", "Seconds a frame took on average.")


class LayerMemoryRecord(_Record):
    """What the frames of a layer used of memory, in KB."""

    _LABEL = "{0.layerName}@{0.timestamp}"

    jobName = _field("job_name", "The job.")
    layerName = _field("layer_name", "The layer.")
    show = _field("show", "The show.")
    timestamp = _field("timestamp", "When it was measured: seconds since 1970.")
    maxRss = _field("max_rss", "The most a frame used.")
    reservedMemory = _field("reserved_memory", "What a frame reserved.")
    frameCount = _field("frame_count", "How many frames were measured.")
    avgFrameMemory = _field("avg_frame_memory", "What a frame used on average.")
    p95FrameMemory = _field("p95_frame_memory", "What 95 of 100 frames stayed below.")


class ShowStatistics(_Record):
    """What one show had of the farm at a moment."""

    _LABEL = "{0.show}"

    show = _field("show", "The show.")
    pendingJobs = _field("pending_jobs", "Jobs that had not ended.")
    runningFrames = _field("running_frames", "Frames that ran.")
    waitingFrames = _field("waiting_frames", "Frames that were free to start.")
    reservedCores = _field("reserved_cores", "Cores they had.")
    reservedGpus = _field("reserved_gpus", "GPUs they had.")


class FarmStatistics(_Record):
    """What the farm did at a moment."""

    _LABEL = "{0.snapshotTime}"

    snapshotTime = _field("snapshot_time", "When that was: seconds since 1970.")
    totalJobs = _field("total_jobs", "How many jobs there were.")
    pendingJobs = _field("pending_jobs", "How many of them had not ended.")
    finishedJobs = _field("finished_jobs", "How many had.")
    totalFrames = _field("total_frames", "How many frames there were.")
    waitingFrames = _field("waiting_frames", "How many were free to start.")
    runningFrames = _field("running_frames", "How many ran.")
    succeededFrames = _field("succeeded_frames", "How many had succeeded.")
    deadFrames = _field("dead_frames", "How many had failed for good.")
    totalHosts = _field("total_hosts", "How many hosts there were.")
    upHosts = _field("up_hosts", "How many were up.")
    downHosts = _field("down_hosts", "How many were down.")
    totalCores = _field("total_cores", "How many cores there were.")
    runningCores = _field("running_cores", "How many of them frames had.")
    idleCores = _field("idle_cores", "How many nobody had.")

    @property
    def showStats(self) -> list[ShowStatistics]:
        """What each show had."""
        return [ShowStatistics(message) for message in self.data.show_stats]


class TimeRange:
    """A span of time to search.

    Args:
        start_time: Its begin, in milliseconds since 1970.
        end_time: Its end, in milliseconds since 1970.
    """

    def __init__(self, start_time: int, end_time: int) -> None:
        self.start_time, self.end_time = start_time, end_time

    def toProto(self) -> Any:
        """Return the message."""
        return monitoring_pb2.TimeRange(start_time=self.start_time, end_time=self.end_time)


def getJobHistory(
    shows: Sequence[str] | None = None,
    users: Sequence[str] | None = None,
    shots: Sequence[str] | None = None,
    job_name_regex: Sequence[str] | None = None,
    states: Sequence[int] | None = None,
    time_range: TimeRange | None = None,
    page: int = 1,
    page_size: int = 100,
    max_results: int = 1000,
) -> list[HistoricalJob]:
    """Return jobs of the past.

    Args:
        shows: Only of these shows.
        users: Only of these users.
        shots: Only of these shots.
        job_name_regex: Only with names that match one of these regular expressions.
        states: Only those that ended in one of these states.
        time_range: Only of this time.
        page: Which page, from 1.
        page_size: How many a page has.
        max_results: How many at most.
    """
    found = _ask(
        "GetJobHistory",
        time_range,
        shows=shows,
        users=users,
        shots=shots,
        job_name_regex=job_name_regex,
        states=states,
        page=page,
        page_size=page_size,
        max_results=max_results,
    )
    return [HistoricalJob(message) for message in found.jobs]


def getFrameHistory(
    job_id: str | None = None,
    job_name: str | None = None,
    layer_names: Sequence[str] | None = None,
    states: Sequence[int] | None = None,
    time_range: TimeRange | None = None,
    page: int = 1,
    page_size: int = 100,
) -> list[HistoricalFrame]:
    """Return frames of a job of the past, given by id or by name.

    Args:
        job_id: The job's id.
        job_name: Its name.
        layer_names: Only of these layers.
        states: Only those that ended in one of these states.
        time_range: Only of this time.
        page: Which page, from 1.
        page_size: How many a page has.
    """
    found = _ask(
        "GetFrameHistory",
        time_range,
        job_id=job_id,
        job_name=job_name,
        layer_names=layer_names,
        states=states,
        page=page,
        page_size=page_size,
    )
    return [HistoricalFrame(message) for message in found.frames]


def getLayerHistory(
    job_id: str | None = None,
    job_name: str | None = None,
    time_range: TimeRange | None = None,
    page: int = 1,
    page_size: int = 100,
) -> list[HistoricalLayer]:
    """Return layers of a job of the past, given by id or by name.

    Args:
        job_id: The job's id.
        job_name: Its name.
        time_range: Only of this time.
        page: Which page, from 1.
        page_size: How many a page has.
    """
    found = _ask(
        "GetLayerHistory",
        time_range,
        job_id=job_id,
        job_name=job_name,
        page=page,
        page_size=page_size,
    )
    return [HistoricalLayer(message) for message in found.layers]


def getLayerMemoryHistory(
    layer_name: str,
    shows: Sequence[str] | None = None,
    time_range: TimeRange | None = None,
    max_results: int = 1000,
) -> list[LayerMemoryRecord]:
    """Return what layers of a name used of memory.

    Args:
        layer_name: The name, or a pattern of it.
        shows: Only of these shows.
        time_range: Only of this time.
        max_results: How many at most.
    """
    found = _ask(
        "GetLayerMemoryHistory",
        time_range,
        layer_name=layer_name,
        shows=shows,
        max_results=max_results,
    )
    return [LayerMemoryRecord(message) for message in found.records]


def getFarmStatistics(
    time_range: TimeRange | None = None,
    interval_minutes: int = 60,
    shows: Sequence[str] | None = None,
) -> list[FarmStatistics]:
    """Return what the farm did, moment by moment.

    Args:
        time_range: Only of this time.
        interval_minutes: How far apart the moments are.
        shows: Only for these shows.
    """
    found = _ask("GetFarmStatistics", time_range, interval_minutes=interval_minutes, shows=shows)
    return [FarmStatistics(message) for message in found.statistics]


def _ask(method: str, time_range: TimeRange | None, **fields: Any) -> Any:
    """Call a method with those of the fields that say something."""
    said = {name: value for name, value in fields.items() if value}
    if time_range is not None:
        said["time_range"] = time_range.toProto()
    return send("monitoring", method, **said)
