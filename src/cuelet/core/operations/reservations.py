"""What people change of what a job may use and its frames reserve; it counts from the next start on."""

from __future__ import annotations

from cuelet.core.state.decision import Decision
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer


def change_job(
    job: Job,
    decision: Decision,
    *,
    min_cores: float | None = None,
    max_cores: float | None = None,
    max_retries: int | None = None,
) -> None:
    """Change what is given of a job; retries hold for every layer of it."""
    job.min_cores = job.min_cores if min_cores is None else min_cores
    job.max_cores = job.max_cores if max_cores is None else max_cores
    if max_retries is not None:
        job.max_retries = max_retries
        for layer in job.layers:
            layer.retries = max_retries
    decision.job(job)


def change_layer(
    job: Job,
    layer: Layer,
    decision: Decision,
    *,
    cores: float | None = None,
    max_cores: float | None = None,
    memory_mb: int | None = None,
    gpus: int | None = None,
    tags: tuple[str, ...] | None = None,
    threadable: bool | None = None,
) -> None:
    """Change what is given of a layer."""
    layer.cores = layer.cores if cores is None else cores
    layer.max_cores = layer.max_cores if max_cores is None else max_cores
    layer.memory_mb = layer.memory_mb if memory_mb is None else memory_mb
    layer.asked_gpus = layer.asked_gpus if gpus is None else gpus
    layer.tags = layer.tags if tags is None else tags
    layer.threadable = layer.threadable if threadable is None else threadable
    decision.job(job)
