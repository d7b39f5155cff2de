"""What would keep the job of an outline from running or from ending: layers without frames, cycles."""

from __future__ import annotations

from outline.exception import DependencyCycleError, OutlineException
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

        def setup_depends(self) -> None:
            """Turn what layers require into depends."""

        def get_active_layers(self) -> list[Layer]:
            """Return the layers that have frames."""


def require_layers(ol: Checked) -> None:
    """Raise OutlineException when there are no layers: there is nothing to launch."""
    if not ol.get_layers():
        raise OutlineException(f"outline {ol.get_name()!r} has no layers; call add_layer(layer)")


def check_layers(ol: Checked, *, is_cut: bool) -> None:
    """Make depends of what layers require; raise for layers without frames, and for cycles.

    See `check_ranges` and `check_cycles`.
    """
    ol.setup_depends()
    active = ol.get_active_layers()
    check_ranges(ol, active, is_cut=is_cut)
    check_cycles(ol, active)


def check_ranges(ol: Checked, active: list[Layer], *, is_cut: bool) -> None:
    """Raise for a layer that has no frame in common with the outline.

    Args:
        ol: The outline.
        active: Its layers that have frames.
        is_cut: A launch asks for a part of the frames only: such layers are left out instead, unless another one waits
            for them or none is left.
    """
    every = ol.get_layers()
    if len(active) == len(every):
        return
    awaited = {each.get_depend_on_name() for layer in active for each in layer.get_depends()}
    for layer in every:
        if not is_cut or not active or layer.get_name() in awaited:
            layer.get_tasks()


def check_cycles(ol: Checked, active: list[Layer]) -> None:
    """Raise DependencyCycleError when layers that have frames wait for each other in a cycle."""
    waits_for, leaning = _edges(active)
    cycle = _find_cycle(waits_for)
    if cycle is None and leaning:
        cycle = _find_cycle({name: leaning.get(name, on) for name, on in waits_for.items()})
        if cycle is not None and not cycles.has_deadlock(*_task_edges(active)):
            cycle = None  # each frame leans on the other layer's previous frame: that ends
    if cycle is not None:
        raise DependencyCycleError(outline=ol.get_name(), path=" -> ".join(cycle))


def _find_cycle(waits_for: Mapping[str, list[str]]) -> list[str] | None:
    return cycles.find_cycle(waits_for, lambda name: waits_for.get(name, ()))


def _edges(layers: list[Layer]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return what each layer waits for but previous frames, and all of it where another layer's are among it."""
    waits_for, leaning = {}, {}
    for layer in layers:
        depends, name = layer.get_depends(), layer.get_name()
        others = [each for each in depends if each.get_type().kind is not EdgeKind.PREVIOUS_FRAME]
        waits_for[name] = [each.get_depend_on_name() for each in others]
        if len(others) < len(depends):
            every = [
                each.get_depend_on_name()
                for each in depends
                if each.get_type().kind is not EdgeKind.PREVIOUS_FRAME
                or each.get_depend_on_layer() is not layer
            ]
            if len(every) > len(others):
                leaning[name] = every
    return waits_for, leaning


def _task_edges(
    layers: list[Layer],
) -> tuple[Mapping[str, Any], list[tuple[str, str, EdgeKind]]]:
    edges = [
        (layer.get_name(), each.get_depend_on_name(), each.get_type().kind)
        for layer in layers
        for each in layer.get_depends()
    ]
    return {layer.get_name(): layer.get_tasks() for layer in layers}, edges
