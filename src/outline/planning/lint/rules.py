"""Look a plan over; each rule yields findings of one or two codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from outline._targets.limits import MAX_FRAMES, MAX_LAYERS
from outline._targets.options import Options
from outline.constants import OUTLINE_MODE_READY
from outline.layer import Layer
from outline.loader import Outline
from outline.planning.backends import Note
from outline.planning.lint import edges as lint_edges
from outline.planning.lint import frames as lint_frames
from outline.planning.lint import names as lint_names
from outline.planning.lint import remarks as lint_remarks
from outline.planning.model import Finding, Place, PlannedEdge, PlannedLayer, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is looked over."""

    outline: Outline
    options: Options
    layers: tuple[PlannedLayer, ...]
    edges: tuple[PlannedEdge, ...]
    backend: str
    notes: Sequence[Note]
    """What the backend does differently."""
    range_given: bool
    """The range of the outline was given at launch, so cutting is meant."""
    place_of: Callable[[object], Place | None]
    """Says where a layer was made."""
    known_errors: bool
    """The definition is wrong already; why a backend refuses it is no news."""


Rule = Callable[[Subject], Iterator[Finding]]


def run(subject: Subject) -> list[Finding]:
    """Return what every rule finds."""
    return [finding for rule in _RULES for finding in rule(subject)]


def _setup_hooks(subject: Subject) -> Iterator[Finding]:
    if subject.outline.get_mode() >= OUTLINE_MODE_READY:
        return
    for layer in subject.outline.get_layers():
        hook = type(layer)._setup
        if hook is not Layer._setup and not hook.__module__.startswith("outline."):
            yield Finding(
                code="P005",
                severity=Severity.INFO,
                message=f"layer {layer.get_name()}: {hook.__qualname__} runs at launch, not now",
                remedy="compare with what it changes; a plan makes no session for it to work in",
                layer=layer.get_name(),
                place=_place(subject, layer.get_name()),
            )


def _place(subject: Subject, name: str) -> Place | None:
    return next((each.place for each in subject.layers if each.name == name), None)


def _size(subject: Subject) -> Iterator[Finding]:
    processes = sum(layer.processes for layer in subject.layers)
    if processes > MAX_FRAMES:
        yield Finding(
            code="P301",
            severity=Severity.ERROR if subject.backend == "cue" else Severity.INFO,
            message=f"{processes:,} frames, chunks counted once, are over OpenCue's {MAX_FRAMES:,}",
            remedy="use chunks or split the job; the embedded farm takes it",
        )
    if len(subject.layers) > MAX_LAYERS:
        yield Finding(
            code="P302",
            severity=Severity.ERROR,
            message=f"{len(subject.layers):,} layers are over OpenCue's {MAX_LAYERS:,}",
            remedy="split the job",
        )


def _backend_notes(subject: Subject) -> Iterator[Finding]:
    """Yield what the chosen backend does differently; a refusal only when nothing else says why."""
    too_big = any(each.severity is Severity.ERROR for each in _size(subject))
    for note in subject.notes:
        if note.code == "P304" and (subject.known_errors or too_big):
            continue
        yield Finding(
            code=note.code,
            severity=note.severity,
            message=note.text,
            remedy=note.remedy,
            layer=note.layer,
            place=None if note.layer is None else _place(subject, note.layer),
        )


_RULES: tuple[Rule, ...] = (
    _setup_hooks,
    _size,
    _backend_notes,
    lint_edges.run,
    lint_frames.run,
    lint_names.run,
    lint_remarks.run,
)
