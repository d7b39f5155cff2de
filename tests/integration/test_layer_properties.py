"""What is set of a layer outlives the farm, and a client that asked before hears of what changed since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from opencue_proto import job_pb2, job_pb2_grpc

from tests.conftest import FarmBox, wait_until

SPEC = """<?xml version="1.0"?>
<spec><facility>local</facility><show>demo</show><shot>sh010</shot><user>tester</user>
<job name="timed"><paused>true</paused><maxretries>0</maxretries>
<layers><layer name="slow" type="Render"><cmd>sleep 600</cmd><range>1-2</range><chunk>1</chunk></layer>
</layers></job></spec>"""


@pytest.fixture
def channel(farm: FarmBox) -> Iterator[grpc.Channel]:
    """Return a channel to a running farm, as any OpenCue client makes one."""
    with grpc.insecure_channel(f"unix:{farm.info['socket']}") as made:
        yield made


def test_settings_act_and_outlive_the_farm(farm: FarmBox, channel: grpc.Channel) -> None:
    jobs = job_pb2_grpc.JobInterfaceStub(channel)
    layers = job_pb2_grpc.LayerInterfaceStub(channel)
    (job,) = jobs.LaunchSpecAndWait(job_pb2.JobLaunchSpecAndWaitRequest(spec=SPEC)).jobs.jobs
    (layer,) = jobs.GetLayers(job_pb2.JobGetLayersRequest(job=job)).layers.layers
    layers.SetTimeoutLLU(job_pb2.LayerSetTimeoutLLURequest(layer=layer, timeout_llu=7))
    layers.SetMaxGpus(job_pb2.LayerSetMaxGpusRequest(layer=layer, max_gpus=3))
    asked = jobs.GetUpdatedFrames(job_pb2.JobGetUpdatedFramesRequest(job=job)).server_time

    farm.kill()
    farm.start()
    kept = layers.GetLayer(job_pb2.LayerGetLayerRequest(id=layer.id), wait_for_ready=True).layer
    assert (kept.timeout_llu, kept.max_gpus) == (7, 3)

    jobs.Resume(job_pb2.JobResumeRequest(job=job))
    wait_until(lambda: _states(jobs, job, asked) >= RUNNING)


RUNNING = {job_pb2.RUNNING}


def _states(jobs: Any, job: Any, since: int) -> set[int]:
    request = job_pb2.JobGetUpdatedFramesRequest(job=job, last_check=since)
    answer = jobs.GetUpdatedFrames(request, timeout=10)
    return {frame.state for frame in answer.updated_frames.updated_frames}
