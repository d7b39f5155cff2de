"""Core objects as OpenCue's messages: the only place that knows the wire's units.

Memory is KB on the wire, times are whole epoch seconds with 0 for "not yet".
"""

from __future__ import annotations

from collections.abc import Iterable

from opencue_proto import depend_pb2, job_pb2

from cuelet.core.operations.command import Place, log_dir
from cuelet.core.operations.setup.groups import group_of
from cuelet.core.operations.setup.shows import show_of
from cuelet.core.operations.site.settings import frame_settings, layer_settings
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.setup.settings import FrameSettings
from cuelet.core.values import ids
from cuelet.core.values.states import DEAD, DEPEND, EATEN, RUNNING, SETUP, SUCCEEDED, WAITING, shown
from outline.frames import EdgeKind

ALLOCATION = "local.general"
"""The allocation that this machine is."""
FACILITY, TAG = ALLOCATION.split(".")
POINTS_PER_CORE = 100

USUAL_LAYER_TAGS = ("general", "desktop")
"""What a layer without tags is shown with, as OpenCue's layers always have some; it runs anywhere."""
_UPDATED = tuple(
    field.name
    for field in job_pb2.UpdatedFrame.DESCRIPTOR.fields
    if field.name != "frame_state_display_override"
)
_LAYER_TYPES = {"Render": job_pb2.RENDER, "Util": job_pb2.UTIL, "Post": job_pb2.POST}


def job_message(farm: Farm, job: Job, place: Place) -> job_pb2.Job:
    """Return a job with its counters."""
    spec = job.spec
    message = job_pb2.Job(
        id=job.id,
        state=int(job.state),
        name=job.name,
        shot=spec.shot,
        show=show_of(farm, job).name,
        user=spec.user,
        group=group_of(farm, job).name,
        facility=spec.facility,
        os=spec.os,
        priority=job.priority,
        min_cores=job.min_cores,
        max_cores=job.max_cores,
        min_gpus=job.settings.min_gpus,
        max_gpus=job.settings.max_gpus,
        log_dir=log_dir(job, place),
        is_paused=job.paused,
        auto_eat=job.autoeat,
        has_comment=bool(job.comments),
        start_time=int(job.submitted_at),
        stop_time=int(job.stopped_at),
        job_stats=_job_stats(job),
    )
    if spec.uid is not None:
        message.uid = spec.uid
    return message


def _job_stats(job: Job) -> job_pb2.JobStats:
    finished = sum(layer.totals.finished for layer in job.layers)
    core_s = sum(layer.totals.core_s for layer in job.layers)
    wall_s = sum(layer.totals.wall_s for layer in job.layers)
    return job_pb2.JobStats(
        total_layers=len(job.layers),
        total_frames=job.size,
        waiting_frames=job.count(WAITING, SETUP),
        running_frames=job.count(RUNNING),
        dead_frames=job.count(DEAD),
        eaten_frames=job.count(EATEN),
        depend_frames=job.count(DEPEND),
        succeeded_frames=job.count(SUCCEEDED),
        pending_frames=job.count(WAITING, SETUP, DEPEND),
        avg_frame_sec=int(wall_s / finished) if finished else 0,
        high_frame_sec=int(max((_spread_s(job, layer)[1] for layer in job.layers), default=0.0)),
        avg_core_sec=int(core_s / finished) if finished else 0,
        total_core_sec=int(core_s),
        rendered_frame_count=job.count(SUCCEEDED),
        failed_frame_count=job.count(DEAD),
        reserved_cores=job.cores_in_use,
        reserved_gpus=sum(job.gpus_held.values()),
        max_rss=(peak := max((_peak_kb(job, layer) for layer in job.layers), default=0)),
        max_pss=peak,
    )


def _spread_s(job: Job, layer: Layer) -> tuple[float, float]:
    return layer.totals.spread_s(memoryview(job.wall_s)[layer.start : layer.end])


def _peak_kb(job: Job, layer: Layer) -> int:
    return layer.totals.peak_kb(memoryview(job.max_rss_kb)[layer.start : layer.end])


def layer_message(farm: Farm, job: Job, layer: Layer) -> job_pb2.Layer:
    """Return a layer; its cores and memory are what this machine really reserves."""
    cores, memory_mb = farm.usual_reservation(layer)
    spec, settings = layer.spec, layer_settings(job, layer)
    return job_pb2.Layer(
        id=layer_id(job, layer),
        name=layer.name,
        range=spec.range,
        tags=layer.tags or USUAL_LAYER_TAGS,
        min_cores=cores,
        max_cores=layer.max_cores,
        is_threadable=layer.threadable,
        min_memory=memory_mb * 1024,
        chunk_size=layer.tasks.chunk,
        dispatch_order=layer.dispatch_order,
        type=_LAYER_TYPES[spec.kind],
        services=spec.services or ("default",),
        parent_id=job.id,
        limits=layer.limits,
        timeout=settings.timeout_s // 60,
        timeout_llu=settings.timeout_llu_s // 60,
        min_gpus=layer.asked_gpus,
        max_gpus=settings.max_gpus,
        min_gpu_memory=settings.gpu_memory_mb * 1024,
        memory_optimizer_enabled=settings.memory_optimizer,
        start_after=int(layer.start_after),
        start_after_reason=layer.start_after_reason,
        command=spec.command,
        layer_stats=_layer_stats(job, layer),
    )


