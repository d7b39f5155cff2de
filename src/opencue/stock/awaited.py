"""What the frames of a job wait for on a stock Cuebot, how much of it is left, and the way out of a wait in vain."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from shlex import quote
from typing import Any

from opencue_proto import depend_pb2, job_pb2

from opencue.stock import asking
from opencue.stock.depends import is_finished, what_holds
from opencue.stock.explanation import Reason
from opencue.stock.words import frames_text, names_text, range_text, states_text

_OF_WHOLE_JOBS = (depend_pb2.JOB_ON_JOB, depend_pb2.JOB_ON_LAYER, depend_pb2.JOB_ON_FRAME)


class Awaited:
    """The jobs that frames of one job wait for, each asked about once.

    Args:
        job: The message of the job that waits.
    """

    def __init__(self, job: Any) -> None:
        self._job = job

    def reasons(self, frames: Sequence[Any]) -> list[Reason]:
        """Return what frames of a layer wait for that tell the same story; the first one is asked for all of them."""
        held = what_holds(frames[0].id)
        apart = [depend for depend in held if not depend.depend_on_frame or len(frames) == 1]
        one_by_one = {
            (depend.depend_on_job, depend.depend_on_layer)
            for depend in held
            if depend.depend_on_frame and len(frames) > 1
        }
        return [
            *(self._why(depend) for depend in apart),
            *(self._why_each(*where, frames) for where in one_by_one),
        ] or [_unknown()]

    def _why(self, depend: Any) -> Reason:
        on = self._job_named(depend.depend_on_job)
        if on is None or is_finished(on):
            return _gone(self._job, depend)
        criteria: dict[str, Any] = {}
        if depend.depend_on_layer:
            criteria["layers"] = [depend.depend_on_layer]
        if depend.depend_on_frame:
            criteria["frames"] = [depend.depend_on_frame]
        left = self._left(on.id, **criteria)
        what = depend.depend_on_frame or depend.depend_on_layer
        which = "any frame of " if depend.any_frame else "" if depend.depend_on_frame else "all of "
        if not what:
            which, what = "", f"job {on.name}"
        elif on.id != self._job.id:
            what += f" of job {on.name}"
        who = "its job waits for" if depend.type in _OF_WHOLE_JOBS else "it waits for"
        return self._told(f"{who} {which}{what} to succeed", on, left, depend)

    def _why_each(self, job_name: str, layer: str, frames: Sequence[Any]) -> Reason:
        """Return the reason of frames of which each waits for some of a layer."""
        on = self._job_named(job_name)
        if on is None:
            return _unknown()
        numbers = range_text(frame.number for frame in frames)
        left = self._left(on.id, layers=[layer], frame_range=numbers)
        where = layer if on.id == self._job.id else f"{layer} of job {on.name}"
        return self._told(f"each waits for its part of {where} to succeed", on, left, None)

    def _told(self, text: str, on: Any, left: Sequence[Any], depend: Any) -> Reason:
        """Return a wait with how much is left, and the command where it is in vain."""
        if not left:
            return _nothing_left(text, self._job, depend)
        told = f"{text}; {frames_text(len(left))} left: {states_text(left)}"
        dead = [frame for frame in left if frame.state == job_pb2.DEAD]
        if dead:
            return Reason("depend", told, *retry_dead(on.name, dead))
        if all(frame.state == job_pb2.DEPEND for frame in left) and (roots := self._dead_of(on)):
            names = names_text(frame.name for frame in roots)
            return Reason("depend", f"{told}; {names} died", *retry_dead(on.name, roots))
        if on.is_paused and on.id != self._job.id:
            return Reason(
                "depend", f"{told}; that job is paused", f"cuelet resume {quote(on.name)}"
            )
        return Reason("depend", told)

    def _left(self, job_id: str, **criteria: Any) -> list[Any]:
        """Return the awaited frames that are not done."""
        return asking.get_frames(job_id, states=asking.UNDONE, **criteria)

    def _dead_of(self, on: Any) -> list[Any]:
        """Return the dead frames of a job of which nothing can start any more."""
        stats = on.job_stats
        if stats.waiting_frames or stats.running_frames or not stats.dead_frames:
            return []
        return asking.get_frames(on.id, states=["DEAD"])

    @functools.cache  # noqa: B019 it lives as long as one explanation
    def _job_named(self, name: str) -> Any:
        return self._job if name == self._job.name else asking.find_pending_job(name)


def retry_dead(job: str, dead: Iterable[Any]) -> tuple[str, str]:
    """Return the command that runs dead frames again, and what that costs."""
    numbers: dict[str, list[int]] = {}
    for frame in dead:
        numbers.setdefault(frame.layer_name, []).append(frame.number)
    layers = " ".join(f"--layer {quote(layer)}" for layer in numbers)
    command = f"cuelet retry {quote(job)} {layers}"
    if len(numbers) > 1:
        return command, ""
    (found,) = numbers.values()
    frames = range_text(found)
    return f"{command} {'--frames=' if frames.startswith('-') else '--frames '}{frames}", ""


def _nothing_left(text: str, job: Any, depend: Any) -> Reason:
    """Return the reason of a depend whose frames are all done or eaten: a Cuebot may not count eaten ones."""
    layer = depend.depend_er_layer if depend is not None else ""
    remedy = f"cueadmin -satisfy-dependency {quote(job.name)} {quote(layer)}" if layer else ""
    told = f"{text}; none is left: what was eaten does not count as done on this Cuebot"
    return Reason("depend", told, remedy, "it then runs without what the eaten frames were to make")


def _gone(job: Any, depend: Any) -> Reason:
    text = f"it waits for job {depend.depend_on_job}, which has ended"
    return Reason(
        "job", text, f"cuelet drop-depends {quote(job.name)} --on {quote(depend.depend_on_job)}"
    )


def _unknown() -> Reason:
    return Reason("depend", "it waits for other frames; which ones this Cuebot does not say")


def stories(frames: Sequence[Any], layer: str, depends: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the frames of a layer that wait, in groups by how the frames of the same number stand that they wait for.

    Args:
        frames: Every frame of the job that is not done.
        layer: The layer.
        depends: Its depends.
    """
    by_place = {(frame.layer_name, frame.number): frame.state for frame in frames}
    on_layers = [
        depend.depend_on_layer
        for depend in depends
        if depend.type == depend_pb2.FRAME_BY_FRAME and depend.depend_on_job == depend.depend_er_job
    ]
    groups: dict[object, list[Any]] = {}
    for frame in frames:
        if frame.state == job_pb2.DEPEND and frame.layer_name == layer:
            story = tuple(by_place.get((on, frame.number)) for on in on_layers)
            groups.setdefault(story, []).append(frame)
    yield from groups.values()
