"""What the layers of a job on a stock Cuebot wait for, with how much is left of it, as a Cuelet farm tells it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

from opencue_proto import depend_pb2, job_pb2

from opencue.stock import asking
from opencue.wrappers.entity import send

_WORDS = {
    "FRAME_BY_FRAME": "each frame waits for the same frame of {on} to succeed",
    "LAYER_ON_LAYER": "waits for all of {on} to succeed",
    "PREVIOUS_FRAME": "each frame waits for the previous frame of {on} to succeed",
    "JOB_ON_JOB": "waits for job {on} to succeed",
    "LAYER_ON_JOB": "waits for job {on} to succeed",
    "FRAME_ON_JOB": "waits for job {on} to succeed",
    "FRAME_ON_FRAME": "frames wait for frames of {on} to succeed",
}

_NEVER_CLEARED = (depend_pb2.FRAME_BY_FRAME, depend_pb2.PREVIOUS_FRAME)
"""Depends that Cuebot shows as active even when those of their single frames are satisfied."""


def list_records(job_id: str) -> list[dict[str, Any]]:
    """Return the depends of a job, in the form of the answer of a Cuelet farm to ``GetDepends``."""
    found = send("job", "GetDepends", job={"id": job_id}).depends.depends
    book = _Book(job_id)
    listed = [*found, *book.between_frames(found)]
    return [book.record(*group) for group in _grouped(listed)]


def _grouped(depends: Iterable[Any]) -> list[tuple[Any, int]]:
    """Return depends, alike ones of single frames together, with how many there are of each."""
    groups: dict[object, list[Any]] = {}
    for place, depend in enumerate(depends):
        has_frame = depend.depend_er_frame
        alike = (depend.type, depend.depend_er_layer, depend.depend_on_job, depend.depend_on_layer)
        groups.setdefault((*alike, depend.active) if has_frame else place, []).append(depend)
    return [(found[0], len(found)) for found in groups.values()]


class _Book:
    """What is known of the jobs at the ends of depends, each asked for once.

    Args:
        job_id: The job that waits.
    """

    def __init__(self, job_id: str) -> None:
        self.job = asking.get_job(job_id)
        self.layers = {layer.name: layer for layer in asking.get_layers(job_id)}

    def between_frames(self, known: Iterable[Any]) -> Iterator[Any]:
        """Yield a depend for each layer whose frames wait for frames one by one, which a Cuebot does not list."""
        told = {depend.depend_er_layer for depend in known if depend.active}
        for layer in self.layers.values():
            if not layer.layer_stats.depend_frames or layer.name in told or "" in told:
                continue
            frames = asking.get_frames(self.job.id, layers=[layer.name], states=["DEPEND"])
            yield from what_holds(frames[0].id) if frames else ()

    def record(self, depend: Any, number: int) -> dict[str, Any]:
        """Return one depend, or several alike ones of single frames."""
        kind = depend_pb2.DependType.Name(depend.type)
        on_job = depend.depend_on_job if depend.depend_on_job != depend.depend_er_job else ""
        on_frame = depend.depend_on_frame if number == 1 and _is_of_one_frame(depend) else ""
        part = on_frame or depend.depend_on_layer
        left, on_left = self._left(depend, number), self._on_left(depend)
        active = depend.active and (left > 0 or depend.type not in _NEVER_CLEARED)
        where = f"{part} of job {on_job}" if part and on_job else part or depend.depend_on_job
        return {
            "id": depend.id,
            "layer": depend.depend_er_layer or depend.depend_er_job,
            "on": f"{on_job}/{part}" if part and on_job else part or depend.depend_on_job,
            "on_job": on_job,
            "type": kind,
            "outcome": "succeeded",
            "active": active,
            "released": not active and on_left > 0,
            "left": left if active else 0,
            "on_left": on_left,
            "text": _text(kind, where, any_frame=depend.any_frame),
        }

    def _left(self, depend: Any, number: int) -> int:
        """Return how many frames still wait."""
        layer = self.layers.get(depend.depend_er_layer)
        held: int = (self.job.job_stats if layer is None else layer.layer_stats).depend_frames
        return min(held, number) if depend.depend_er_frame and _is_of_one_frame(depend) else held

    def _on_left(self, depend: Any) -> int:
        """Return how many awaited frames are not there yet."""
        layers = self._layers_of(depend.depend_on_job)
        only = depend.depend_on_layer
        left = sum(_undone(layer) for name, layer in layers.items() if only in ("", name))
        return min(left, 1) if depend.depend_on_frame and _is_of_one_frame(depend) else left

    @functools.cache  # noqa: B019 it lives as long as one listing
    def _layers_of(self, name: str) -> dict[str, Any]:
        """Return the layers of a job by name; none of one that has ended, which nothing waits for."""
        if name == self.job.name:
            return self.layers
        found = asking.find_pending_job(name)
        return {} if found is None else {layer.name: layer for layer in asking.get_layers(found.id)}


def _is_of_one_frame(depend: Any) -> bool:
    """Tell whether a depend is of single frames and itself; one of frame on frame stands for its layer's."""
    return bool(depend.type != depend_pb2.FRAME_ON_FRAME)


def _text(kind: str, on: str, *, any_frame: bool) -> str:
    if any_frame:
        return f"waits for any frame of {on} to succeed"
    return _WORDS.get(kind, "waits for {on} to succeed").format(on=on)


def _undone(layer: Any) -> int:
    stats = layer.layer_stats
    return int(stats.total_frames - stats.succeeded_frames - stats.eaten_frames)


def what_holds(frame_id: str) -> list[Any]:
    """Return what a frame waits for now, as messages."""
    found = send("frame", "GetWhatThisDependsOn", frame={"id": frame_id}).depends.depends
    return [depend for depend in found if depend.active]


def is_finished(job: Any) -> bool:
    """Tell whether a job has ended."""
    return bool(job.state == job_pb2.FINISHED)
