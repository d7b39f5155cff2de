"""Depends of a job spec: between layers of a job, and of a job on other jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from cuelet.core.values.errors import InvalidSpecError
from cuelet.core.values.names import normal_layer
from cuelet.rpc.spec.document import Document
from cuelet.rpc.spec.values import TRUE, text_of
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, Outcome, WireDependType

_FRAME_NAME = re.compile(r"(-?\d{1,18})-(.+)\Z")


def edges_inside(document: Document, job: str) -> Iterator[EdgeSpec]:
    """Yield the depends inside a job."""
    if document.depends is not None:
        yield from (_edge_from_json(values) for values in document.depends)
        return
    for element, on_job in _depends_of(document, job):
        if on_job == job and element.get("type") != "JOB_ON_JOB":
            yield _refuse_own_job(_edge_from_xml(element), job)


def _refuse_own_job(edge: EdgeSpec, job: str) -> EdgeSpec:
    if edge.layer and edge.on:
        return edge
    raise InvalidSpecError(
        where=f"depend {edge.type.name} on job",
        value=job,
        reason="is a wait for itself, since one end is a part of the other; name another job",
    )


def edges_outside(document: Document, job: str) -> Iterator[EdgeSpec]:
    """Yield the depends of a job on other jobs, but for those of the whole on the whole."""
    for element, on_job in _depends_of(document, job):
        if on_job != job and element.get("type") != "JOB_ON_JOB":
            yield _edge_from_xml(element).replace(on_job=on_job)


def awaited_jobs(document: Document, job: str) -> Iterator[str]:
    """Yield the names of the jobs that a whole job waits for."""
    for element, on_job in _depends_of(document, job):
        if element.get("type") != "JOB_ON_JOB":
            continue
        if on_job == job:
            raise InvalidSpecError(
                where="depend on job", value=on_job, reason="a job cannot wait for itself"
            )
        yield on_job


def _depends_of(document: Document, job: str) -> Iterator[tuple[Element, str]]:
    """Yield the elements whose waiting side is a job, with the name of the awaited job."""
    for element in document.root.iterfind("depends/depend"):
        if document.job_name(text_of(element, "depjob", job)) == job:
            yield element, document.job_name(text_of(element, "onjob", job))


def refuse_strangers(document: Document, jobs: Sequence[str]) -> None:
    """Refuse depends of jobs that are not among those that the spec launches."""
    names = set(jobs)
    for element in document.root.iterfind("depends/depend"):
        given = text_of(element, "depjob", jobs[0])
        if document.job_name(given) not in names:
            raise InvalidSpecError(
                where="depend of job",
                value=given,
                reason=f"the spec launches only {', '.join(sorted(names))}; "
                "let a job that runs already wait with createDependencyOnJob and its like",
            )


def _edge_from_json(values: Any) -> EdgeSpec:
    try:
        number = values.get("frame")
        if number is not None and type(number) is not int:
            raise ValueError(f"frame {number!r} is no frame number")
        return EdgeSpec(
            layer=normal_layer(str(values["layer"])),
            on=normal_layer(str(values["on"])),
            kind=EdgeKind(values.get("type", "FRAME_BY_FRAME")),
            outcome=Outcome(values.get("outcome", "succeeded")),
            on_frame=number,
        )
    except (AttributeError, KeyError, ValueError) as error:
        raise InvalidSpecError(
            where="depend", value=values, reason=f"is not understood: {error}"
        ) from error


def _edge_from_xml(element: Element) -> EdgeSpec:
    name = element.get("type", "FRAME_BY_FRAME")
    if name not in WireDependType.__members__:
        raise InvalidSpecError(
            where="depend type",
            value=name,
            reason=f"known are {', '.join(WireDependType.__members__)}",
        )
    if name in ("FRAME_BY_FRAME", "PREVIOUS_FRAME"):
        waiting, awaited, kind = "LAYER", "LAYER", EdgeKind(name)
    else:
        waiting, _, awaited = name.partition("_ON_")
        kind = _whole_kind(element, name)
    layer, frame = _WAITING.read(element, waiting)
    on, on_frame = _AWAITED.read(element, awaited)
    return EdgeSpec(layer=layer, waiting_frame=frame, on=on, on_frame=on_frame, kind=kind)


def _whole_kind(element: Element, name: str) -> EdgeKind:
    """Return the kind of a depend that lets all frames of its waiting end go at once."""
    if name == "LAYER_ON_LAYER" and element.get("anyframe", "").lower() in TRUE:
        return EdgeKind.LAYER_ON_ANY
    is_sim = name == "LAYER_ON_SIM_FRAME"
    return EdgeKind.LAYER_ON_SIM_FRAME if is_sim else EdgeKind.LAYER_ON_LAYER


@dataclass(frozen=True, slots=True)
class _End:
    """The tags in which one end of a depend is named."""

    layer_tag: str
    frame_tag: str

    def read(self, element: Element, part: str) -> tuple[str, int | None]:
        """Return layer and frame number of this end; no layer is the whole job, no frame the whole layer.

        Args:
            element: The depend.
            part: What this end is: JOB, LAYER, FRAME or SIM_FRAME, as in the depend's type.
        """
        if part == "JOB":
            return "", None
        if part == "LAYER":
            return normal_layer(text_of(element, self.layer_tag)), None
        return self._read_frame(element)

    def _read_frame(self, element: Element) -> tuple[str, int]:
        """Read a frame, which OpenCue's server looks for in the layer's tag as well."""
        in_layer_tag = text_of(element, self.layer_tag, "")
        name = text_of(element, self.frame_tag, in_layer_tag) or text_of(element, self.frame_tag)
        match = _FRAME_NAME.match(name)
        if match is None:
            raise InvalidSpecError(
                where=f"depend, {self.frame_tag}", value=name, reason="write it like 0012-layer"
            )
        return normal_layer(match[2]), int(match[1])


_WAITING = _End(layer_tag="deplayer", frame_tag="depframe")
_AWAITED = _End(layer_tag="onlayer", frame_tag="onframe")
