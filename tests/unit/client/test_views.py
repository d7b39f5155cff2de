"""Jobs, layers and frames as values, made of the farm's messages without a farm."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from opencue_proto import job_pb2

from cuelet.cli.jobs.leftovers import state_text
from cuelet.client.frames import SkippedFrames, dead_frame
from cuelet.client.jobs import JobView, job_view, layer_view
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer

JSON_OF_A_JOB = [
    *("id", "name", "state", "user", "priority", "frames", "succeeded", "running", "waiting"),
    *(
        "depend",
        "dead",
        "eaten",
        "skipped_frames",
        "waits",
        "submitted_at",
        "stopped_at",
        "log_dir",
    ),
]
JSON_OF_A_LAYER = [
    *("name", "range", "chunk", "frames", "succeeded", "running", "waiting", "depend", "dead"),
    *("eaten", "cores", "memory_mb", "max_rss_kb", "average_s"),
]


def view(
    *,
    state: int = job_pb2.PENDING,
    is_paused: bool = False,
    standing: Mapping[str, Any] = MappingProxyType({}),
    **frames: int,
) -> JobView:
    stats = job_pb2.JobStats(**{f"{name}_frames": number for name, number in frames.items()})
    job = Job(job_pb2.Job(name="j", state=state, is_paused=is_paused, job_stats=stats))
    return job_view(job, standing)


@pytest.mark.parametrize(
    ("job", "word"),
    [
        (view(total=2, running=1, dead=1), "running"),
        (view(total=2, waiting=1, dead=1), "waiting"),
        (view(total=2, depend=1, dead=1), "stuck"),
        (view(total=2, depend=2), "waiting"),
        (view(total=2, running=1, is_paused=True), "paused"),
        (view(total=2, succeeded=1, eaten=1, state=job_pb2.FINISHED), "finished"),
        (view(total=2, succeeded=1, dead=1, state=job_pb2.FINISHED), "killed"),
    ],
)
def test_a_job_is_in_one_state(job: JobView, word: str) -> None:
    assert job.state == word
    assert job.has_ended is (word in {"finished", "killed"})


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (view(total=2, succeeded=2, state=job_pb2.FINISHED), "finished"),
        (view(total=2, succeeded=1, eaten=1, state=job_pb2.FINISHED), "finished, 1 eaten"),
        (
            view(total=3, succeeded=2, eaten=1, state=job_pb2.FINISHED, standing={"skipped": 2}),
            "finished, 1 eaten, 2 skipped",
        ),
        (view(total=2, waiting=2, standing={"waits": "for limit x"}), "waiting for limit x"),
        (view(total=2, depend=2, standing={"stuck": True}), "stuck"),
        (
            view(total=2, waiting=2, standing={"stuck": True, "waits": "for a machine"}),
            "stuck, waits for a machine",
        ),
        (view(total=2, waiting=2, is_paused=True, standing={"waits": "until ..."}), "paused"),
    ],
)
def test_the_state_of_a_job_tells_what_it_waits_for_and_what_was_not_rendered(
    job: JobView, text: str
) -> None:
    assert state_text(job) == text


def test_skipped_frames_are_not_counted_as_rendered() -> None:
    job = view(total=3, succeeded=3, standing={"skipped": 2})

    assert (job.succeeded, job.rendered, job.done) == (3, 1, 3)


def test_a_job_in_json_has_its_known_keys_in_order() -> None:
    values = view(total=3, succeeded=1, eaten=1).values()

    assert list(values) == JSON_OF_A_JOB
    assert (values["frames"], values["succeeded"], values["stopped_at"]) == (3, 1, None)


def layer(*, reserved_kib: int, used_kib: int) -> Layer:
    return Layer(
        job_pb2.Layer(
            id="L",
            name="render",
            range="1-10",
            chunk_size=2,
            min_cores=1.5,
            min_memory=reserved_kib,
            layer_stats=job_pb2.LayerStats(max_rss=used_kib, succeeded_frames=3, eaten_frames=1),
        )
    )


def test_a_layer_in_json_has_its_known_keys_in_order() -> None:
    found = layer_view(layer(reserved_kib=2048, used_kib=10))

    assert list(found.values()) == JSON_OF_A_LAYER
    assert (found.memory_mb, found.cores, found.done) == (2, 1.5, 4)


@pytest.mark.parametrize(
    ("reserved_kib", "used_kib", "is_over"),
    [(2048, 2049, True), (2048, 2048, False), (0, 10, False), (2048, 0, False)],
)
def test_a_layer_is_over_its_memory_when_a_frame_used_more(
    reserved_kib: int, used_kib: int, is_over: bool
) -> None:
    assert layer_view(layer(reserved_kib=reserved_kib, used_kib=used_kib)).is_over_memory is is_over


def test_a_dead_frame_names_its_log_even_when_the_server_says_nothing_of_its_end(
    tmp_path: Path,
) -> None:
    job = Job(job_pb2.Job(name="j", log_dir=str(tmp_path)))
    frame = Frame(job_pb2.Frame(name="0007-render", layer_name="render", number=7, exit_status=9))

    found = dead_frame(job, frame, {})

    assert found.log_path == tmp_path / "j.0007-render.rqlog"
    assert (found.exit_status, found.exit_signal, found.reason) == (9, 0, "")
    assert found.values()["log_path"] == str(found.log_path)


def test_skipped_frames_in_json_are_a_count_and_a_range() -> None:
    assert SkippedFrames("render", 3, "1-3", "are there").values() == {"count": 3, "frames": "1-3"}
