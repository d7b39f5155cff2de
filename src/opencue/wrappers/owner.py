"""Owners: users who lend their workstations to a show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencue_proto import host_pb2

from opencue.wrappers.entity import Entity, send

if TYPE_CHECKING:
    from opencue.wrappers.deed import Deed
    from opencue.wrappers.host import Host

__all__ = ["Owner"]


class Owner(Entity):
    """A user who owns hosts."""

    _STUB, _FIELD, _MESSAGE = "owner", "owner", host_pb2.Owner

    def __init__(self, owner: Any = None, data: Any = None) -> None:
        super().__init__(owner if data is None else data)

    def delete(self) -> None:
        """Remove the owner."""
        self._send("Delete")

    def getDeeds(self) -> list[Deed]:
        """Return what he owns."""
        from opencue.wrappers.deed import Deed

        return [Deed(message) for message in self._send("GetDeeds").deeds.deeds]

    def getHosts(self) -> list[Host]:
        """Return the hosts he owns."""
        from opencue.wrappers.host import Host

        return [Host(message) for message in self._send("GetHosts").hosts.hosts]

    def getOwner(self, name: str) -> Owner:
        """Return the owner of that name."""
        return Owner(send("owner", "GetOwner", name=name).owner)

    def setShow(self, show: str) -> None:
        """Set the show his hosts work for."""
        self._send("SetShow", show=show)

    def takeOwnership(self, host: str) -> None:
        """Make a host his."""
        self._send("TakeOwnership", host=host)

    def hostCount(self) -> int:
        """Return how many hosts he owns."""
        return int(self.data.host_count)

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)

    def show(self) -> str:
        """Return the show his hosts work for."""
        return str(self.data.show)
