"""Findings about the frames of layers: which they are, and what each of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from outline.constants import LayerType
from outline.frames import format_frames, parse_range
from outline.jobspec import tokens
from outline.layer import Layer
from outline.loader import Outline
from outline.planning.layers import own_command
from outline.planning.model import Finding, PlannedLayer, Severity


class Subject(Protocol):
    """What these rules look at."""

    @property
    def outline(self) -> Outline:
        """The outline."""

    @property
    def layers(self) -> tuple[PlannedLayer, ...]:
        """The layers of the plan."""

    @property
    def range_given(self) -> bool:
        """The range of the outline was given at launch."""


def run(subject: Subject) -> Iterator[Finding]:
    """Yield what is odd about frames."""
    yield from _uncovered(subject)
    layers = {layer.get_name(): layer for layer in subject.outline.get_layers()}
    for planned in subject.layers:
        layer = layers[planned.name]
        yield from _cut(subject, layer, planned)
        yield from _named_twice(layer, planned)
        yield from _tokens(layer, planned)


def _uncovered(subject: Subject) -> Iterator[Finding]:
    """Yield the frames of the outline that no layer runs."""
    text = subject.outline.get_frame_range()
    rendering = [layer for layer in subject.layers if layer.type != LayerType.POST]
    if text is None or not rendering:
        return
    if any(layer.range == text for layer in rendering):
        return
    left = set(parse_range(text)).difference(*(layer.tasks.frames for layer in rendering))
    if left:
        yield Finding(
            code="P202",
            severity=Severity.WARNING,
            message=f"frames {_short(sorted(left))} of the outline's range {text} run in no layer",
            remedy="widen the range of a layer, or narrow that of the outline",
        )


def _cut(subject: Subject, layer: Layer, planned: PlannedLayer) -> Iterator[Finding]:
    """Yield the frames a layer names that the outline's range leaves out."""
    own, whole = layer.get_arg("range"), subject.outline.get_frame_range()
    if own is None or whole is None or own == whole or len(parse_range(own)) == planned.frames:
        return
    if planned.frames == 1:  # a layer of one frame by its class
        return
    left = [number for number in parse_range(own) if planned.tasks.position(number) is None]
    yield Finding(
        code="P202",
        severity=Severity.INFO if subject.range_given else Severity.WARNING,
        message=f"layer {planned.name}: frames {_short(left)} of its range {own} do not run, "
        f"they are not in the outline's range {whole}",
        remedy="widen the range of the outline, or narrow that of the layer",
        layer=planned.name,
        place=planned.place,
    )


def _named_twice(layer: Layer, planned: PlannedLayer) -> Iterator[Finding]:
    own = layer.get_arg("range")
    if own is None or "," not in own:
        return
    sections = [parse_range(section) for section in own.split(",")]
    twice = sum(map(len, sections)) - len(parse_range(own))
    if twice:
        yield Finding(
            code="P203",
            severity=Severity.WARNING,
            message=f"layer {planned.name}: its range {own} names {twice:,} frames more than once; "
            "each runs once, where it is named first",
            remedy="write every frame once",
            layer=planned.name,
            place=planned.place,
        )


def _tokens(layer: Layer, planned: PlannedLayer) -> Iterator[Finding]:
    command = own_command(layer)
    if command is None or planned.frames == 1:
        return
    by_frame = tokens.has_any(command, tokens.PER_FRAME)
    by_chunk = tokens.has_any(command, tokens.PER_CHUNK)
    if by_frame and by_chunk and planned.chunk > 1:
        yield _skipping(planned)
    elif not by_frame and not by_chunk and not _env_names_frame(layer):
        yield _all_alike(planned)


def _env_names_frame(layer: Layer) -> bool:
    """Tell whether the frames of a layer have variables of their own."""
    of_outline = (value for value, _ in layer.get_outline().get_env().values())
    return tokens.has_any([*of_outline, *layer.get_envs().values()], tokens.PER_FRAME)


def _skipping(planned: PlannedLayer) -> Finding:
    return Finding(
        code="P204",
        severity=Severity.WARNING,
        message=f"layer {planned.name}: its command runs once per chunk of {planned.chunk}, "
        "so its per-frame token only ever names the first frame of a chunk",
        remedy="use #FRAME_START# and #FRAME_END# or #FRAMESPEC# alone, or the per-frame token alone",
        layer=planned.name,
        place=planned.place,
    )


def _all_alike(planned: PlannedLayer) -> Finding:
    return Finding(
        code="P205",
        severity=Severity.INFO,
        message=f"layer {planned.name}: its command names no frame, "
        f"all {planned.frames:,} frames run the same one",
        remedy="put #IFRAME# into it, unless the program reads $CUE_IFRAME",
        layer=planned.name,
        place=planned.place,
    )


def _short(frames: list[int]) -> str:
    text = format_frames(frames)
    return text if len(text) <= 40 else text[:37] + "..."
