"""Why frames of a job on a stock Cuebot do not run, from what its calls tell of job, depends, show, hosts and limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import Any

from opencue_proto import job_pb2

from opencue.exception import EntityNotFoundException
from opencue.stock import asking
from opencue.stock.awaited import Awaited, retry_dead, stories
from opencue.stock.depends import is_finished
from opencue.stock.explanation import Explanation, HeldFrames, Reason
from opencue.stock.holds import hold_reasons
from opencue.stock.words import frames_text, memory_text
from opencue.wrappers.entity import send

_HELD = ("WAITING", "SETUP", "DEPEND", "DEAD")


def explain(
    *, frame_id: str = "", layer_id: str = "", job_id: str = "", layer: str = "", frame: Any = None
) -> Explanation:
    """Return why the frames of a job, a layer or a frame do not run; see `opencue.why.explain`.

    Raises:
        EntityNotFoundException: There is no such thing.
    """
    if frame_id:
        return _explain_one(_job_of(frame_id), ids=[frame_id])
    if layer_id:
        found = send("layer", "GetLayer", id=layer_id).layer
        job_id, layer = found.parent_id, found.name
    job = asking.get_job(job_id)
    if frame is not None:
        return _explain_one(job, layers=[layer] if layer else [], frame_range=str(frame))
    return _Telling(job).explain_layers(layer)


def _job_of(frame_id: str) -> Any:
    job = asking.job_of_frame(frame_id)
    if job is None:
        raise EntityNotFoundException(f"no frame of the id {frame_id!r}")
    return job


def _explain_one(job: Any, **criteria: Any) -> Explanation:
    found = asking.get_frames(job.id, **criteria)
    if not found:
        raise EntityNotFoundException(f"no such frame in {job.name}: {criteria}")
    return _Telling(job).explain_frame(found[0])


class _Telling:
    """One job's frames, and why they do not run.

    Args:
        job: The job's message.
    """

    def __init__(self, job: Any) -> None:
        self.job = job
        self.facts = asking.FarmFacts(job)
        self.layers = {layer.name: layer for layer in asking.get_layers(job.id)}
        self.awaited = Awaited(job)

    def explain_frame(self, frame: Any) -> Explanation:
        """Return why one frame does not run, or that it runs or is done."""
        return Explanation(self.job.name, (self._held([frame]),), self._stuck())

    def explain_layers(self, only: str) -> Explanation:
        """Return why the frames of all layers do not run, or of one."""
        frames = asking.get_frames(self.job.id, states=asking.UNDONE)
        groups = [group for group in self._groups(frames) if only in ("", group[0].layer_name)]
        order = list(self.layers)
        groups.sort(key=lambda group: (order.index(group[0].layer_name), -len(group)))
        return Explanation(self.job.name, tuple(map(self._held, groups)), self._stuck())

    def _groups(self, frames: Sequence[Any]) -> Iterator[list[Any]]:
        """Yield the frames that do not run, alike ones together."""
        groups: dict[object, list[Any]] = {}
        for frame in frames:
            if frame.state in (job_pb2.WAITING, job_pb2.SETUP):
                groups.setdefault((frame.layer_name, frame.state), []).append(frame)
            elif frame.state == job_pb2.DEAD:
                groups.setdefault((frame.layer_name, "dead", frame.exit_status), []).append(frame)
        yield from groups.values()
        if any(frame.state == job_pb2.DEPEND for frame in frames):
            depends = send("job", "GetDepends", job={"id": self.job.id}).depends.depends
            for layer in self.layers:
                ours = [each for each in depends if each.depend_er_layer == layer]
                yield from stories(frames, layer, ours)

    def _held(self, frames: Sequence[Any]) -> HeldFrames:
        return HeldFrames(frames[0].name, len(frames), tuple(self._reasons(frames)))

    def _reasons(self, frames: Sequence[Any]) -> list[Reason]:
        first = frames[0]
        if first.state == job_pb2.DEAD:
            return [self._why_dead(frames)]
        if first.state not in (job_pb2.WAITING, job_pb2.SETUP, job_pb2.DEPEND):
            return [_why_not_held(first)]
        if is_finished(self.job):
            return [Reason("finished", "its job was killed")]
        found = [*self._paused()]
        if first.state == job_pb2.DEPEND:
            return [*found, *self.awaited.reasons(frames)]
        if found:
            return found
        numbers = [frame.number for frame in frames]
        return hold_reasons(self.facts, self.layers[first.layer_name], numbers)

    def _paused(self) -> Iterator[Reason]:
        if self.job.is_paused:
            yield Reason("paused", "its job is paused", f"cuelet resume {quote(self.job.name)}")

    def _why_dead(self, frames: Sequence[Any]) -> Reason:
        first = frames[0]
        layer = self.layers[first.layer_name]
        tried = (
            f"after {first.retry_count + 1} attempts"
            if first.retry_count
            else "at the first attempt"
        )
        text = f"it died {tried}: exit status {first.exit_status}"
        if first.max_rss:
            used, reserved = memory_text(first.max_rss), memory_text(layer.min_memory)
            text += f"; peak {used} of {reserved} reserved"
        return Reason("dead", text, *retry_dead(self.job.name, frames))

    def _stuck(self) -> str:
        """Return why the job cannot go on by itself, or an empty text."""
        stats, name = self.job.job_stats, quote(self.job.name)
        if is_finished(self.job) or stats.running_frames or stats.waiting_frames:
            return ""
        if self.job.is_paused:
            return f"the job is paused; cuelet resume {name}"
        if not stats.dead_frames:
            return ""
        are = "1 frame is" if stats.dead_frames == 1 else f"{frames_text(stats.dead_frames)} are"
        vain = f", {stats.depend_frames} wait in vain" if stats.depend_frames else ""
        return f"{are} dead{vain}; cuelet retry {name}, or cuelet eat {name} to go on without"


def _why_not_held(frame: Any) -> Reason:
    """Return the reason of a frame that runs or is done."""
    if frame.state == job_pb2.SUCCEEDED:
        return Reason("succeeded", "it has succeeded")
    if frame.state == job_pb2.EATEN:
        return Reason("eaten", "somebody gave up on it")
    where = f" on {frame.last_resource.partition('/')[0]}" if frame.last_resource else ""
    return Reason("running", f"it runs{where}")
