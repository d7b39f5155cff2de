"""What may be forgotten: what has ended, long ago, and nobody waits for."""

from __future__ import annotations

from cuelet.core.check import check
from cuelet.core.operations import attempts, launching, requests
from cuelet.core.operations.history import forget, list_history
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import spec_of

LAYER = LayerSpec(name="main", command="x", range="1-2")


def launch(farm: Farm, number: int, *, now: float = 1.0, **more: object) -> Job:
    name = f"show-shot-me_job{number}"
    spec = spec_of(LAYER, name=name, **more)
    (job,) = launching.launch(farm, [spec], [ids.job_id(number)], Decision(), now=now)
    return job


def farm_of(count: int) -> tuple[Farm, list[Job]]:
    farm = Farm(cores=4, memory_mb=4096)
    return farm, [launch(farm, number + 1) for number in range(count)]


def test_only_jobs_that_ended_before_are_history_oldest_first() -> None:
    farm, (late, early, pending) = farm_of(3)
    requests.kill_job(farm, late, Decision(), now=20.0)
    requests.kill_job(farm, early, Decision(), now=10.0)

    assert list_history(farm, before=20.5) == [early, late]
    assert list_history(farm, before=20.0) == [early]
    assert pending.id in farm.jobs


def test_a_killed_job_is_kept_until_its_last_process_has_ended() -> None:
    farm, (job,) = farm_of(1)
    attempts.start(farm, job, 0, Decision(), now=2.0)
    requests.kill_job(farm, job, Decision(), now=3.0)

    assert list_history(farm, before=100.0) == []


def test_a_job_that_a_pending_one_waits_for_is_kept() -> None:
    farm, (first,) = farm_of(1)
    waiting = launch(farm, 2, after=(first.name,))
    requests.kill_job(farm, first, Decision(), now=3.0)

    assert list_history(farm, before=100.0) == []
    requests.release_edges(waiting, waiting.edges, Decision())
    assert list_history(farm, before=100.0) == [first]


def test_what_is_forgotten_is_found_no_more_and_its_name_is_free() -> None:
    farm, (job, other) = farm_of(2)
    requests.kill_job(farm, job, Decision(), now=3.0)
    decision = Decision()

    assert forget(farm, [job.id, other.id, "unknown"], decision, before=100.0) == [job]

    assert decision
    assert decision.forgotten == [job]
    assert list(farm.jobs) == [other.id]
    assert check(farm) == []
    launch(farm, 1)
    assert farm.get_job_by_name(job.name).id == job.id


def test_a_job_that_was_opened_again_meanwhile_is_not_forgotten() -> None:
    farm, (job,) = farm_of(1)
    requests.kill_job(farm, job, Decision(), now=3.0)
    assert list_history(farm, before=100.0) == [job]
    farm.reopen(job)

    assert forget(farm, [job.id], Decision(), before=100.0) == []
