"""Read a job spec: the XML that OpenCue's clients send, and Cuelet's extension of it.

The wire's units end here: cores become whole or fractional cores, memory becomes MB.
Specs are untrusted: entities are refused, the DOCTYPE is accepted and never fetched.
"""

from __future__ import annotations

import json
import math
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from cuelet.core.operations.delays import LATEST_AT
from cuelet.core.values.errors import InvalidSpecError
from cuelet.core.values.names import normal_job, normal_layer, normal_shot
from cuelet.rpc.spec.files import declared_files
from outline.frames import EdgeKind
from outline.jobspec.model import DependType, EdgeSpec, JobSpec, LayerSpec, Outcome
from outline.jobspec.reservation import DEFAULT_MEMORY_MB

MAX_SPEC_BYTES = 64 * 1024 * 1024
MAX_RETRIES = 1000
MAX_MEMORY_MB = 2**31
MAX_NAMES = 200
"""Characters of job and layer name together: a log file is named after both."""
_TRUE = frozenset({"true", "yes", "1", "on"})
_SHOW = re.compile(r"[A-Za-z0-9_][\w.-]*\Z", re.ASCII)
_FRAME_NAME = re.compile(r"(-?\d{1,18})-(.+)\Z")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([mg]?)b?\Z", re.IGNORECASE)
MAX_DEPTH = 50
"""Levels of elements; a spec has seven."""
_ENDLESS_TAG = re.compile(r"<[^<>!?][^<>]{65536}")
"""Refused before it is parsed: that would hold it in memory three times over."""
_KINDS = frozenset({"Render", "Util", "Post"})


def parse_spec(text: str) -> list[JobSpec]:
    """Return the jobs of a spec, validated.

    Raises:
        InvalidSpecError: The text is no spec, or some value in it makes no sense.
    """
    root = _parse_xml(text)
    extension = _extension(root)
    show = _text(root, "show")
    if not _SHOW.match(show):
        raise InvalidSpecError(where="show", value=show, reason="use letters, digits, _ . -")
    spec = _Spec(root, extension, show)
    jobs = [_job(spec, element) for element in root.findall("job")]
    if not jobs:
        raise InvalidSpecError(where="spec", value=show, reason="has no job")
    _refuse_strangers(spec, jobs)
    return jobs


class _Shallow(TreeBuilder):
    """Builds the elements of a spec, and gives up on one that has more levels than any spec."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        """Go one level down."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidSpecError(
                where="element", value=tag, reason=f"lies deeper than {MAX_DEPTH} levels"
            )
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        """Go one level up."""
        self._depth -= 1
        return super().end(tag)


def _parse_xml(text: str) -> Element:
    if len(text) > MAX_SPEC_BYTES:
        raise InvalidSpecError(
            where="spec", value=f"{len(text):,} characters", reason="larger than 64 MB"
        )
    if found := _ENDLESS_TAG.search(text):
        raise InvalidSpecError(
            where="spec",
            value=text[found.start() : found.start() + 60],
            reason="has an element whose name and attributes are longer than 64 KB",
        )
    try:
        parser = DefusedXMLParser(target=_Shallow(), forbid_dtd=False, forbid_entities=True)
        parser.feed(text)
        root: Element = parser.close()
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InvalidSpecError(
            where="spec", value=text[:60], reason=f"is no XML: {error}"
        ) from error
    if root.tag != "spec":
        raise InvalidSpecError(where="root element", value=root.tag, reason="should be spec")
    return root


def _extension(root: Element) -> dict[str, Any]:
    text = root.findtext("cuelet")
    if text is None:
        return {}
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidSpecError(
            where="cuelet element", value=text[:60], reason=str(error)
        ) from error
    if not isinstance(values, dict) or values.get("version") != 1:
        raise InvalidSpecError(
            where="cuelet element", value=text[:60], reason="this farm reads version 1; update it"
        )
    _require(values, "job", dict)
    _require(values, "layers", dict)
    _require(values, "depends", list)
    for layer in values.get("layers", {}):
        _require(values["layers"], layer, dict)
    _require(values.get("job", {}), "env", dict)
    return values


def _require(values: Mapping[str, Any], key: str, kind: type) -> None:
    if not isinstance(values.get(key, kind()), kind):
        raise InvalidSpecError(
            where=f"cuelet element, {key}",
            value=values[key],
            reason=f"is no {'list' if kind is list else 'object'}",
        )


