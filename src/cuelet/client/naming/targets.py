"""What the words of a command name: jobs, layers of them, frames; one way for all commands.

``JOB``, ``JOB LAYER``, ``JOB LAYER 12``, ``JOB 12-layer`` (also ``0012-layer``), an id or how one
begins, and ``shot*`` for all jobs that match; any number of them one after the other. A word behind
a job is a part of it where it can be; a word that may be both a part and another job is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import opencue
from cuelet.client import lookup
from cuelet.client.errors import (
    AmbiguousFrameError,
    AmbiguousNameError,
    FrameNotFoundError,
    JobNotFoundError,
    PartNotFoundError,
)
from cuelet.client.naming.nearness import did_you_mean
from cuelet.client.naming.spelling import FrameName, frame_name, frame_number, is_range
from opencue.naming.spelling import short_ids
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer
from outline.frames import parse_range
from outline.jobspec.names import wire_name


@dataclass(frozen=True, slots=True)
class Target:
    """A job, a layer of it, or frames of a layer."""

    job: Job
    layer: str = ""
    """Its name on the wire; empty: the whole job."""
    frames: str = ""
    """A range; empty: the whole layer."""

    @property
    def number(self) -> int | None:
        """The frame, when it is one."""
        return frame_number(self.frames)

    @property
    def words(self) -> str:
        """What it is, in words."""
        return f"{self.layer} {self.frames}".strip() or self.job.name()


def find_targets(words: Sequence[str]) -> list[Target]:
    """Return what some words name, in their order.

    Raises:
        JobNotFoundError: The first word is no job.
        PartNotFoundError: A further word is neither a part of the job before it nor a job.
        AmbiguousNameError: A word may mean several things.
    """
    return _read(words, several=True)


def find_target(words: Sequence[str]) -> Target:
    """Return the one job, layer or frame that some words name.

    Raises:
        JobNotFoundError: The first word is no job.
        PartNotFoundError: The job has no such part.
        AmbiguousNameError: A word may mean several things, or all of them name several.
    """
    found = _read(words, several=False)
    if len(found) > 1:
        short = short_ids([target.job.id() for target in found])
        meanings = [(short[target.job.id()], target.job.name()) for target in found]
        raise AmbiguousNameError(word=" ".join(words), meanings=meanings)
    return found[0]


def _read(words: Sequence[str], *, several: bool) -> list[Target]:
    reading = _Reading()
    for word in words:
        reading.take(word, several=several)
    return reading.targets


@dataclass(slots=True)
class _Reading:
    """Words as far as they are read."""

    targets: list[Target] = field(default_factory=list)
    """What was named so far."""
    _current: list[Target] = field(default_factory=list)
    """What the last word named, one for each job; a further word may be a part of it."""
    _layers: dict[str, dict[str, Layer]] = field(default_factory=dict)

    def take(self, word: str, *, several: bool) -> None:
        """Read one more word."""
        parts = self._parts(word)
        found = lookup.find(word) if not self._current or several else lookup.Found(word)
        if parts and not found.is_empty:
            raise AmbiguousNameError(word=word, meanings=[*self._ways(parts), *found.meanings()])
        if not parts and found.is_empty:
            raise self._not_found(word)
        if not parts and not found.is_clear:
            raise AmbiguousNameError(word=word, meanings=found.meanings())
        self._add(parts or _targets_of(found), is_part=bool(parts))

    def _add(self, named: list[Target], *, is_part: bool) -> None:
        """Note what a word named; a part stands in the place of the whole that was named before it."""
        if is_part and _holds(self._current[0], named[0]):
            del self.targets[-len(self._current) :]
        self.targets += named
        self._current = named

    def _parts(self, word: str) -> list[Target]:
        """Return what a word names in the jobs of the last one: in each of them one thing, or nothing."""
        found: list[Target] = []
        for target in self._current:
            meant = self._parts_of(target, word)
            if len(meant) > 1:
                raise AmbiguousNameError(word=word, meanings=self._ways(meant))
            found += meant
        return found

    def _parts_of(self, target: Target, word: str) -> list[Target]:
        layers, name = self._layers_of(target.job), frame_name(word)
        found = []
        if target.layer and is_range(word):
            found.append(Target(target.job, target.layer, word))
        elif wire_name(word) in layers:
            found.append(Target(target.job, wire_name(word)))
        if name and wire_name(name.layer) in layers:
            found.append(Target(target.job, wire_name(name.layer), str(name.number)))
        if not found and not target.layer and (number := frame_number(word)) is not None:
            found = [*_frames_numbered(target.job, number)]
        return found

    def _layers_of(self, job: Job) -> dict[str, Layer]:
        if job.id() not in self._layers:
            self._layers[job.id()] = {layer.name(): layer for layer in job.getLayers()}
        return self._layers[job.id()]

    def _ways(self, parts: Sequence[Target]) -> list[tuple[str, str]]:
        """Return how each of some parts is named alone, and what it is."""
        return [(self._alone(part), f"{part.words} of {part.job.name()}") for part in parts]

    def _alone(self, part: Target) -> str:
        if part.number is not None:
            return str(FrameName(part.number, part.layer))
        return self._layers_of(part.job)[part.layer].id()

    def _not_found(self, word: str) -> JobNotFoundError | PartNotFoundError:
        if not self._current:
            return lookup.not_found(word)
        job = self._current[0].job
        layers = [*self._layers_of(job)]
        meant = _meant_part(word, layers) or did_you_mean(word, lookup.job_words())
        return PartNotFoundError(job=job.name(), word=word, layers=layers, meant=meant)


def _targets_of(found: lookup.Found) -> list[Target]:
    parts = [
        Target(
            opencue.api.getJob(part.job_id),
            part.layer,
            "" if part.number is None else str(part.number),
        )
        for part in found.parts
    ]
    return [*map(Target, found.jobs), *parts]


def _holds(whole: Target, part: Target) -> bool:
    """Tell whether a target is a whole that another one lies in."""
    return not whole.frames and whole.layer in ("", part.layer)


def _frames_numbered(job: Job, number: int) -> list[Target]:
    """Return the frames of a job that execute a frame number, one for each layer that has it."""
    found = job.getFrames(range=str(number))
    return [Target(job, frame.data.layer_name, str(number)) for frame in found]


def _meant_part(word: str, layers: Sequence[str]) -> str:
    """Return ``; did you mean 12-render?`` for a word that is like a layer, or like a frame of one."""
    name = frame_name(word)
    if name is None:
        return did_you_mean(word, layers)
    return did_you_mean(word, [str(FrameName(name.number, layer)) for layer in layers])


def find_frame(words: Sequence[str]) -> tuple[Job, Frame]:
    """Return the one frame that some words name, and its job.

    Raises:
        AmbiguousFrameError: They name several frames.
        FrameNotFoundError: The layer has no frame of that number.
        JobNotFoundError, PartNotFoundError, AmbiguousNameError: As for `find_target`.
    """
    target = find_target(words)
    return target.job, frame_of(target)


def frame_of(target: Target) -> Frame:
    """Return the frame that a target is; raises AmbiguousFrameError, FrameNotFoundError."""
    chosen: dict[str, Any] = {"layer": [target.layer]} if target.layer else {}
    if target.frames:
        chosen["range"] = target.frames
    found = target.job.getFrames(**chosen, limit=2)
    if len(found) == 1:
        return found[0]
    if not found and target.number is not None:
        raise _no_frame(target, target.number)
    raise _several_frames(target, [frame.name() for frame in found])


def _several_frames(target: Target, names: Sequence[str]) -> AmbiguousFrameError:
    job = target.job
    count = len(job.getFrames(layer=[target.layer])) if target.layer else job.totalFrames()
    what = f"layer {target.layer!r}" if target.layer else job.name()
    return AmbiguousFrameError(what=what, count=count, first=names[0] if names else "")


def _no_frame(target: Target, number: int) -> FrameNotFoundError:
    """Return the error for a frame that a layer does not have, with the one that is nearest."""
    layers = {layer.name(): layer for layer in target.job.getLayers()}
    there = layers[target.layer].range() if target.layer in layers else ""
    numbers = parse_range(there) if there and is_range(there) else ()
    near = min(numbers, key=lambda each: abs(each - number), default=None)
    return FrameNotFoundError(
        job=target.job.name(),
        layer=target.layer,
        number=number,
        there=there,
        nearest="" if near is None else str(FrameName(near, target.layer)),
    )
