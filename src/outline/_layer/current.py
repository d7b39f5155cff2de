"""The outline being built, which new layers join."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Joinable(Protocol):
        """What a new layer asks of the outline being built."""

        def add_layer(self, layer: Any) -> None:
            """Add the layer."""


_current: list[Joinable | None] = [None]


def current() -> Any:
    """Return the outline being built, or None."""
    return _current[0]


def set_current(outline: Joinable | None) -> None:
    """Have new layers join an outline, or none."""
    _current[0] = outline
