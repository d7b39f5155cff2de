"""A layer's properties as CueGUI's dialog sets them: all of them act or are kept, none half."""

from __future__ import annotations

from typing import Any

import pytest
from opencue_proto import job_pb2

from cuelet.core.operations.obstacles import Code, obstacles
from cuelet.core.operations.site.settings import forget_settings
from cuelet.core.state.setup.settings import FrameSettings, JobSettings, LayerSettings
from cuelet.core.values.errors import InvalidRequestError
from cuelet.rpc.opencue.frames import FrameService
from cuelet.rpc.opencue.jobs import JobService
from cuelet.rpc.opencue.layers import LayerService
from outline.jobspec.model import LayerSpec
from tests.unit.rpc.desk import Desk, ask


@pytest.fixture
def desk() -> Desk:
    return Desk(LayerSpec(name="main", command="x", range="1-4", timeout_s=120, gpus=1))


def layer_of(desk: Desk) -> Any:
    request = job_pb2.LayerFindLayerRequest(job=desk.bench.job.name, layer="main")
    return ask(LayerService(desk.engine).FindLayer, request).layer


def set_layer(desk: Desk, verb: str, **values: Any) -> Any:
    """Call a Set method with the whole layer, as stock clients do; return the layer afterwards."""
    kind = getattr(job_pb2, f"Layer{verb}Request")
    method = getattr(LayerService(desk.engine), verb)
    ask(method, kind(layer=layer_of(desk), **values))
    return layer_of(desk)


def test_the_dialog_saves_whole(desk: Desk) -> None:
    before = layer_of(desk)
    assert list(before.tags) == ["general", "desktop"]
    assert (before.timeout, before.memory_optimizer_enabled) == (2, True)

    set_layer(desk, "SetMinMemory", memory=2 * 1024 * 1024)
    set_layer(desk, "EnableMemoryOptimizer", value=False)
    set_layer(desk, "SetMinCores", cores=1.5)
    set_layer(desk, "SetMaxCores", cores=3)
    set_layer(desk, "SetThreadable", threadable=False)
    set_layer(desk, "SetMinGpus", min_gpus=2)
    set_layer(desk, "SetMaxGpus", max_gpus=4)
    set_layer(desk, "SetMinGpuMemory", gpu_memory=1024 * 1024)
    set_layer(desk, "SetTimeout", timeout=60)
    set_layer(desk, "SetTimeoutLLU", timeout_llu=5)
    after = set_layer(desk, "SetTags", tags=["general", "util"])

    assert (after.min_memory, desk.bench.job.layers[0].cores, after.max_cores) == (2097152, 1.5, 3)
    assert (after.is_threadable, after.memory_optimizer_enabled) == (False, False)
    assert (after.min_gpus, after.max_gpus, after.min_gpu_memory) == (2, 4, 1024 * 1024)
    assert (after.timeout, after.timeout_llu, list(after.tags)) == (60, 5, ["general", "util"])
    layer = desk.bench.job.layers[0]
    assert (layer.timeout_s, layer.timeout_llu_s) == (3600, 300)


def test_frames_get_no_more_gpus_than_the_layer_may_have(desk: Desk) -> None:
    set_layer(desk, "SetMinGpus", min_gpus=4)
    set_layer(desk, "SetMaxGpus", max_gpus=2)

    assert desk.bench.job.layers[0].gpus == 2
    assert layer_of(desk).min_gpus == 4


def test_a_job_holds_no_more_gpus_than_it_may(desk: Desk) -> None:
    desk.farm.host = type(desk.farm.host)(gpus=8)
    job = desk.bench.job
    jobs = JobService(desk.engine)
    ask(jobs.SetMaxGpus, job_pb2.JobSetMaxGpusRequest(job=job_pb2.Job(id=job.id), val=2))

    desk.bench.book()

    assert sum(job.gpus_held.values()) == 2
    assert [each.code for each in obstacles(desk.farm, job, job.layers[0])] == [Code.GPU_CAP]


