"""Findings about names, environments and outputs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol

from outline._targets.options import Options
from outline.io import FileSpec, Path
from outline.jobspec.names import wire_job_name
from outline.loader import Outline
from outline.planning.model import Finding, Place, PlannedLayer, Severity

_SHOWN = 4
"""Names listed in one finding."""


class Subject(Protocol):
    """What these rules look at."""

    @property
    def outline(self) -> Outline:
        """The outline."""

    @property
    def options(self) -> Options:
        """How it is launched."""

    @property
    def layers(self) -> tuple[PlannedLayer, ...]:
        """The layers of the plan."""


def run(subject: Subject) -> Iterator[Finding]:
    """Yield what to know about names, environments and outputs."""
    yield from _changed_names(subject)
    env = {key: value for key, (value, _) in subject.outline.get_env().items()}
    yield from _equal_signs(f"outline {subject.outline.get_name()}", env, None, None)
    for layer in subject.layers:
        yield from _equal_signs(f"layer {layer.name}", dict(layer.env), layer.name, layer.place)
    yield from _same_outputs(subject)


def _changed_names(subject: Subject) -> Iterator[Finding]:
    title = subject.options.name or subject.outline.get_name()
    changed = [(title, wire_job_name(title))]
    changed += [(layer.name, layer.wire_name) for layer in subject.layers]
    changed = [(name, wire) for name, wire in changed if name != wire]
    if not changed:
        return
    shown = ", ".join(f"{name} -> {wire}" for name, wire in changed[:_SHOWN])
    more = len(changed) - _SHOWN
    place = next((each.place for each in subject.layers if each.name != each.wire_name), None)
    yield Finding(
        code="P701",
        severity=Severity.INFO,
        message=f"OpenCue spells names its own way: {shown}"
        + (f", {more} more" if more > 0 else ""),
        remedy="nothing has to change: commands of this project take either spelling",
        place=place,
    )


def _equal_signs(
    thing: str, env: dict[str, str], layer: str | None, place: Place | None
) -> Iterator[Finding]:
    names = [key for key, value in env.items() if "=" in value]
    if names:
        yield Finding(
            code="P501",
            severity=Severity.INFO,
            message=f"{thing}: the value of {', '.join(names)} contains '='",
            remedy="fine here; do not pass it to stock pycuerun --env, which breaks on it",
            layer=layer,
            place=place,
        )


def _same_outputs(subject: Subject) -> Iterator[Finding]:
    seen: dict[str, list[tuple[PlannedLayer, Path]]] = {}
    layers = {layer.get_name(): layer for layer in subject.outline.get_layers()}
    for planned in subject.layers:
        for path in layers[planned.name].get_outputs().values():
            others = seen.setdefault(_key(path), [])
            for other, its_path in others:
                if other is not planned and _overlap(other, its_path, planned, path):
                    yield _conflict(other, planned, path)
            others.append((planned, path))


def _key(path: Path) -> str:
    """Return what two paths to the same files have in common."""
    if isinstance(path, FileSpec):
        return os.path.normpath(os.path.join(path.get_dirname(), path.get_frame_path(0)))
    return os.path.normpath(path.get_path())


def _overlap(one: PlannedLayer, path: Path, other: PlannedLayer, its_path: Path) -> bool:
    """Tell whether two layers write some file both; plain paths are one file whatever the frame."""
    if not isinstance(path, FileSpec) or not isinstance(its_path, FileSpec):
        return True
    frames = path.get_frame_set() or one.tasks.frames
    its_frames = its_path.get_frame_set() or other.tasks.frames
    return not {*frames}.isdisjoint(its_frames)


def _conflict(one: PlannedLayer, other: PlannedLayer, path: Path) -> Finding:
    return Finding(
        code="P601",
        severity=Severity.WARNING,
        message=f"layers {one.name} and {other.name} both write {path.get_path()}",
        remedy="give each a path of its own, or frames of its own",
        layer=other.name,
        place=other.place,
    )