class _Spec:
    """What all jobs of one spec share."""

    def __init__(self, root: Element, extension: Mapping[str, Any], show: str) -> None:
        self.root, self.show = root, show
        self.shot = normal_shot(_text(root, "shot"))
        self.user = _text(root, "user")
        if not _SHOW.match(self.user):
            raise InvalidSpecError(
                where="user", value=self.user, reason="use letters, digits, _ . -"
            )
        self.job: Mapping[str, Any] = extension.get("job", {})
        self.layers: Mapping[str, Mapping[str, Any]] = extension.get("layers", {})
        self.depends: list[Mapping[str, Any]] | None = extension.get("depends")

    def job_name(self, name: str) -> str:
        return normal_job(name, show=self.show, shot=self.shot, user=self.user)


def _job(spec: _Spec, element: Element) -> JobSpec:
    given = element.get("name", "")
    name = spec.job_name(given)
    layers = tuple(_layer(spec, layer) for layer in element.iterfind("layers/layer"))
    _refuse_long_names(name, layers)
    edges = (*_edges(spec, name), *_post_edges(layers))
    return JobSpec(
        name=name,
        title=_usable("title", spec.job.get("title") or given),
        show=spec.show,
        shot=spec.shot,
        user=spec.user,
        facility=_text(spec.root, "facility", "local").lower(),
        email=_text(spec.root, "email", ""),
        uid=_uid(_text(spec.root, "uid", "")),
        priority=_int(element, "priority", 1),
        paused=_bool(element, "paused"),
        autoeat=_bool(element, "autoeat"),
        max_retries=_int(element, "maxretries", 1, low=0, high=MAX_RETRIES),
        max_cores=float(_int(element, "maxcores", -1)),
        os=_text(element, "os", ""),
        env=_env(element),
        base_env=_strings(spec.job["env"]) if "env" in spec.job else None,
        cwd=_usable("cwd", spec.job.get("cwd") or ""),
        session=_usable("session", spec.job.get("session") or ""),
        layers=layers,
        edges=edges,
        force=bool(spec.job.get("force")),
        after=tuple(_awaited_jobs(spec, name)),
        outside=tuple(_outside(spec, name)),
    )


def _uid(text: str) -> int | None:
    """Return the uid of a spec; one that is no number, or too large for the wire, says nothing."""
    uid = int(text) if text.isdecimal() and len(text) <= 10 else -1
    return uid if 0 <= uid < 2**31 else None


def _refuse_long_names(job: str, layers: tuple[LayerSpec, ...]) -> None:
    longest = max((layer.name for layer in layers), key=len, default="")
    if len(job) + len(longest) > MAX_NAMES:
        raise InvalidSpecError(
            where="job and layer name",
            value=f"{job} {longest}",
            reason=f"are longer than {MAX_NAMES} characters together; logs are named after them",
        )


def _layer(spec: _Spec, element: Element) -> LayerSpec:
    given = element.get("name", "")
    name = normal_layer(given)
    own = spec.layers.get(name, {})
    kind = element.get("type", "Render")
    if kind not in _KINDS:
        raise InvalidSpecError(
            where=f"layer {given!r}, type", value=kind, reason="is not Render, Util or Post"
        )
    argv = _argv(own, given)
    command = _text(element, "cmd", "")
    if not command and not argv:
        raise InvalidSpecError(
            where=f"layer {given!r}, cmd", value=command, reason="has no command"
        )
    return LayerSpec(
        name=name,
        title=_usable(f"layer {given!r}, title", own.get("title") or given),
        kind=kind,
        command=command or shlex.join(argv or ()),
        argv=argv or None,
        each_frame=own.get("each") == "frame",
        range=_text(element, "range"),
        chunk=_int(element, "chunk", 1, low=1, where=f"layer {given!r}, "),
        cores=_number(own, "cores", given) if "cores" in own else _cores(element, given),
        max_cores=_number(own, "max_cores", given) if "max_cores" in own else 0.0,
        memory_mb=_memory_mb(own, element, given),
        retries=_retries(own, given),
        threadable=_bool(element, "threadable", default=True),
        timeout_s=60 * _int(element, "timeout", 0, low=0),
        timeout_llu_s=60 * _int(element, "timeout_llu", 0, low=0),
        gpus=_int(element, "gpus", 0, low=0),
        tags=tuple(t for t in re.split(r"[|,\s]+", _text(element, "tags", "")) if t),
        services=tuple(_listed(element, "services/service")),
        limits=tuple(_listed(element, "limits/limit")),
        env=_env(element),
        outputs=tuple(_listed(element, "outputs/output")),
        output_files=declared_files(own, "outputs", given),
        input_files=declared_files(own, "inputs", given),
        skip_existing=bool(own.get("skip_existing")) and bool(own.get("outputs")),
        work=_usable(f"layer {given!r}, work", own.get("work") or ""),
        doubt=_usable(f"layer {given!r}, doubt", own.get("doubt") or ""),
        start_after=_start_after(own, given),
    )


