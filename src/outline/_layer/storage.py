"""What a layer keeps in the session: files and data."""

from __future__ import annotations

import os

from outline._layer.part import Part
from outline._session.stage import Kept, Stage
from outline.exception import NoSessionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outline._layer.protocols import AnyLayer
    from outline._session.shelf import Shelf
    from outline.session import Session


class Storage(Part, Kept):
    """The files and data of a layer."""

    stays = frozenset({"stage"})

    def __init__(self, layer: AnyLayer) -> None:
        super().__init__(layer)
        self.stage = Stage()

    def thing(self) -> str:
        """Return the layer, for messages."""
        return self.layer._thing()

    def find_session(self) -> Session | None:
        """Return the session, or None before setup or without an outline."""
        outline = self.layer.find_outline()
        return outline.find_session() if outline is not None else None

    def shelf(self) -> Shelf | None:
        """Return where the layer's things are in the session, or None before setup."""
        session = self.find_session()
        return session.shelf(self.layer) if session is not None else None

    def future_folder(self) -> str | None:
        """Return where they will be; None while the layer is in no outline."""
        return None if self.layer.find_outline() is None else self.layer.get_path()

    def get_session(self) -> Session:
        """Return the session; raises SessionException before setup."""
        return self.layer.get_outline().get_session()

    def get_path(self) -> str:
        """Return the layer's directory in the session; before setup the one it will have."""
        session = self.find_session()
        if session is not None:
            return session.get_path(self.layer)
        outline = self.layer.find_outline()
        if outline is None:
            raise NoSessionError(
                thing=self.layer._thing(),
                advice="add the layer to an outline first: outline.add_layer(layer)",
            )
        return os.path.join(outline.reserve_session_path(), "layers", self.layer.get_name())
