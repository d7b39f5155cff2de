"""Read a job spec: the XML that OpenCue's clients send, and Cuelet's extension of it.

The wire's units end here: cores become whole or fractional cores, memory becomes MB.
Specs are untrusted: entities are refused, the DOCTYPE is accepted and never fetched.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cuelet.core.errors import InvalidSpecError
from cuelet.core.names import normal_job, normal_layer, normal_shot
from cuelet.core.spec import DEFAULT_MEMORY_MB, EdgeSpec, JobSpec, LayerSpec
from cuelet.core.states import Outcome
from outline.frames import EdgeKind

MAX_SPEC_BYTES = 64 * 1024 * 1024
_TRUE = frozenset({"true", "yes", "1", "on"})
_SHOW = re.compile(r"[A-Za-z0-9_][\w.-]*\Z", re.ASCII)
_FRAME_NAME = re.compile(r"(-?\d+)-(.+)\Z")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([mg]?)b?\Z", re.IGNORECASE)
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
    return jobs


def _parse_xml(text: str) -> Element:
    if len(text) > MAX_SPEC_BYTES:
        raise InvalidSpecError(
            where="spec", value=f"{len(text):,} characters", reason="larger than 64 MB"
        )
    try:
        root: Element = fromstring(text, forbid_dtd=False, forbid_entities=True)
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
    except ValueError as error:
        raise InvalidSpecError(
            where="cuelet element", value=text[:60], reason=str(error)
        ) from error
    if not isinstance(values, dict) or values.get("version") != 1:
        raise InvalidSpecError(
            where="cuelet element", value=text[:60], reason="this farm reads version 1; update it"
        )
    return values


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
    edges = tuple(_edges(spec, name))
    uid = _text(spec.root, "uid", "")
    return JobSpec(
        name=name,
        title=str(spec.job.get("title", given)),
        show=spec.show,
        shot=spec.shot,
        user=spec.user,
        facility=_text(spec.root, "facility", "local").lower(),
        email=_text(spec.root, "email", ""),
        uid=int(uid) if uid.isdecimal() else None,
        priority=_int(element, "priority", 1),
        paused=_bool(element, "paused"),
        autoeat=_bool(element, "autoeat"),
        max_retries=_int(element, "maxretries", 1, low=0),
        max_cores=float(_int(element, "maxcores", -1)),
        os=_text(element, "os", ""),
        env=_env(element),
        base_env=_strings(spec.job["env"]) if "env" in spec.job else None,
        cwd=str(spec.job.get("cwd", "")),
        session=str(spec.job.get("session", "")),
        layers=layers,
        edges=edges,
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
    argv = own.get("argv")
    command = _text(element, "cmd", "")
    if not command and not argv:
        raise InvalidSpecError(
            where=f"layer {given!r}, cmd", value=command, reason="has no command"
        )
    return LayerSpec(
        name=name,
        title=str(own.get("title", given)),
        kind=kind,
        command=command or shlex.join(argv or ()),
        argv=tuple(str(arg) for arg in argv) if argv else None,
        each_frame=own.get("each") == "frame",
        range=_text(element, "range"),
        chunk=_int(element, "chunk", 1, low=1, where=f"layer {given!r}, "),
        cores=_number(own, "cores", given) if "cores" in own else _cores(element, given),
        max_cores=_number(own, "max_cores", given) if "max_cores" in own else 0.0,
        memory_mb=int(_number(own, "memory_mb", given))
        if "memory_mb" in own
        else _memory_mb(element, given),
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
    )


def _retries(own: Mapping[str, Any], layer: str) -> int | None:
    if own.get("retries") is None:
        return None
    value = own["retries"]
    if not isinstance(value, int) or not 0 <= value <= 1000:
        raise InvalidSpecError(
            where=f"layer {layer!r}, retries", value=value, reason="is not a whole number 0..1000"
        )
    return value


def _number(own: Mapping[str, Any], key: str, layer: str) -> float:
    value = own[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidSpecError(where=f"layer {layer!r}, {key}", value=value, reason="is no number")
    return float(value)


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


def _memory_mb(element: Element, layer: str) -> int:
    """Read memory: ``8192m`` is MB, ``8g`` or a bare number GB."""
    text = _text(element, "memory", "")
    if not text:
        return DEFAULT_MEMORY_MB
    match = _MEMORY.match(text)
    if match is None:
        raise InvalidSpecError(
            where=f"layer {layer!r}, memory", value=text, reason="write it like 512m or 8g"
        )
    return int(float(match[1]) * (1 if match[2].lower() == "m" else 1024))


def _edges(spec: _Spec, job: str) -> Iterator[EdgeSpec]:
    if spec.depends is not None:
        yield from (_edge_from_json(values) for values in spec.depends)
    for element in spec.root.iterfind("depends/depend"):
        if spec.job_name(_text(element, "depjob", job)) != job:
            continue
        on_job = spec.job_name(_text(element, "onjob", job))
        if on_job != job or element.get("type", "").endswith("_ON_JOB"):
            raise InvalidSpecError(
                where="depend on job",
                value=on_job,
                reason="this farm does not take depends between jobs yet; wait for the other job",
            )
        yield _edge_from_xml(element)


def _edge_from_json(values: Mapping[str, Any]) -> EdgeSpec:
    try:
        return EdgeSpec(
            layer=normal_layer(str(values["layer"])),
            on=normal_layer(str(values["on"])),
            kind=EdgeKind(values.get("type", "FRAME_BY_FRAME")),
            outcome=Outcome(values.get("outcome", "succeeded")),
            on_frame=values.get("frame"),
        )
    except (KeyError, ValueError) as error:
        raise InvalidSpecError(
            where="depend", value=dict(values), reason=f"is not understood: {error}"
        ) from error


def _edge_from_xml(element: Element) -> EdgeSpec:
    kind = element.get("type", "FRAME_BY_FRAME")
    build = _XML_DEPENDS.get(kind)
    if build is None:
        raise InvalidSpecError(
            where="depend type", value=kind, reason=f"known are {', '.join(_XML_DEPENDS)}"
        )
    if kind == "LAYER_ON_LAYER" and element.get("anyframe", "").lower() in _TRUE:
        return _layers(element, EdgeKind.LAYER_ON_ANY)
    return build(element)


def _layers(element: Element, kind: EdgeKind) -> EdgeSpec:
    return EdgeSpec(
        layer=normal_layer(_text(element, "deplayer")),
        on=normal_layer(_text(element, "onlayer")),
        kind=kind,
    )


def _on_frame(element: Element) -> EdgeSpec:
    number, on = _frame_name(element, "onframe")
    layer = normal_layer(_text(element, "deplayer"))
    return EdgeSpec(layer=layer, on=on, kind=EdgeKind.LAYER_ON_SIM_FRAME, on_frame=number)


def _frame_on_frame(element: Element) -> EdgeSpec:
    number, on = _frame_name(element, "onframe")
    er_number, layer = _frame_name(element, "depframe")
    return EdgeSpec(
        layer=layer,
        on=on,
        kind=EdgeKind.LAYER_ON_SIM_FRAME,
        on_frame=number,
        er_frame=er_number,
    )


def _frame_on_layer(element: Element) -> EdgeSpec:
    number, layer = _frame_name(element, "depframe")
    on = normal_layer(_text(element, "onlayer"))
    return EdgeSpec(layer=layer, on=on, kind=EdgeKind.LAYER_ON_LAYER, er_frame=number)


_XML_DEPENDS = {
    "FRAME_BY_FRAME": lambda e: _layers(e, EdgeKind.FRAME_BY_FRAME),
    "LAYER_ON_LAYER": lambda e: _layers(e, EdgeKind.LAYER_ON_LAYER),
    "PREVIOUS_FRAME": lambda e: _layers(e, EdgeKind.PREVIOUS_FRAME),
    "LAYER_ON_SIM_FRAME": _on_frame,
    "LAYER_ON_FRAME": _on_frame,
    "FRAME_ON_FRAME": _frame_on_frame,
    "FRAME_ON_LAYER": _frame_on_layer,
}


def _frame_name(element: Element, tag: str) -> tuple[int, str]:
    text = _text(element, tag)
    match = _FRAME_NAME.match(text)
    if match is None:
        raise InvalidSpecError(
            where=f"depend, {tag}", value=text, reason="write it like 0012-layer"
        )
    return int(match[1]), normal_layer(match[2])


def _env(element: Element) -> dict[str, str]:
    return {
        key.get("name", ""): (key.text or "").strip()
        for env in element.findall("env")
        for key in env.findall("key")
        if key.get("name")
    }


def _strings(values: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in values.items()}


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
    element: Element, tag: str, default: int, *, low: int | None = None, where: str = ""
) -> int:
    text = _text(element, tag, "")
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is None or not -(2**31) <= value < 2**31 or (low is not None and value < low):
        wanted = "a whole number" + ("" if low is None else f" of at least {low}")
        raise InvalidSpecError(where=f"{where}{tag}", value=text, reason=f"is not {wanted}")
    return value
