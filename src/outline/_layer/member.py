"""What is named and belongs to an outline: the root of what a layer is."""

from __future__ import annotations

from outline.exception import LayerException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outline.loader import Outline


class Member:
    """Something with a name, in an outline or inside something that is."""

    _name: str
    _outline: Outline | None
    _parent: Member | None

    def _thing(self) -> str:
        return f"layer {self._name!r}"

    def get_name(self) -> str:
        """Return the name; that of a child is ``parent.child``."""
        return self._name if self._parent is None else f"{self._parent.get_name()}.{self._name}"

    def get_outline(self) -> Outline:
        """Return the outline the layer is in.

        Raises:
            LayerException: It is in none yet.
        """
        if self._outline is not None:
            return self._outline
        if self._parent is not None:
            return self._parent.get_outline()
        raise LayerException(f"{self._thing()} is in no outline yet; call outline.add_layer(layer)")

    def find_outline(self) -> Outline | None:
        """Return the outline the layer is in, or None."""
        if self._outline is None and self._parent is not None:
            return self._parent.find_outline()
        return self._outline

    def set_outline(self, new_outline: Outline | None) -> None:
        """Say which outline the layer is in; `Outline.add_layer` does it."""
        self._outline = new_outline