@pytest.mark.parametrize(
    ("verb", "values"),
    [
        ("SetMinGpus", {"min_gpus": 2**31 - 1}),
        ("SetMaxGpus", {"max_gpus": 2**31 - 1}),
        ("SetTimeout", {"timeout": 2**31 - 1}),
        ("SetMinMemory", {"memory": 2**62}),
        ("SetMinGpuMemory", {"gpu_memory": 2**62}),
        ("SetMinCores", {"cores": 1e30}),
        ("SetMaxCores", {"cores": float("nan")}),
        ("SetTags", {"tags": ["x" * 1_000_000]}),
        ("SetTags", {"tags": ["x"] * 1000}),
        ("ReorderFrames", {"order": 77, "range": "1-2"}),
        ("RegisterOutputPath", {"spec": "x" * 1_000_000}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    desk: Desk, verb: str, values: dict[str, Any]
) -> None:
    before = layer_of(desk)

    with pytest.raises(InvalidRequestError) as refused:
        set_layer(desk, verb, **values)

    assert len(str(refused.value)) < 1000
    assert layer_of(desk) == before


def test_a_priority_beyond_reason_and_an_odd_order_are_refused(desk: Desk) -> None:
    jobs, job = JobService(desk.engine), job_pb2.Job(id=desk.bench.job.id)

    with pytest.raises(InvalidRequestError, match="set priority"):
        ask(jobs.SetPriority, job_pb2.JobSetPriorityRequest(job=job, val=2**31 - 1))
    with pytest.raises(InvalidRequestError, match=r"FIRST \(0\)"):
        ask(jobs.ReorderFrames, job_pb2.JobReorderFramesRequest(job=job, range="1", order=77))


def test_registered_outputs_come_after_those_of_the_script(desk: Desk) -> None:
    layers = LayerService(desk.engine)
    for path in ("/a/b.exr", "/a/b.exr", "/c.exr"):
        set_layer(desk, "RegisterOutputPath", spec=path)

    answer = ask(layers.GetOutputPaths, job_pb2.LayerGetOutputPathsRequest(layer=layer_of(desk)))

    assert list(answer.output_paths) == ["/a/b.exr", "/c.exr"]


def test_a_frame_is_shown_as_somebody_wants_it(desk: Desk) -> None:
    frames, frame_id = FrameService(desk.engine), desk.bench.job.frame_id(1)
    override = job_pb2.FrameStateDisplayOverride(
        state=job_pb2.WAITING,
        text="HOLD",
        color=job_pb2.FrameStateDisplayOverride.RGB(red=200, green=10, blue=10),
    )
    request = job_pb2.FrameStateDisplayOverrideRequest(
        frame=job_pb2.Frame(id=frame_id), override=override
    )
    ask(frames.SetFrameStateDisplayOverride, request)
    checkpoint = job_pb2.FrameSetCheckpointStateRequest(
        frame=job_pb2.Frame(id=frame_id), state=job_pb2.COMPLETE
    )
    ask(frames.SetCheckpointState, checkpoint)

    told = ask(frames.GetFrame, job_pb2.FrameGetFrameRequest(id=frame_id)).frame
    kept = ask(
        frames.GetFrameStateDisplayOverrides,
        job_pb2.GetFrameStateDisplayOverridesRequest(frame=job_pb2.Frame(id=frame_id)),
    )
    assert told.frame_state_display_override == override
    assert told.checkpoint_state == job_pb2.COMPLETE
    assert list(kept.overrides.overrides) == [override]


def test_settings_go_with_their_job(desk: Desk) -> None:
    set_layer(desk, "SetTimeout", timeout=1)
    jobs, job = JobService(desk.engine), desk.bench.job
    ask(jobs.SetMinGpus, job_pb2.JobSetMinGpusRequest(job=job_pb2.Job(id=job.id), val=1))

    forget_settings(desk.farm, job, desk.decision)

    for kind in (JobSettings, LayerSettings, FrameSettings):
        assert desk.farm.records.all(kind) == []
