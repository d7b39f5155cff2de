"""What all wrappers share: a message, the stub of its service, and calls about that message."""

from __future__ import annotations

import enum
import getpass
import os
import socket
from typing import Any, ClassVar

from opencue.cuebot import Cuebot, deadline_s
from opencue.rpc import request_class


def send(stub_name: str, method: str, /, *, timeout_s: float | None = None, **fields: Any) -> Any:
    """Build a request from its fields, call the method with it and return the response.

    Args:
        stub_name: Name of the stub, as `opencue.Cuebot.getStub` takes it.
        method: Name of the RPC.
        timeout_s: Seconds it may take; by default what every call may.
        fields: Fields of the request; lists may be given as ``{"jobs": [...]}``.

    Raises:
        CueException: The server refused, or did not answer.
    """
    request = _request(stub_name, method, fields)
    timeout = deadline_s(method) if timeout_s is None else timeout_s
    return getattr(Cuebot.getStub(stub_name), method)(request, timeout=timeout)


def send_plainly(stub_name: str, method: str, /, **fields: Any) -> Any:
    """Do what `send` does where pycue gives its stub no deadline; ours has the same one of its own."""
    return getattr(Cuebot.getStub(stub_name), method)(_request(stub_name, method, fields))


def _request(stub_name: str, method: str, fields: dict[str, Any]) -> Any:
    service = Cuebot.getProto(stub_name).DESCRIPTOR.services_by_name[Cuebot.SERVICE_MAP[stub_name]]
    return request_class(service.methods_by_name[method])(**fields)


def enum_of(message_enum: Any) -> Any:
    """Return an `enum.IntEnum` with the members of a protobuf enum."""
    make: Any = enum.IntEnum
    return make(message_enum.DESCRIPTOR.name, message_enum.items())


def message_of(value: Any) -> Any:
    """Return the message of a wrapper; a message stays what it is."""
    return value.data if isinstance(value, Entity) else value


def login() -> str:
    """Return who runs this process, as text that a message can hold: not every user has a name, or one in UTF-8."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"uid{os.getuid()}"
    return name.encode("utf-8", "replace").decode()


def signature(
    *, username: str | None, pid: str | int | None, host_kill: str | None, reason: str | None
) -> dict[str, str]:
    """Return who kills and why; servers ignore kills without a reason.

    What is not given is filled in from this process.
    """
    user = username or login()
    host = host_kill or socket.gethostname()
    return {
        "username": user,
        "pid": str(pid or os.getpid()),
        "host_kill": host,
        "reason": reason or f"killed by {user} on {host} with opencue",
    }


class Entity:
    """One thing a server knows, as the message it last sent.

    Two wrappers are equal when they are of one kind and have the same id.

    Args:
        data: The message; an empty one when not given.
    """

    _STUB: ClassVar[str]
    """Name of the stub whose calls are about this kind of thing."""
    _FIELD: ClassVar[str]
    """Field of their requests that takes the message."""
    _MESSAGE: ClassVar[Any]
    """Class of the message."""

    def __init__(self, data: Any = None) -> None:
        self.data: Any = self._MESSAGE() if data is None else data
        self.stub: Any = Cuebot.getStub(self._STUB)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entity) or type(self) is not type(other):
            return NotImplemented
        return self is other or bool(self.id() and self.id() == other.id())

    def __hash__(self) -> int:
        return hash((type(self), self.id()))

    def __repr__(self) -> str:
        named = getattr(self, "name", self.id)
        return f"<{type(self).__name__} {named()}>"

    def _send(self, method: str, /, **fields: Any) -> Any:
        """Call a method of the service about this thing, by its own stub, which tests may replace."""
        request = _request(self._STUB, method, {self._FIELD: self.data, **fields})
        return getattr(self.stub, method)(request, timeout=deadline_s(method))

    def id(self) -> str:
        """Return the id: a UUID as text."""
        return str(self.data.id)
