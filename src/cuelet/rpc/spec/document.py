"""The document of a job spec: XML read without trusting it, and Cuelet's extension of it.

Entities are refused, the DOCTYPE is accepted and never fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from cuelet.core.values.errors import InvalidSpecError
from cuelet.core.values.names import normal_job, normal_shot
from cuelet.rpc.spec.values import text_of

MAX_SPEC_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 50
"""Levels of elements; a spec has seven."""
_ENDLESS_TAG = re.compile(r"<[^<>!?][^<>]{65536}")
"""Refused before it is parsed: that would hold it in memory three times over."""
_SHOW = re.compile(r"[A-Za-z0-9_][\w.-]*\Z", re.ASCII)


class Document:
    """What all jobs of one spec share."""

    def __init__(self, text: str) -> None:
        self.root = _parse_xml(text)
        extension = _extension(self.root)
        self.show = _name(self.root, "show")
        self.shot = normal_shot(text_of(self.root, "shot"))
        self.user = _name(self.root, "user")
        self.job: Mapping[str, Any] = extension.get("job", {})
        self.layers: Mapping[str, Mapping[str, Any]] = extension.get("layers", {})
        self.depends: list[Mapping[str, Any]] | None = extension.get("depends")

    def job_name(self, name: str) -> str:
        """Return the whole name of a job, in wire form."""
        return normal_job(name, show=self.show, shot=self.shot, user=self.user)


def _name(root: Element, tag: str) -> str:
    name = text_of(root, tag)
    if not _SHOW.match(name):
        raise InvalidSpecError(where=tag, value=name, reason="use letters, digits, _ . -")
    return name


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
    _require(values.get("job", {}), "python_fits", dict)
    return values


def _require(values: Mapping[str, Any], key: str, kind: type) -> None:
    if not isinstance(values.get(key, kind()), kind):
        raise InvalidSpecError(
            where=f"cuelet element, {key}",
            value=values[key],
            reason=f"is no {'list' if kind is list else 'object'}",
        )
