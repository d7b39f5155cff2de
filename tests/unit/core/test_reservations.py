"""What people change of what jobs may use and frames reserve."""

from __future__ import annotations

import pytest

from cuelet.core.operations.reservations import change_job, change_layer
from cuelet.core.state.decision import Decision
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import Bench, spec_of


@pytest.fixture
def bench() -> Bench:
    """Return a machine with a job of two layers."""
    return Bench(
        spec_of(LayerSpec(name="a", command="x", retries=5), LayerSpec(name="b", command="x"))
    )


def test_a_layer_changes_only_in_what_is_given(bench: Bench) -> None:
    job = bench.job
    one, other = job.layers
    before = (one.cores, one.memory_mb, one.tags, one.threadable, other.gpus)

    change_layer(job, one, Decision(), max_cores=3.0, gpus=0, threadable=False)

    assert (one.max_cores, one.gpus, one.threadable) == (3.0, 0, False)
    assert (one.cores, one.memory_mb, one.tags, True, other.gpus) == before


def test_retries_of_a_job_hold_for_all_of_its_layers(bench: Bench) -> None:
    job = bench.job
    cores = job.min_cores

    change_job(job, Decision(), max_cores=2.0, max_retries=0)

    assert (job.min_cores, job.max_cores, job.max_retries) == (cores, 2.0, 0)
    assert [layer.retries for layer in job.layers] == [0, 0]
