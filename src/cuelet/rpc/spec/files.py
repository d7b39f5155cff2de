"""Read the files that a layer declares from Cuelet's extension of a job spec."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from cuelet.core.values.errors import InvalidSpecError
from outline.frames import parse_range
from outline.jobspec.model import DeclaredFile

MAX_DIGITS = 32
MAX_BYTES = 2**62


def declared_files(own: Mapping[str, Any], key: str, layer: str) -> tuple[DeclaredFile, ...]:
    """Return the inputs or outputs of a layer; raises InvalidSpecError."""
    values = own.get(key, [])
    if not isinstance(values, list):
        raise InvalidSpecError(where=f"layer {layer!r}, {key}", value=values, reason="is no list")
    return tuple(_file(each, f"layer {layer!r}, {key}") for each in values)


def _file(values: Any, where: str) -> DeclaredFile:
    try:
        paths = values["paths"]
        if not isinstance(paths, list) or not paths:
            raise ValueError("paths is no list of texts")
        return DeclaredFile(
            name=_text(values["name"]),
            paths=tuple(_text(path) for path in paths),
            digits=_whole(values, "digits", MAX_DIGITS),
            checked=bool(values.get("checked", False)),
            min_bytes=_whole(values, "min_bytes", MAX_BYTES),
            frames=_range(values.get("frames", "")),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidSpecError(
            where=where, value=values, reason=f"not understood: {error}"
        ) from error


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or b"\0" in os.fsencode(value):
        raise ValueError(f"{value!r} is no path or name")
    return value


def _range(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"frames {value!r} is no text")
    if value:
        parse_range(value)
    return value


def _whole(values: Mapping[str, Any], key: str, most: int) -> int:
    number = values.get(key, 1)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= most:
        raise ValueError(f"{key} {number!r} is no number from 0 to {most}")
    return number
