"""Single values of a job spec: texts, numbers, environments; each is checked where it is read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from cuelet.core.values.errors import InvalidSpecError

TRUE = frozenset({"true", "yes", "1", "on"})


def text_of(element: Element, tag: str, default: str | None = None) -> str:
    """Return the text of a child; without a default it must have one."""
    text = (element.findtext(tag) or "").strip()
    if text:
        return text
    if default is None:
        where = element.get("name", element.tag)
        raise InvalidSpecError(where=f"{tag} of {where}", value="", reason="is missing")
    return default


def bool_of(element: Element, tag: str, *, default: bool = False) -> bool:
    """Return a child that says yes or no."""
    text = text_of(element, tag, "")
    return text.lower() in TRUE if text else default


def int_of(
    element: Element,
    tag: str,
    default: int,
    *,
    low: int = -(2**31),
    high: int = 2**31 - 1,
    where: str = "",
) -> int:
    """Return a child that is a whole number."""
    text = text_of(element, tag, "")
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


def list_texts(element: Element, path: str) -> Iterator[str]:
    """Yield the texts of the elements at a path, empty ones left out."""
    return (text for item in element.iterfind(path) if (text := (item.text or "").strip()))


def env_of(element: Element, own: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables below an element; what Cuelet's extension says of it is exact, XML cuts and lacks some."""
    keys = (key for env in element.findall("env") for key in env.findall("key"))
    said = {name: (key.text or "").strip() for key in keys if (name := key.get("name", ""))}
    exact = own.get("exact_env", {})
    if not isinstance(exact, dict):
        raise InvalidSpecError(where="exact_env", value=exact, reason="is no object")
    return environment({**said, **exact})


def environment(values: Mapping[str, Any]) -> dict[str, str]:
    """Return an environment, every name and value of which a process can be given."""
    for name in values:
        if not name or "=" in name:
            raise InvalidSpecError(
                where="environment variable", value=name, reason="is no name of one"
            )
    return {
        usable("environment variable", name): usable(f"environment variable {name!r}", value)
        for name, value in values.items()
    }


def usable(where: str, value: object) -> str:
    """Return a text that a process can be given."""
    try:
        if isinstance(value, str) and b"\0" not in os.fsencode(value):
            return value
    except UnicodeEncodeError:
        pass  # a lone surrogate: no bytes stand for it
    raise InvalidSpecError(where=where, value=value, reason="is no text a program can be given")


def number_of(own: Mapping[str, Any], key: str, layer: str) -> float:
    """Return a number of a layer in Cuelet's extension."""
    value = own[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise InvalidSpecError(where=f"layer {layer!r}, {key}", value=value, reason="is no number")
    return float(value)
