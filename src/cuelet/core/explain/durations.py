"""How long a wait may take, from how long the frames of the awaited layers took, and on what that rests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.states import RUNNING, SUCCEEDED
from cuelet.quantities import count, duration


class _Took(NamedTuple):
    """What the succeeded frames of a layer took."""

    frames: int
    mean_s: float


class FrameTimes:
    """What frames took, each layer looked at once: a layer may have many frames, and be asked for by many."""

    def __init__(self) -> None:
        self._found: dict[Layer, _Took] = {}

    def of(self, job: Job, layer: Layer) -> _Took:
        """Return how many frames of a layer have run to success, and what they took on average."""
        if layer not in self._found:
            done = job.frames_in(layer, frozenset({SUCCEEDED}))
            walls = [wall for index in done if (wall := job.wall_s[index]) > 0]
            self._found[layer] = _Took(len(walls), sum(walls) / max(len(walls), 1))
        return self._found[layer]


def how_long(job: Job, frames: Iterable[int], times: FrameTimes) -> str:
    """Return how long frames that are still to come may take; empty where a layer of them has no finished one.

    Args:
        job: Their job.
        frames: Job-wide indexes of frames that run or will.
        times: What frames took.
    """
    layers = _by_layer(job, frames)
    took = {layer: times.of(job, layer) for layer in layers}
    if not layers or not all(each.frames for each in took.values()):
        return ""
    basis = _basis(took)
    running = sum(job.state_of[index] == RUNNING for each in layers.values() for index in each)
    if not running:
        return f"; {basis}"
    work_s = sum(len(each) * took[layer].mean_s for layer, each in layers.items())
    left_s = max(work_s / running, *(each.mean_s for each in took.values()))
    return f"; about {duration(left_s)} with {running} at a time as now: {basis}"


def pace_of(job: Job, layer: Layer, times: FrameTimes) -> str:
    """Return what the frames of a layer that runs took so far; empty where none has finished."""
    took = times.of(job, layer)
    return f"; {_basis({layer: took})}" if took.frames else ""


def _by_layer(job: Job, frames: Iterable[int]) -> dict[Layer, list[int]]:
    found: dict[Layer, list[int]] = {}
    for index in frames:
        found.setdefault(job.layer_at(index), []).append(index)
    return found


def _basis(took: Mapping[Layer, _Took]) -> str:
    number = sum(each.frames for each in took.values())
    mean_s = sum(each.frames * each.mean_s for each in took.values()) / number
    names = ", ".join(layer.name for layer in took)
    return f"{count(number, 'finished frame')} of {names} took {duration(mean_s)} on average"
