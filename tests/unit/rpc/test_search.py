"""Which jobs and frames a client's criteria mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencue_proto import job_pb2

from cuelet.core.operations import launching, requests
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.errors import FarmError, InvalidRequestError, NotFoundError
from cuelet.core.values.states import RUNNING, WAITING, JobState
from cuelet.rpc import search
from cuelet.rpc.opencue import convert
from outline.jobspec.model import EdgeSpec, LayerSpec
from tests.unit.core.bench import Bench, spec_of


@pytest.fixture
def bench() -> Bench:
    """Return a job with 10 frames and 5 chunks, of which some ran."""
    b = Bench(
        spec_of(
            LayerSpec(name="main", command="x", range="1-10"),
            LayerSpec(name="big_chunks", command="x", range="1-10", chunk=2),
            edges=(EdgeSpec(layer="big_chunks", on="main"),),
            max_retries=0,
        ),
        cores=2.0,
    )
    b.run(0)
    b.run(1, 1)
    b.start(2)
    return b


def found(b: Bench, **criteria: Any) -> list[str]:
    states = criteria.pop("states", None)
    message = job_pb2.FrameSearchCriteria(**criteria)
    if states is not None:
        message.states.frame_states.extend(int(state) for state in states)
    indexes = search.find_page(b.farm, b.job, message)
    return [b.job.frame_name(index) for index in indexes]


def test_no_criteria_mean_every_frame_in_order(bench: Bench) -> None:
    names = found(bench)

    assert names[:10] == [f"{n:04d}-main" for n in range(1, 11)]
    assert names[10:] == [f"{n:04d}-big_chunks" for n in (1, 3, 5, 7, 9)]


@pytest.mark.parametrize(
    ("page", "limit", "first", "count"),
    [
        (1, 4, 0, 4),
        (2, 4, 4, 4),
        (4, 4, 12, 3),
        (5, 4, 0, 0),
        (0, 4, 0, 4),
        (7, 0, 0, 15),
        (1, 99, 0, 15),
    ],
)
def test_pages_count_from_one_and_no_limit_means_all(
    bench: Bench, page: int, limit: int, first: int, count: int
) -> None:
    everything = found(bench)

    assert found(bench, page=page, limit=limit) == everything[first : first + count]


@given(
    page=st.integers(-1, 9),
    limit=st.integers(1, 20),
    layers=st.lists(st.sampled_from(["main", "big_chunks"]), unique=True),
    frame_range=st.sampled_from(["", "1-10", "2-7", "9"]),
)
def test_a_page_is_cut_from_everything_that_is_found(
    page: int, limit: int, layers: list[str], frame_range: str
) -> None:
    b = Bench(
        spec_of(
            LayerSpec(name="main", command="x", range="1-10"),
            LayerSpec(name="big_chunks", command="x", range="1-10", chunk=2),
        )
    )
    criteria = {"layers": layers, "frame_range": frame_range}
    everything = found(b, **criteria)
    first = (max(page, 1) - 1) * limit

    assert found(b, **criteria, page=page, limit=limit) == everything[first : first + limit]


def test_a_range_finds_the_chunks_that_execute_its_frames_once(bench: Bench) -> None:
    assert found(bench, frame_range="2,4-5", layers=["main"]) == [
        "0002-main",
        "0004-main",
        "0005-main",
    ]
    assert found(bench, frame_range="2,4-5", layers=["big-chunks"]) == [
        "0001-big_chunks",
        "0003-big_chunks",
        "0005-big_chunks",
    ]
    assert found(bench, frame_range="99") == []


def test_states_layers_and_names_narrow_each_other_down(bench: Bench) -> None:
    assert found(bench, states=[RUNNING]) == ["0003-main"]
    assert found(bench, states=[RUNNING, WAITING], frame_range="3-4") == ["0003-main", "0004-main"]
    assert found(bench, states=[RUNNING], layers=["big_chunks"]) == []
    assert found(bench, frames=["0003-main", "0004-big_chunks"]) == ["0003-main", "0003-big_chunks"]
    assert found(bench, frames=["0003-main"], layers=["big_chunks"]) == []
    assert found(bench, ids=[bench.job.frame_id(4), "nonsense"]) == ["0005-main"]


def test_memory_duration_and_change_are_searched_in_the_wires_units(bench: Bench) -> None:
    bench.job.max_rss_kb[0] = 3 * 1024 * 1024
    bench.job.wall_s[1] = 7200.0
    bench.job.stop_at[1] = 500.0

    assert found(bench, memory_range="2-4") == ["0001-main"]
    assert found(bench, memory_range="3.5") == []
    assert found(bench, duration_range="1-3") == ["0002-main"]
    assert found(bench, change_date=400) == ["0002-main"]


@pytest.mark.parametrize(
    ("criteria", "error"),
    [
        ({"frame_range": "5-"}, InvalidRequestError),
        ({"frames": ["main"]}, InvalidRequestError),
        ({"frames": ["9" * 5000 + "-main"]}, FarmError),
        ({"frames": ["0011-main"]}, NotFoundError),
        ({"layers": ["nope"]}, NotFoundError),
        ({"memory_range": "much"}, InvalidRequestError),
        ({"duration_range": "1-2-3"}, InvalidRequestError),
    ],
)
def test_senseless_criteria_are_refused(
    bench: Bench, criteria: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        found(bench, **criteria)


# -- jobs --------------------------------------------------------------------------------------


@pytest.fixture
def farm() -> Farm:
    """Return a farm with four jobs, one of them finished."""
    made = Farm(cores=4.0, memory_mb=4096)
    layer = LayerSpec(name="main", command="x")
    for number, (show, user, name) in enumerate(
        [("bee", "ann", "two"), ("bee", "bob", "one"), ("ant", "ann", "one"), ("ant", "ann", "old")]
    ):
        spec = spec_of(layer, name=f"{show}-shot-{user}_{name}", show=show, user=user)
        (job,) = launching.launch(
            made, [spec], [ids.job_id(number + 1)], Decision(), now=float(number)
        )
    requests.kill_job(made, job, Decision(), now=9.0)
    return made


def jobs(farm: Farm, **criteria: Any) -> list[str]:
    return [job.name for job in search.find_jobs(farm, job_pb2.JobSearchCriteria(**criteria))]


def test_jobs_come_by_name_and_only_pending_ones_unless_asked(farm: Farm) -> None:
    pending = ["ant-shot-ann_one", "bee-shot-ann_two", "bee-shot-bob_one"]

    assert jobs(farm) == pending
    assert jobs(farm, include_finished=True) == ["ant-shot-ann_old", *pending]


def test_values_of_one_field_are_alternatives_and_fields_narrow_down(farm: Farm) -> None:
    assert jobs(farm, shows=["bee", "ant"], users=["bob"]) == ["bee-shot-bob_one"]
    assert jobs(farm, substr=["_two", "bob"]) == ["bee-shot-ann_two", "bee-shot-bob_one"]
    assert jobs(farm, regex=["^bee.*one$"]) == ["bee-shot-bob_one"]
    assert jobs(farm, jobs=["bee-shot-ann_two", "nope"]) == ["bee-shot-ann_two"]
    assert jobs(farm, ids=[ids.job_id(3)]) == ["ant-shot-ann_one"]
    assert jobs(farm, shots=["nowhere"]) == []


def test_a_malformed_expression_is_refused(farm: Farm) -> None:
    with pytest.raises(InvalidRequestError, match=r"'\('"):
        jobs(farm, regex=["("])


def test_a_job_is_found_by_id_or_by_name(farm: Farm) -> None:
    by_id = search.any_job(farm, ids.job_id(4))

    assert by_id.state is JobState.FINISHED
    assert search.any_job(farm, "bee-shot-ann_two").id == ids.job_id(1)


# -- parts by id -------------------------------------------------------------------------------


def test_parts_are_found_by_their_ids(bench: Bench) -> None:
    job, farm = bench.job, bench.farm

    assert search.layer_of(farm, convert.layer_id(job, job.layers[1]))[1] is job.layers[1]
    assert search.frame_of(farm, job.frame_id(14)) == (job, 14)
    assert search.depend_of(farm, convert.depend_id(job.edges[0])) is job.edges[0]


@pytest.mark.parametrize(
    "part",
    [
        lambda farm, job: search.frame_of(farm, job.frame_id(15)),
        lambda farm, job: search.frame_of(farm, job.id),
        lambda farm, job: search.frame_of(farm, ""),
        lambda farm, job: search.layer_of(farm, ids.part_id(job.id, ids.Kind.LAYER, 2)),
        lambda farm, job: search.layer_of(farm, job.frame_id(0)),
        lambda farm, job: search.depend_of(farm, "x"),
        lambda farm, job: search.job_of(farm, job_pb2.Job(id="x")),
        lambda farm, job: search.frame_of(farm, ids.part_id(ids.job_id(99), ids.Kind.FRAME, 0)),
    ],
)
def test_an_id_of_nothing_is_not_found(bench: Bench, part: Any) -> None:
    with pytest.raises(NotFoundError):
        part(bench.farm, bench.job)


def test_every_message_of_a_job_can_be_made_in_every_state(bench: Bench) -> None:
    from tests.unit.core.test_command import PLACE

    job: Job = bench.job
    message = convert.job_message(bench.farm, job, PLACE)
    frames = [convert.frame_message(bench.farm, job, index, "here") for index in range(job.size)]

    stats = message.job_stats
    assert (stats.total_frames, stats.succeeded_frames, stats.dead_frames) == (15, 1, 1)
    assert (stats.running_frames, stats.waiting_frames, stats.depend_frames) == (1, 7, 5)
    assert stats.reserved_cores == 1.0
    assert [frame.state for frame in frames] == list(job.state_of)
    assert frames[2].last_resource == "here/1.00/0"
    assert frames[3].last_resource == ""
    layer = convert.layer_message(bench.farm, job, job.layers[0])
    assert (layer.min_cores, layer.min_memory, layer.type) == (1.0, 512 * 1024, job_pb2.RENDER)
