"""One layer of a job spec; the wire's units end here: cores become cores, memory becomes MB."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from cuelet.core.operations.delays import LATEST_AT
from cuelet.core.values.errors import InvalidSpecError
from cuelet.core.values.names import normal_layer
from cuelet.rpc.spec.document import Document
from cuelet.rpc.spec.files import declared_files
from cuelet.rpc.spec.values import bool_of, env_of, int_of, list_texts, number_of, text_of, usable
from outline.jobspec.model import LayerSpec
from outline.jobspec.reservation import DEFAULT_MEMORY_MB

MAX_RETRIES = 1000
MAX_MEMORY_MB = 2**31
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([mg]?)b?\Z", re.IGNORECASE)
_OPEN = (
    ("cores", "cores"),
    ("memory", "memory_mb"),
    ("threadable", "threadable"),
    ("tags", "tags"),
    ("gpus", "gpus"),
    ("timeout", "timeout_s"),
    ("timeout_llu", "timeout_llu_s"),
)
"""Elements that a service may stand for, and the fields they fill."""
_KINDS = frozenset({"Render", "Util", "Post"})


def read_layer(document: Document, element: Element) -> LayerSpec:
    """Return a layer, validated; raises InvalidSpecError."""
    given = element.get("name", "")
    name = normal_layer(given)
    own = document.layers.get(name, {})
    kind = element.get("type", "Render")
    if kind not in _KINDS:
        raise InvalidSpecError(
            where=f"layer {given!r}, type", value=kind, reason="is not Render, Util or Post"
        )
    argv = _argv(own, given)
    command = text_of(element, "cmd", "")
    if not command and not argv:
        raise InvalidSpecError(
            where=f"layer {given!r}, cmd", value=command, reason="has no command"
        )
    return LayerSpec(
        name=name,
        title=usable(f"layer {given!r}, title", own.get("title") or given),
        kind=kind,
        command=command or shlex.join(argv or ()),
        argv=argv or None,
        each_frame=own.get("each") == "frame",
        range=text_of(element, "range"),
        chunk=int_of(element, "chunk", 1, low=1, where=f"layer {given!r}, "),
        cores=number_of(own, "cores", given) if "cores" in own else _cores(element, given),
        max_cores=number_of(own, "max_cores", given) if "max_cores" in own else 0.0,
        memory_mb=_memory_mb(own, element, given),
        retries=_retries(own, given),
        threadable=bool_of(element, "threadable", default=True),
        timeout_s=60 * int_of(element, "timeout", 0, low=0),
        timeout_llu_s=60 * int_of(element, "timeout_llu", 0, low=0),
        gpus=int_of(element, "gpus", 0, low=0),
        tags=tuple(t for t in re.split(r"[|,\s]+", text_of(element, "tags", "")) if t),
        services=tuple(list_texts(element, "services/service")),
        limits=tuple(list_texts(element, "limits/limit")),
        env=env_of(element, own),
        outputs=tuple(list_texts(element, "outputs/output")),
        output_files=declared_files(own, "outputs", given),
        input_files=declared_files(own, "inputs", given),
        skip_existing=bool(own.get("skip_existing")) and bool(own.get("outputs")),
        work=usable(f"layer {given!r}, work", own.get("work") or ""),
        unknown_work=usable(f"layer {given!r}, doubt", own.get("doubt") or ""),
        start_after=_start_after(own, given),
        pycuerun=bool(own.get("pycuerun")),
        unset=_unset(own, element),
    )


def _unset(own: Mapping[str, Any], element: Element) -> tuple[str, ...]:
    """Return what the script leaves open, so that the layer's service may say it."""
    found = [field for tag, field in _OPEN if not text_of(element, tag, "") and field not in own]
    return (*found, *(() if "max_cores" in own else ("max_cores",)))


def _argv(own: Mapping[str, Any], layer: str) -> tuple[str, ...]:
    argv = own.get("argv")
    if argv is not None and not (isinstance(argv, list) and argv):
        raise InvalidSpecError(
            where=f"layer {layer!r}, argv", value=argv, reason="is no list of arguments"
        )
    return tuple(usable(f"layer {layer!r}, argv", argument) for argument in argv or ())


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


def _start_after(own: Mapping[str, Any], layer: str) -> float:
    """Read the epoch seconds before which no frame starts; 0 for at once."""
    value = number_of(own, "start_after", layer) if "start_after" in own else 0.0
    if not 0 <= value <= LATEST_AT:
        raise InvalidSpecError(
            where=f"layer {layer!r}, start_after", value=value, reason="use seconds since 1970"
        )
    return value


def _cores(element: Element, layer: str) -> float:
    """Read cores: with a dot whole or fractional cores, without one core points (100 = one core)."""
    text = text_of(element, "cores", "1.0")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidSpecError(where=f"layer {layer!r}, cores", value=text, reason="is no number")
    return value if "." in text else value / 100


def _memory_mb(own: Mapping[str, Any], element: Element, layer: str) -> int:
    """Read memory: ``8192m`` is MB, ``8g`` or a bare number GB; the extension says MB."""
    text = text_of(element, "memory", "")
    if "memory_mb" in own:
        text, value = own["memory_mb"], number_of(own, "memory_mb", layer)
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
