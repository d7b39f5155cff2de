"""What changed between two plans, given as their JSON forms; the older one may know less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from outline.exception import OutlineException
from outline.frames import parse_range
from outline.jobspec.names import wire_name
from outline.planning.model import VERSION

_JOB_FIELDS = ("full_name", "range", "priority", "use_pycuerun", "env", "job_depends")
_LAYER_FIELDS = (
    "type", "range", "chunk", "command", "wire_command", "cores", "max_cores", "memory_mb", "gpus",
    "retries", "timeout_min", "services", "tags", "limits", "env", "outputs", "checked", "skip_existing",
)  # fmt: skip


class UnreadablePlanError(OutlineException):
    """A document is no plan this version can compare.

    Args:
        reason: What is wrong with it.
    """

    def __init__(self, *, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}; write one with cuelet plan --json SCRIPT")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was."""

    layer: str | None
    """The layer as it is spelled now; None for the job itself."""
    what: str
    """A field, or ``layer`` or ``depend`` for a whole one."""
    before: Any
    """None: it was not there."""
    after: Any
    """None: it is not there any more."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "layer": self.layer,
            "what": self.what,
            "before": self.before,
            "after": self.after,
        }


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what changed, job first, then layers in their new order, then depends.

    Args:
        old: The JSON form of the earlier plan; what it does not hold is not compared.
        new: The JSON form of the present one.
    """
    return [*_job(old, new), *_layers(old, new), *_depends(old, new)]


def plans_in(document: Any) -> list[dict[str, Any]]:
    """Return the plans of a document: one plan, or what ``cuelet plan --json`` prints.

    Raises:
        UnreadablePlanError: It is something else, or of a later version.
    """
    if not isinstance(document, dict) or "version" not in document:
        raise UnreadablePlanError(reason="this is no plan")
    if document["version"] != VERSION:
        raise UnreadablePlanError(reason=f"it is of version {document['version']}, not {VERSION}")
    plans = document.get("plans", [document])
    if not all(isinstance(each, dict) and "layers" in each for each in plans):
        raise UnreadablePlanError(reason="this is no plan")
    return list(plans)


def _job(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    yield from _fields(None, _JOB_FIELDS, old, new)


def _layers(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before = {each["wire_name"]: each for each in old["layers"]}
    after = {each["wire_name"]: each for each in new["layers"]}
    for name, layer in after.items():
        if name not in before:
            yield Change(layer["name"], "layer", None, _summary(layer))
        else:
            yield from _fields(layer["name"], _LAYER_FIELDS, before[name], layer)
    for name, layer in before.items():
        if name not in after:
            yield Change(layer.get("name", name), "layer", _summary(layer), None)


def _summary(layer: Mapping[str, Any]) -> str:
    return f"{layer.get('range', '?')}, chunk {layer.get('chunk', '?')}"


def _fields(
    layer: str | None, names: Iterable[str], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    for name in names:
        if name in old and name in new and not _alike(name, old[name], new[name]):
            yield Change(layer, name, old[name], new[name])


def _alike(name: str, old: Any, new: Any) -> bool:
    if name == "range" and old is not None and new is not None:
        return old == new or list(parse_range(old)) == list(parse_range(new))
    return bool(old == new)


def _depends(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Yield depends that came or went; of one whose kind is not known only the layers count."""
    before, after = list(map(_edge, old.get("edges", ()))), list(map(_edge, new["edges"]))
    titles = {wire_name(each["name"]): each["name"] for each in new["layers"]}
    for edge in after:
        if not any(_same_edge(edge, each) for each in before):
            yield Change(titles[edge[0]], "depend", None, _edge_text(edge))
    for edge in before:
        if not any(_same_edge(edge, each) for each in after):
            yield Change(titles.get(edge[0], edge[0]), "depend", _edge_text(edge), None)


_Edge = tuple[str, str, str | None, str | None]


def _edge(values: Mapping[str, Any]) -> _Edge:
    layer, on = wire_name(values["layer"]), wire_name(values["on"])
    return layer, on, values.get("type"), values.get("outcome")


def _same_edge(one: _Edge, other: _Edge) -> bool:
    known = all(each[2] is not None for each in (one, other))
    return one == other if known else one[:2] == other[:2]


def _edge_text(edge: _Edge) -> str:
    _, on, kind, outcome = edge
    ending = " (finished)" if outcome == "finished" else ""
    return f"{on} {kind}{ending}" if kind else on
