"""Findings that a launch says too: what every farm takes, though it looks unlike what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from outline._targets.options import Options
from outline._targets.remarks import CHANGED_LOGIN, Remark, changed_logins, idle, remarks_on
from outline.loader import Outline
from outline.planning.model import Finding, Place, PlannedLayer, Severity


class Subject(Protocol):
    """What these rules look at."""

    @property
    def outline(self) -> Outline:
        """The outline."""

    @property
    def layers(self) -> tuple[PlannedLayer, ...]:
        """The layers of the plan."""

    @property
    def options(self) -> Options:
        """How it is launched."""

    @property
    def place_of(self) -> Callable[[object], Place | None]:
        """Says where a layer was made."""


def run(subject: Subject) -> Iterator[Finding]:
    """Yield what a launch would say of the outline, and what it says of the shell's names."""
    places = {layer.name: layer.place for layer in subject.layers}
    for remark in (
        *idle(subject.outline, use_pycuerun=subject.options.use_pycuerun),
        *changed_logins(subject.outline),
        *remarks_on(subject.outline, with_earlier=True),
    ):
        place = places.get(remark.layer) if remark.layer else subject.place_of(remark.about)
        yield _finding(remark, place)


def _finding(remark: Remark, place: Place | None) -> Finding:
    return Finding(
        code=remark.code,
        severity=Severity.INFO if remark.code == CHANGED_LOGIN else Severity.WARNING,
        message=remark.text,
        remedy=remark.remedy,
        layer=remark.layer,
        place=place,
    )
