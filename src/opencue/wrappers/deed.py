"""Deeds: which host belongs to which owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencue_proto import host_pb2

from opencue.wrappers.entity import Entity

if TYPE_CHECKING:
    from opencue.wrappers.host import Host
    from opencue.wrappers.owner import Owner

__all__ = ["Deed"]


class Deed(Entity):
    """A host and its owner."""

    _STUB, _FIELD, _MESSAGE = "deed", "deed", host_pb2.Deed

    def __init__(self, deed: Any = None, data: Any = None) -> None:
        super().__init__(deed if data is None else data)

    def delete(self) -> None:
        """Give the host back."""
        self._send("Delete")

    def getHost(self) -> Host:
        """Return the host."""
        from opencue.wrappers.host import Host

        return Host(self._send("GetHost").host)

    def getOwner(self) -> Owner:
        """Return the owner."""
        from opencue.wrappers.owner import Owner

        return Owner(self._send("GetOwner").owner)

    def host(self) -> str:
        """Return the name of the host."""
        return str(self.data.host)

    def owner(self) -> str:
        """Return the name of the owner."""
        return str(self.data.owner)

    def show(self) -> str:
        """Return the show the host works for."""
        return str(self.data.show)
