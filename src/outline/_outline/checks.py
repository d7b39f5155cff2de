"""What would keep the job of an outline from running or from ending: layers without frames, cycles."""

from __future__ import annotations

from outline.exception import DependencyCycleError
from outline.frames import EdgeKind
from outline.jobspec import cycles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

    from outline.layer import Layer

    class Checked(Protocol):
        """An outline, as far as the checks need it."""

        def get_name(self) -> str:
            """Return its name."""

        def get_layers(self) -> list[Layer]:
            """Return all layers."""

        def get_active_layers(self) -> list[Layer]:
            """Return the layers that have frames."""


def check_ranges(ol: Checked, *, is_cut: bool) -> None:
    """Raise for a layer that has no frame in common with the outline.

    Args:
        ol: The outline.
        is_cut: A launch asks for a part of the frames only: such layers are left out instead, unless another one waits
            for them or none is left.
    """
    active, every = ol.get_active_layers(), ol.get_layers()
    if len(active) == len(every):
        return
    awaited = {each.get_depend_on_name() for layer in active for each in layer.get_depends()}
    for layer in every:
        if not is_cut or not active or layer.get_name() in awaited:
            layer.get_tasks()


def check_cycles(ol: Checked) -> None:
    """Raise DependencyCycleError when layers wait for each other in a cycle."""
    layers = ol.get_active_layers()
    cycle = _find_cycle(layers, previous=False)
    if cycle is None:
        cycle = _find_cycle(layers, previous=True)
        if cycle is not None and not cycles.has_deadlock(*_task_edges(layers)):
            cycle = None  # each frame leans on the other layer's previous frame: that ends
    if cycle is not None:
        raise DependencyCycleError(outline=ol.get_name(), path=" -> ".join(cycle))


def _find_cycle(layers: list[Layer], *, previous: bool) -> list[str] | None:
    waits_for = _edges(layers, previous=previous)
    return cycles.find_cycle(waits_for, lambda name: waits_for.get(name, ()))


def _edges(layers: list[Layer], *, previous: bool) -> dict[str, list[str]]:
    return {
        layer.get_name(): [
            each.get_depend_on_name()
            for each in layer.get_depends()
            if each.get_type().kind is not EdgeKind.PREVIOUS_FRAME
            or (previous and each.get_depend_on_layer() is not layer)
        ]
        for layer in layers
    }


def _task_edges(
    layers: list[Layer],
) -> tuple[Mapping[str, Any], list[tuple[str, str, EdgeKind]]]:
    edges = [
        (layer.get_name(), each.get_depend_on_name(), each.get_type().kind)
        for layer in layers
        for each in layer.get_depends()
    ]
    return {layer.get_name(): layer.get_tasks() for layer in layers}, edges
