"""Whose servers on this machine are talked to: one's own, root's, and those of users named for it."""

from __future__ import annotations

import ipaddress
import os
import pwd
import socket
import stat
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from opencue.exception import ConnectionException

ANY = "any"
VARIABLE = "CUELET_SERVER_USERS"
SETTING = "cuebot.server_users"


class Address(NamedTuple):
    """Where a socket connects to."""

    family: socket.AddressFamily
    name: Any

    def is_here(self) -> bool:
        """Tell whether it is one of this machine's: only those can be listened on."""
        if self.family == socket.AF_UNIX:
            return True
        if ipaddress.ip_address(self.name[0].partition("%")[0]).is_loopback:
            return True
        try:
            with socket.socket(self.family) as end:
                end.bind((self.name[0], 0, *self.name[2:]))
        except OSError:
            return False
        return True


def named_users(settings: Mapping[str, Any]) -> frozenset[int] | None:
    """Return the uids that the environment or the configuration names; None for any user.

    Raises:
        ConnectionException: One of them is no user of this machine.
    """
    given = os.environ.get(VARIABLE)
    listed = settings.get(SETTING) or [] if given is None else given
    words = listed.split(",") if isinstance(listed, str) else listed
    names = [word for each in words if (word := str(each).strip())]
    return None if ANY in names else frozenset(map(_uid, names))


def _uid(name: str) -> int:
    if name.isdecimal():
        return int(name)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise ConnectionException(
            f"{VARIABLE} or {SETTING} names {name!r}, which is no user of this machine; "
            f"write names or numbers with commas between, or {ANY}"
        ) from None


def user_of(uid: int) -> str:
    """Return a user in words."""
    try:
        return f"user {pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def addresses_here(target: str) -> list[Address]:
    """Return what a target means when one of its addresses is this machine's; else nothing.

    Args:
        target: ``name:port``, ``[address]:port``, ``unix:/path`` or ``unix-abstract:name``.
    """
    if target.startswith("unix-abstract:"):
        return [Address(socket.AF_UNIX, "\0" + target.removeprefix("unix-abstract:"))]
    if target.startswith("unix:"):
        return [Address(socket.AF_UNIX, target.removeprefix("unix:"))]
    host, _, port = target.rpartition(":")
    try:
        found = socket.getaddrinfo(_without_scope(host), int(port), type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError):
        return []  # gRPC says what is wrong with it
    addresses = [Address(family, name) for family, _, _, _, name in found]
    return addresses if any(each.is_here() for each in addresses) else []


def _without_scope(host: str) -> str:
    """Return a host without brackets, and without the interface where that means nothing.

    gRPC goes to ``::1%lo``; the system's resolver only knows interfaces of link-local addresses.
    """
    address, _, scope = (bare := host.strip("[]")).partition("%")
    try:
        is_scoped = not scope or ipaddress.ip_address(address).is_link_local
    except ValueError:
        return bare
    return bare if is_scoped else address


def is_private(address: Address, users: Iterable[int]) -> bool:
    """Tell whether a socket's file and folder are these users', and nobody else can put another there."""
    if address.family != socket.AF_UNIX or address.name.startswith("\0"):
        return False
    path = os.path.abspath(address.name)
    try:
        folder, end = os.stat(os.path.dirname(path)), os.lstat(path)
    except OSError:
        return False
    return (
        {folder.st_uid, end.st_uid} <= set(users)
        and not folder.st_mode & 0o022
        and stat.S_ISSOCK(end.st_mode)
    )
