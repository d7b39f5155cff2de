"""Running frames as procs: what they say of themselves, and which ones criteria mean."""

from __future__ import annotations

from typing import Any

import pytest
from opencue_proto import criterion_pb2, host_pb2

from cuelet.core.operations.command import Place, log_path
from cuelet.core.values.errors import NotFoundError
from cuelet.rpc.opencue import procs
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import Bench, spec_of

PLACE = Place(host="box", log_root="/logs", scratch="/s")
GB = 1024 * 1024


@pytest.fixture
def bench() -> Bench:
    """Return a job of which three frames run: two small ones, and a large one 100 s later."""
    b = Bench(
        spec_of(
            LayerSpec(name="main", command="x", range="1-4", memory_mb=512, cores=0.5),
            LayerSpec(name="large", command="x", memory_mb=2048, services=("maya", "shell")),
        )
    )
    b.start(0)
    b.start(2)
    b.now += 100
    b.start(4)
    return b


def found(b: Bench, *, now: float = 201.0, **criteria: Any) -> list[str]:
    message = host_pb2.ProcSearchCriteria(**criteria)
    matches = procs.find_procs(b.farm, message, host="box.studio.net", now=now)
    return [each.job.frame_name(each.index) for each in matches]


def between(low: int, high: int) -> list[Any]:
    return [criterion_pb2.InRangeIntegerSearchCriterion(min=low, max=high)]


def bound(value: int) -> list[Any]:
    return [criterion_pb2.GreaterThanIntegerSearchCriterion(value=value)]


SMALL, LARGE = ["0001-main", "0003-main"], ["0001-large"]


def test_a_proc_says_what_runs_where_and_what_it_holds(bench: Bench) -> None:
    bench.job.rss_kb[4] = 12345

    proc = list(procs.proc_seq(procs.running(bench.farm), PLACE).procs)[-1]

    assert (proc.name, proc.job_name, proc.frame_name) == ("box/1.00/0", bench.job.name, *LARGE)
    assert (proc.show_name, proc.group_name) == ("show", "show")
    assert (proc.reserved_cores, proc.reserved_memory) == (1.0, 2 * GB)
    assert proc.used_memory == 12345
    assert proc.dispatch_time == proc.bookedTime == 101
    assert proc.log_path == log_path(bench.job, 4, PLACE)
    assert list(proc.services) == ["maya", "shell"]


def test_a_layer_without_services_runs_the_default_one(bench: Bench) -> None:
    first = procs.proc_message(next(procs.running(bench.farm)), PLACE)

    assert list(first.services) == ["default"]


def test_a_frame_that_reserves_nothing_can_be_divided_by() -> None:
    b = Bench(spec_of(LayerSpec(name="main", command="x", memory_mb=0)))
    b.start(0)

    assert procs.proc_message(next(procs.running(b.farm)), PLACE).reserved_memory > 0


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, SMALL + LARGE),
        ({"hosts": ["box"]}, SMALL + LARGE),
        ({"hosts": ["other"]}, []),
        ({"allocs": ["local.general"]}, SMALL + LARGE),
        ({"allocs": ["local.desktop"]}, []),
        ({"jobs": ["show-shot-me_job"]}, SMALL + LARGE),
        ({"jobs": ["job"]}, []),
        ({"layers": ["large", "no_such"]}, LARGE),
        ({"shows": ["show"], "layers": ["main"]}, SMALL),
        ({"shows": ["other"]}, []),
        ({"memory_range": between(0, GB)}, SMALL),
        ({"memory_range": between(2 * GB, 2 * GB)}, LARGE),
        ({"memory_range": [*between(0, GB), *between(2 * GB, 3 * GB)]}, SMALL + LARGE),
        ({"memory_greater_than": bound(GB)}, LARGE),
        ({"memory_less_than": bound(2 * GB)}, SMALL),
        ({"duration_range": between(0, 100)}, LARGE),
        ({"duration_range": between(101, 200)}, SMALL),
        ({"duration_range": between(300, 400)}, []),
        ({"max_results": [2]}, SMALL),
        ({"max_results": [0]}, SMALL + LARGE),
        ({"first_result": 1}, ["0003-main", *LARGE]),
        ({"first_result": 1, "max_results": [1]}, ["0003-main"]),
        ({"first_result": 9}, []),
    ],
)
def test_criteria_narrow_down_what_runs(
    bench: Bench, criteria: dict[str, Any], expected: list[str]
) -> None:
    assert found(bench, **criteria) == expected


def test_a_proc_is_found_by_its_id_while_its_attempt_runs(bench: Bench) -> None:
    ids = [each.proc_id for each in procs.running(bench.farm)]

    indexes = [procs.proc_of(bench.farm, host_pb2.Proc(id=each)).index for each in ids]

    assert indexes == [0, 2, 4]
    assert len(set(ids)) == 3


def test_a_proc_is_gone_when_its_frame_runs_again(bench: Bench) -> None:
    old = host_pb2.Proc(id=next(procs.running(bench.farm)).proc_id, name="box/0.50/0")
    bench.end(0, 1)

    with pytest.raises(NotFoundError, match="its frame is over"):
        procs.proc_of(bench.farm, old)

    bench.retry(0)
    bench.start(0)
    with pytest.raises(NotFoundError, match="box/0.50/0"):
        procs.proc_of(bench.farm, old)


@pytest.mark.parametrize("proc_id", ["", "x", "00000000-0000-4000-8000-050000000001"])
def test_an_id_that_names_no_proc_is_not_found(bench: Bench, proc_id: str) -> None:
    with pytest.raises(NotFoundError):
        procs.proc_of(bench.farm, host_pb2.Proc(id=proc_id))


def test_the_id_of_a_frame_is_not_the_id_of_its_proc(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        procs.proc_of(bench.farm, host_pb2.Proc(id=bench.job.frame_id(0)))
