"""Pending jobs are in order of urgency, however many come in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.state import farm as farm_module
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import spec_of

MAIN = LayerSpec(name="main", command="true", range="1")


def job_of(number: int, priority: int = 1, submitted_at: float = 1.0) -> Job:
    spec = spec_of(MAIN, name=f"show-shot-me_job{number}")
    job = Job(spec, ids.job_id(number), submitted_at=submitted_at)
    job.priority = priority
    return job


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1.0, 2.0, 3.0])), max_size=12))
def test_it_is_by_priority_then_age_then_as_they_came(given: list[tuple[int, float]]) -> None:
    farm = Farm(cores=1.0, memory_mb=100)
    jobs = [job_of(number, *each) for number, each in enumerate(given)]

    for job in jobs:
        farm.add(job)

    assert farm.order == sorted(jobs, key=lambda job: (-job.priority, job.submitted_at))


def test_a_job_more_does_not_cost_a_look_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def counted(job: Job) -> tuple[int, float]:
        nonlocal looks
        looks += 1
        return -job.priority, job.submitted_at

    farm = Farm(cores=1.0, memory_mb=100)
    monkeypatch.setattr(farm_module, "_urgency", counted)

    for number in range(500):
        farm.add(job_of(number))

    assert looks < 500 * 12