def _argv(own: Mapping[str, Any], layer: str) -> tuple[str, ...]:
    argv = own.get("argv")
    if argv is not None and not (isinstance(argv, list) and argv):
        raise InvalidSpecError(
            where=f"layer {layer!r}, argv", value=argv, reason="is no list of arguments"
        )
    return tuple(_usable(f"layer {layer!r}, argv", argument) for argument in argv or ())


def _usable(where: str, value: object) -> str:
    """Return a text that a process can be given."""
    try:
        if isinstance(value, str) and b"\0" not in os.fsencode(value):
            return value
    except UnicodeEncodeError:
        pass  # a lone surrogate: no bytes stand for it
    raise InvalidSpecError(where=where, value=value, reason="is no text a program can be given")


def _retries(own: Mapping[str, Any], layer: str) -> int | None:
    if own.get("retries") is None:
        return None
    value = own["retries"]
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 <= value <= MAX_RETRIES:
        raise InvalidSpecError(
            where=f"layer {layer!r}, retries",
            value=value,
            reason=f"is not a whole number 0..{MAX_RETRIES}",
        )
    return int(value)


def _number(own: Mapping[str, Any], key: str, layer: str) -> float:
    value = own[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise InvalidSpecError(where=f"layer {layer!r}, {key}", value=value, reason="is no number")
    return float(value)


def _start_after(own: Mapping[str, Any], layer: str) -> float:
    """Read the epoch seconds before which no frame starts; 0 for at once."""
    value = _number(own, "start_after", layer) if "start_after" in own else 0.0
    if not 0 <= value <= LATEST_AT:
        raise InvalidSpecError(
            where=f"layer {layer!r}, start_after", value=value, reason="use seconds since 1970"
        )
    return value


def _cores(element: Element, layer: str) -> float:
    """Read cores: with a dot whole or fractional cores, without one core points (100 = one core)."""
    text = _text(element, "cores", "1.0")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidSpecError(where=f"layer {layer!r}, cores", value=text, reason="is no number")
    return value if "." in text else value / 100


def _memory_mb(own: Mapping[str, Any], element: Element, layer: str) -> int:
    """Read memory: ``8192m`` is MB, ``8g`` or a bare number GB; the extension says MB."""
    text = _text(element, "memory", "")
    if "memory_mb" in own:
        text, value = own["memory_mb"], _number(own, "memory_mb", layer)
    elif not text:
        return DEFAULT_MEMORY_MB
    elif match := _MEMORY.match(text):
        value = float(match[1]) * (1 if match[2].lower() == "m" else 1024)
    else:
        value = -1.0
    if not 0 <= value <= MAX_MEMORY_MB:
        raise InvalidSpecError(
            where=f"layer {layer!r}, memory", value=text, reason="write it like 512m or 8g"
        )
    return int(value)


def _edges(spec: _Spec, job: str) -> Iterator[EdgeSpec]:
    """Yield the depends inside a job."""
    if spec.depends is not None:
        yield from (_edge_from_json(values) for values in spec.depends)
        return
    for element, on_job in _depends_of(spec, job):
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


def _outside(spec: _Spec, job: str) -> Iterator[EdgeSpec]:
    """Yield the depends of a job on other jobs, but for those of the whole on the whole."""
    for element, on_job in _depends_of(spec, job):
        if on_job != job and element.get("type") != "JOB_ON_JOB":
            yield replace(_edge_from_xml(element), on_job=on_job)


def _depends_of(spec: _Spec, job: str) -> Iterator[tuple[Element, str]]:
    """Yield the elements whose waiting side is a job, with the name of the awaited job."""
    for element in spec.root.iterfind("depends/depend"):
        if spec.job_name(_text(element, "depjob", job)) == job:
            yield element, spec.job_name(_text(element, "onjob", job))


def _refuse_strangers(spec: _Spec, jobs: Sequence[JobSpec]) -> None:
    """Refuse depends of jobs that the spec does not launch."""
    names = {job.name for job in jobs}
    for element in spec.root.iterfind("depends/depend"):
        given = _text(element, "depjob", jobs[0].name)
        if spec.job_name(given) not in names:
            raise InvalidSpecError(
                where="depend of job",
                value=given,
                reason=f"the spec launches only {', '.join(sorted(names))}; "
                "let a job that runs already wait with createDependencyOnJob and its like",
            )


def _post_edges(layers: Sequence[LayerSpec]) -> Iterator[EdgeSpec]:
    """Yield the depends that make Post layers run when all the others are done."""
    for post in (layer for layer in layers if layer.kind == "Post"):
        for layer in layers:
            if layer.kind != "Post":
                yield EdgeSpec(layer=post.name, on=layer.name, kind=EdgeKind.LAYER_ON_LAYER)


def _awaited_jobs(spec: _Spec, job: str) -> Iterator[str]:
    """Yield the names of the jobs that a whole job waits for."""
    for element, on_job in _depends_of(spec, job):
        if element.get("type") != "JOB_ON_JOB":
            continue
        if on_job == job:
            raise InvalidSpecError(
                where="depend on job", value=on_job, reason="a job cannot wait for itself"
            )
        yield on_job


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
    if name not in DependType.__members__:
        raise InvalidSpecError(
            where="depend type", value=name, reason=f"known are {', '.join(DependType.__members__)}"
        )
    if name in ("FRAME_BY_FRAME", "PREVIOUS_FRAME"):
        er, on, kind = "LAYER", "LAYER", EdgeKind(name)
    else:
        er, _, on = name.partition("_ON_")
        kind = _gate_kind(element, name)
    layer, er_frame = _ER_ENDS[er](element)
    on_layer, on_frame = _ON_ENDS[on](element)
    return EdgeSpec(layer=layer, er_frame=er_frame, on=on_layer, on_frame=on_frame, kind=kind)


def _gate_kind(element: Element, name: str) -> EdgeKind:
    if name == "LAYER_ON_LAYER" and element.get("anyframe", "").lower() in _TRUE:
        return EdgeKind.LAYER_ON_ANY
    is_sim = name == "LAYER_ON_SIM_FRAME"
    return EdgeKind.LAYER_ON_SIM_FRAME if is_sim else EdgeKind.LAYER_ON_LAYER


_End = tuple[str, int | None]


def _job_end(element: Element) -> _End:
    return "", None


def _layer_end(tag: str) -> Callable[[Element], _End]:
    return lambda element: (normal_layer(_text(element, tag)), None)


def _frame_end(tag: str, other: str) -> Callable[[Element], _End]:
    def read(element: Element) -> _End:
        text = _text(element, tag, _text(element, other, "")) or _text(element, tag)
        match = _FRAME_NAME.match(text)
        if match is None:
            raise InvalidSpecError(
                where=f"depend, {tag}", value=text, reason="write it like 0012-layer"
            )
        return normal_layer(match[2]), int(match[1])

    return read


_ER_ENDS = {
    "JOB": _job_end,
    "LAYER": _layer_end("deplayer"),
    "FRAME": _frame_end("depframe", "deplayer"),
}
_ON_ENDS = {
    "JOB": _job_end,
    "LAYER": _layer_end("onlayer"),
    "FRAME": _frame_end("onframe", "onlayer"),  # where OpenCue's server looks for it
    "SIM_FRAME": _frame_end("onframe", "onlayer"),
}


def _env(element: Element) -> dict[str, str]:
    keys = (key for env in element.findall("env") for key in env.findall("key"))
    return _strings(
        {name: (key.text or "").strip() for key in keys if (name := key.get("name", ""))}
    )


def _strings(values: Mapping[str, Any]) -> dict[str, str]:
    """Return an environment, every name and value of which a process can be given."""
    for name in values:
        if not name or "=" in name:
            raise InvalidSpecError(
                where="environment variable", value=name, reason="is no name of one"
            )
    return {
        _usable("environment variable", name): _usable(f"environment variable {name!r}", value)
        for name, value in values.items()
    }


def _listed(element: Element, path: str) -> Iterator[str]:
    return (text for item in element.iterfind(path) if (text := (item.text or "").strip()))


def _text(element: Element, tag: str, default: str | None = None) -> str:
    text = (element.findtext(tag) or "").strip()
    if text:
        return text
    if default is None:
        where = element.get("name", element.tag)
        raise InvalidSpecError(where=f"{tag} of {where}", value="", reason="is missing")
    return default


def _bool(element: Element, tag: str, *, default: bool = False) -> bool:
    text = _text(element, tag, "")
    return text.lower() in _TRUE if text else default


def _int(
    element: Element,
    tag: str,
    default: int,
    *,
    low: int = -(2**31),
    high: int = 2**31 - 1,
    where: str = "",
) -> int:
    text = _text(element, tag, "")
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise InvalidSpecError(
            where=f"{where}{tag}", value=text, reason=f"is not a whole number {low}..{high}"
        )
    return value
