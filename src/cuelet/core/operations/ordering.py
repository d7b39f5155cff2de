"""What people ask of the order in which layers have their turn and frames start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cuelet.core.state.decision import Decision
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.order import Placing, make_order, placed, staggered
from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from outline.frames import FrameRangeError, parse_range

_ArrangeTasks = Callable[[Sequence[int], list[int]], list[int]]


def reorder(
    job: Job, layers: Iterable[Layer], text: str, placing: Placing, decision: Decision
) -> None:
    """Place the frames of a range first, last, or in reverse, in each of some layers.

    Raises:
        InvalidRequestError: The range is malformed.
        NotFoundError: It names no frame of these layers.
    """
    _arrange(job, layers, text, decision, lambda order, tasks: placed(order, tasks, placing))


def stagger(job: Job, layers: Iterable[Layer], text: str, step: int, decision: Decision) -> None:
    """Start every step-th frame of a range first, in each of some layers.

    Raises:
        InvalidRequestError: The range is malformed, or the step below 1.
        NotFoundError: It names no frame of these layers.
    """
    if step < 1:
        raise InvalidRequestError(request=f"stagger by {step}", reason="use 1 or more")
    _arrange(job, layers, text, decision, lambda order, tasks: staggered(order, tasks, step))


def set_dispatch_order(job: Job, layer: Layer, order: int, decision: Decision) -> None:
    """Say when a layer has its turn in its job: lower goes first, then the order of launch."""
    layer.dispatch_order = order
    job.sort_layers()
    decision.job(job)


def _arrange(
    job: Job, layers: Iterable[Layer], text: str, decision: Decision, arrange: _ArrangeTasks
) -> None:
    named = [(layer, _tasks_named(layer, text)) for layer in layers]
    if not any(tasks for _, tasks in named):
        raise NotFoundError(
            kind="frame", name=text, remedy=f"no frame of {job.name} is in that range"
        )
    for layer, tasks in named:
        if tasks:
            size = len(layer.tasks)
            order = layer.order.tasks if layer.order else range(size)
            layer.set_order(make_order(arrange(order, tasks), size))
    decision.job(job)


def _tasks_named(layer: Layer, text: str) -> list[int]:
    """Return the tasks of a layer that execute a number of a range, each once, in its order."""
    try:
        numbers = parse_range(text)
    except FrameRangeError as error:
        raise InvalidRequestError(request="order of frames", reason=str(error)) from error
    found = dict.fromkeys(layer.tasks.task_of(number) for number in numbers)
    return [task for task in found if task is not None]
