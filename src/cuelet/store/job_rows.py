"""Rows of what may change about a job and its layers while it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.states import JobState


class JobRow(NamedTuple):
    """One job, in the order of the columns of its table."""

    pk: int
    id: str
    spec: str
    """JSON, as submitted."""
    state: int
    paused: int
    priority: int
    autoeat: int
    max_retries: int
    min_cores: float
    max_cores: float
    submitted_at: float
    stopped_at: float
    after: str
    """JSON of the jobs waited for, as an older Cuelet kept them; else an empty object."""
    token: str
    """What the client called the launch."""
    spec_sum: int


class LayerRow(NamedTuple):
    """What a layer reserves and how often its frames are tried, where that is not as submitted."""

    idx: int
    cores: float
    max_cores: float
    memory_mb: int
    retries: int | None
    """None: those of the job, as it was submitted; never on disk."""
    tags: str
    """JSON."""


def values_of(job: Job) -> tuple[object, ...]:
    """Return what ``insert_job`` and ``update_job`` write of a job, in their order."""
    return (
        job.state,
        job.paused,
        job.priority,
        job.autoeat,
        job.max_retries,
        job.min_cores,
        job.max_cores,
        job.submitted_at,
        job.stopped_at,
    )


def restore(job: Job, row: JobRow) -> None:
    """Bring a fresh job's own settings to what was kept."""
    job.state, job.paused, job.priority = JobState(row.state), bool(row.paused), row.priority
    job.autoeat, job.max_retries = bool(row.autoeat), row.max_retries
    job.min_cores, job.max_cores = row.min_cores, row.max_cores
    job.stopped_at, job.launch_token = row.stopped_at, row.token


def layer_rows_of(job: Job) -> Iterator[LayerRow]:
    """Yield the rows of the layers that are not as submitted."""
    for layer in job.layers:
        row = _layer_row(layer)
        if row != _as_submitted(layer):
            yield row


def restore_layers(job: Job, rows: list[tuple[Any, ...]]) -> None:
    """Bring a fresh job's layers to what `layer_rows_of` wrote."""
    for row in map(LayerRow._make, rows):
        layer = job.layers[row.idx]
        layer.cores, layer.max_cores, layer.memory_mb = row.cores, row.max_cores, row.memory_mb
        layer.tags = tuple(json.loads(row.tags))
        if row.retries is not None:
            layer.retries = row.retries


def _layer_row(layer: Layer) -> LayerRow:
    tags = json.dumps(layer.tags)
    return LayerRow(layer.index, layer.cores, layer.max_cores, layer.memory_mb, layer.retries, tags)


def _as_submitted(layer: Layer) -> LayerRow:
    spec = layer.spec
    tags = json.dumps(spec.tags)
    return LayerRow(layer.index, spec.cores, spec.max_cores, spec.memory_mb, spec.retries, tags)
