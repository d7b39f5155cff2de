"""Which frames a client hears of that asks what has changed since it last asked."""

from __future__ import annotations

from typing import Any

import pytest
from opencue_proto import job_pb2

from cuelet.core.values.errors import NotFoundError
from cuelet.rpc.opencue.jobs import JobService
from cuelet.rpc.opencue.layers import LayerService
from outline.jobspec.model import EdgeSpec, LayerSpec
from tests.unit.rpc.desk import Desk, ask

LAYERS = (
    LayerSpec(name="main", command="x", range="1-3"),
    LayerSpec(name="then", command="x", range="1-3"),
)


@pytest.fixture
def desk() -> Desk:
    """Return a farm on which frames of a second layer wait for those of a first."""
    return Desk(*LAYERS, edges=(EdgeSpec(layer="then", on="main"),))


def updated(desk: Desk, since: float, *layers: str) -> Any:
    """Return the answer to a client that last asked at a time, about some layers."""
    layer = LayerService(desk.engine)
    found = [
        ask(layer.FindLayer, job_pb2.LayerFindLayerRequest(job=desk.bench.job.name, layer=name))
        for name in layers
    ]
    request = job_pb2.JobGetUpdatedFramesRequest(
        job=job_pb2.Job(id=desk.bench.job.id),
        last_check=int(since),
        layer_filter=job_pb2.LayerSeq(layers=[each.layer for each in found]),
    )
    return ask(JobService(desk.engine).GetUpdatedFrames, request)


def names(desk: Desk, answer: Any) -> list[str]:
    job = desk.bench.job
    by_id = {job.frame_id(index): job.frame_name(index) for index in range(job.size)}
    return [by_id[frame.id] for frame in answer.updated_frames.updated_frames]


def test_an_old_check_is_answered_with_what_has_changed_since(desk: Desk) -> None:
    desk.tick(60)
    asked = desk.now
    desk.bench.run(0)

    assert names(desk, updated(desk, asked)) == ["0001-main", "0001-then"]
    assert len(names(desk, updated(desk, 0))) == 6
    assert updated(desk, 0).server_time == int(desk.now)


def test_what_changed_in_the_second_of_the_last_answer_comes_again(desk: Desk) -> None:
    desk.tick(60)
    answer = updated(desk, desk.now)
    desk.bench.run(1)

    assert names(desk, answer) == []
    assert names(desk, updated(desk, answer.server_time)) == ["0002-main", "0002-then"]


def test_a_check_in_the_future_hears_only_of_what_runs(desk: Desk) -> None:
    desk.bench.start(2)

    answer = updated(desk, desk.now + 1000)

    (frame,) = answer.updated_frames.updated_frames
    assert frame.id == desk.bench.job.frame_id(2)
    assert (frame.state, answer.state) == (job_pb2.RUNNING, job_pb2.PENDING)


def test_only_the_layers_that_are_asked_for(desk: Desk) -> None:
    assert names(desk, updated(desk, 0, "then")) == ["0001-then", "0002-then", "0003-then"]


def test_an_unknown_job_is_said_to_be_so(desk: Desk) -> None:
    request = job_pb2.JobGetUpdatedFramesRequest(job=job_pb2.Job(id="nosuch"))

    with pytest.raises(NotFoundError):
        ask(JobService(desk.engine).GetUpdatedFrames, request)


def test_a_job_is_told_as_it_is_now(desk: Desk) -> None:
    desk.bench.run(0)

    request = job_pb2.JobGetCurrentRequest(job=job_pb2.Job(id=desk.bench.job.id))
    answer = ask(JobService(desk.engine).GetCurrent, request)

    assert answer.job.job_stats.succeeded_frames == 1


def test_a_job_tells_what_its_frames_took_together(desk: Desk) -> None:
    desk.bench.run(0)
    desk.bench.run(1)

    request = job_pb2.JobGetJobRequest(id=desk.bench.job.id)
    stats = ask(JobService(desk.engine).GetJob, request).job.job_stats

    assert (stats.rendered_frame_count, stats.failed_frame_count) == (2, 0)
    assert (stats.total_core_sec, stats.max_rss, stats.max_pss) == (1, 1000, 1000)
