"""What a full disk holds back, and what it does not."""

from __future__ import annotations

import pytest

from cuelet.core.explain.frames import explain_frame
from cuelet.core.operations import launching
from cuelet.core.state.decision import Decision
from cuelet.core.state.disks import DiskUse, FullDisk
from cuelet.core.values import ids
from cuelet.core.values.errors import OutOfDiskError
from cuelet.core.values.runs import NOT_BEGUN
from cuelet.core.values.states import RUNNING, SUCCEEDED, WAITING
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import Bench, spec_of

LAYER = LayerSpec(name="main", command="x", range="1-3", cores=1.0, retries=0)
SESSION = "/shared/show-shot-me_job/1234"


def full(use: DiskUse, folder: str = "/state") -> tuple[FullDisk, ...]:
    return (FullDisk(use, folder, "0.0 of 2 MB are left"),)


@pytest.mark.parametrize("use", [DiskUse.DATABASE, DiskUse.LOGS])
def test_nothing_is_booked_while_the_farms_own_disk_is_full(use: DiskUse) -> None:
    bench = Bench(spec_of(LAYER))
    bench.farm.full_disks = full(use)

    bench.book()
    assert bench.decide().starts == []
    bench.farm.full_disks = ()
    bench.book()

    assert len(bench.decide().starts) == 3


def test_a_full_session_disk_holds_the_jobs_that_use_it_and_no_others() -> None:
    bench = Bench(spec_of(LAYER, session=SESSION))
    (other,) = launching.launch(
        bench.farm,
        [spec_of(LAYER, name="show-shot-me_other", session="/shared2/a/b")],
        [ids.job_id(2)],
        bench.decision,
        now=2.0,
    )
    bench.farm.full_disks = full(DiskUse.SESSION, "/shared")

    bench.book()

    assert {job.id for job, _ in bench.decide().starts} == {other.id}


def test_ends_are_taken_in_on_a_full_disk_and_launches_are_not() -> None:
    bench = Bench(spec_of(LAYER))
    bench.start(0)
    bench.farm.full_disks = full(DiskUse.DATABASE)

    bench.end(0)
    with pytest.raises(OutOfDiskError, match="make room there, cuelet farm prune"):
        launching.launch(
            bench.farm, [spec_of(LAYER, name="n")], [ids.job_id(2)], Decision(), now=2.0
        )

    assert bench.state(0) is SUCCEEDED
    assert len(bench.farm.jobs) == 1


def test_a_run_without_room_waits_again_costs_no_retry_and_stops_the_booking() -> None:
    bench = Bench(spec_of(LAYER))
    bench.start(0)
    bench.decide()

    bench.end(0, NOT_BEGUN)
    bench.book()

    assert bench.state(0) is WAITING
    assert bench.job.retries[0] == 0
    assert bench.decide().starts == []
    assert bench.farm.full_disks


def test_a_frame_held_by_a_full_disk_says_so_and_names_the_way_out() -> None:
    bench = Bench(spec_of(LAYER))
    bench.start(1)
    bench.farm.full_disks = full(DiskUse.LOGS)

    (reason,) = explain_frame(bench.farm, bench.job, 0)

    assert reason.code == "disk"
    assert reason.text == "the farm is out of disk for its logs: /state: 0.0 of 2 MB are left"
    assert reason.remedy == "cuelet farm prune --older-than 30d --logs"
    assert bench.state(1) is RUNNING
