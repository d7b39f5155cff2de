"""Rows of what decides when and where a layer's frames start, as far as it differs from the spec."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.order import order_from_text

Row = tuple[Any, ...]


def rows_of(job: Job) -> Iterator[Row]:
    """Yield the rows of a job, without its key."""
    for layer in job.layers:
        values = _values(layer)
        if values != _as_submitted(layer):
            yield (layer.index, *values)


def restore(job: Job, rows: list[Row]) -> None:
    """Bring a fresh job's layers to what `rows_of` wrote."""
    for index, limits, gpus, threadable, dispatch_order, frame_order, after, reason in rows:
        layer = job.layers[index]
        layer.limits, layer.asked_gpus = tuple(json.loads(limits)), gpus
        layer.threadable, layer.dispatch_order = bool(threadable), dispatch_order
        layer.start_after, layer.start_after_reason = after, reason
        layer.set_order(order_from_text(frame_order, len(layer.tasks)))
    if rows:
        job.sort_layers()


def _values(layer: Layer) -> Row:
    return (
        json.dumps(layer.limits),
        layer.asked_gpus,
        layer.threadable,
        layer.dispatch_order,
        layer.order.text() if layer.order else "",
        layer.start_after,
        layer.start_after_reason,
    )


def _as_submitted(layer: Layer) -> Row:
    spec = layer.spec
    limits = json.dumps(tuple(dict.fromkeys(spec.limits)))
    return (limits, spec.gpus, spec.threadable, layer.index + 1, "", spec.start_after, "")