def _layer_stats(job: Job, layer: Layer) -> job_pb2.LayerStats:
    counts, totals = layer.counts, layer.totals
    shortest_s, longest_s = _spread_s(job, layer)
    finished = max(totals.finished, 1)
    return job_pb2.LayerStats(
        total_frames=len(layer.tasks),
        waiting_frames=counts[WAITING] + counts[SETUP],
        running_frames=counts[RUNNING],
        dead_frames=counts[DEAD],
        eaten_frames=counts[EATEN],
        depend_frames=counts[DEPEND],
        succeeded_frames=counts[SUCCEEDED],
        pending_frames=counts[WAITING] + counts[SETUP] + counts[DEPEND],
        avg_frame_sec=int(totals.wall_s / finished),
        low_frame_sec=int(shortest_s),
        high_frame_sec=int(longest_s),
        avg_core_sec=int(totals.core_s / finished) if totals.finished else 0,
        rendered_frame_count=counts[SUCCEEDED],
        failed_frame_count=counts[DEAD],
        total_core_sec=int(totals.core_s),
        max_rss=(peak := _peak_kb(job, layer)),
        max_pss=peak,
        reserved_cores=layer.cores * counts[RUNNING],
    )


def frame_message(farm: Farm, job: Job, index: int, host: str) -> job_pb2.Frame:
    """Return a frame."""
    layer = job.layer_at(index)
    number = layer.number(index)
    cores, memory_mb = job.reserved.get(index) or farm.reservation(layer)
    ran = job.attempt[index] > 0
    running = job.state_of[index] == RUNNING
    used_kb = job.rss_kb.get(index, 0) if running else job.max_rss_kb[index]
    message = job_pb2.Frame(
        id=job.frame_id(index),
        name=f"{number:04d}-{layer.name}",
        layer_name=layer.name,
        number=number,
        state=shown(job.state_of[index]),
        retry_count=job.retries[index],
        exit_status=job.exit_status[index],
        dispatch_order=layer.place_of(index) - layer.start,
        start_time=int(job.start_at[index]),
        stop_time=int(job.stop_at[index]),
        max_rss=job.max_rss_kb[index],
        max_pss=job.max_rss_kb[index],
        used_memory=used_kb,
        used_pss=used_kb,
        reserved_memory=memory_mb * 1024 if running else 0,
        last_resource=f"{host}/{cores:.2f}/{job.gpus_held.get(index, 0)}" if ran else "",
        total_core_time=int(job.cpu_s[index]),
        submission_time=int(job.submitted_at),
    )
    if farm.records.has(FrameSettings):
        _add_settings(message, frame_settings(farm, job, index))
    return message


def _add_settings(message: job_pb2.Frame, settings: FrameSettings) -> None:
    """Add what somebody has set of a frame to its message."""
    message.checkpoint_state = settings.checkpoint
    for shown_as in settings.shown_as:
        if shown_as[0] == message.state:
            message.frame_state_display_override.CopyFrom(override_message(shown_as))


def override_message(
    shown_as: tuple[int, str, int, int, int],
) -> job_pb2.FrameStateDisplayOverride:
    """Return how to show a state of a frame."""
    state, text, *colour = shown_as
    return job_pb2.FrameStateDisplayOverride(
        state=state,
        text=text,
        color=job_pb2.FrameStateDisplayOverride.RGB(red=colour[0], green=colour[1], blue=colour[2]),
    )


def updated_frame(farm: Farm, job: Job, index: int, host: str) -> job_pb2.UpdatedFrame:
    """Return what of a frame may change while its job runs."""
    whole = frame_message(farm, job, index, host)
    fields = {name: getattr(whole, name) for name in _UPDATED}
    if whole.HasField("frame_state_display_override"):
        fields["frame_state_display_override"] = whole.frame_state_display_override
    return job_pb2.UpdatedFrame(**fields)


def layer_id(job: Job, layer: Layer) -> str:
    """Return the id of a layer."""
    return ids.part_id(job.id, ids.Kind.LAYER, layer.index)


def depend_id(edge: Edge) -> str:
    """Return the id of a depend."""
    return ids.part_id(edge.waiter.id, ids.Kind.DEPEND, edge.index)


def waiting_frames(edge: Edge) -> int:
    """Return how many frames still wait because of an edge."""
    if not edge.active:
        return 0
    held = {index for index, unmet, _ in edge.outstanding() if unmet}
    return sum(1 for index in held if edge.waiter.state_of[index] == DEPEND)


def depend_message(edge: Edge) -> depend_pb2.Depend:
    """Return a depend."""
    spec = edge.spec
    return depend_pb2.Depend(
        id=depend_id(edge),
        type=int(spec.type),
        target=depend_pb2.EXTERNAL if edge.is_external else depend_pb2.INTERNAL,
        any_frame=spec.kind is EdgeKind.LAYER_ON_ANY,
        active=edge.active and waiting_frames(edge) > 0,
        depend_er_job=edge.waiter.name,
        depend_er_layer=spec.layer,
        depend_er_frame=_frame_name(spec.layer, spec.waiting_frame),
        depend_on_job=awaited_job(edge),
        depend_on_layer=spec.on,
        depend_on_frame=_frame_name(spec.on, spec.on_frame),
    )


def awaited_job(edge: Edge) -> str:
    """Return the name of the job an edge awaits; its id when the farm knows it no more."""
    is_gone = edge.is_external and edge.awaited is edge.waiter
    return edge.spec.on_job if is_gone else edge.awaited.name


def _frame_name(layer: str, number: int | None) -> str:
    return "" if number is None else f"{number:04d}-{layer}"


def depend_seq(edges: Iterable[Edge]) -> depend_pb2.DependSeq:
    """Return several depends."""
    return depend_pb2.DependSeq(depends=[depend_message(edge) for edge in edges])


def id_of(kind: str, name: str) -> str:
    """Return the id of what is known by its name; always the same one."""
    return ids.named_id(kind, name)
