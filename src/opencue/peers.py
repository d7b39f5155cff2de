"""Whose the other end of a TCP connection within this machine is: asked of the kernel, believed only when certain.

The kernel is asked for the one socket that has exactly the four numbers of our connection, turned
around. It has to be established and in the hands of a process: what a connection leaves behind
(TIME_WAIT) and what nobody has accepted yet carry no true owner. Our own end is looked at once
more after the answer: as long as it is established, nobody else can have its four numbers.
Whatever is not certain is None; nothing is remembered.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_ESTABLISHED = 1
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_HEAD = struct.Struct("=IHHII")
"""Length, kind, flags, number and port of a netlink message (linux/netlink.h)."""
_REQUEST = struct.Struct("=BBBxI")
"""Family, protocol and extensions, states (linux/inet_diag.h)."""
_ENDS = struct.Struct("!HH16s16s")
"""Ports and addresses of a socket, its own first."""
_REST = struct.Struct("=III")
"""Interface and cookie; no cookie is all ones."""
_OWNER = struct.Struct("=II")
_OWNER_AT = 64
"""Where uid and inode are in an answer, behind the expiry and the two queues."""
_ANSWER_WAIT_S = 5.0


class End(NamedTuple):
    """One end of a connection."""

    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int


class Owner(NamedTuple):
    """What the kernel says of a socket."""

    uid: int
    inode: int
    """0: no process holds it, and then the uid means nothing."""


def peer_uid(connection: socket.socket) -> int | None:
    """Return the user that holds the other end of a connection, or None when that is not certain.

    Args:
        connection: A connected TCP socket, IPv4 or IPv6, whose other end is on this machine.
    """
    if connection.family not in {socket.AF_INET, socket.AF_INET6}:
        return None
    try:
        ours = end_of(connection.getsockname())
        theirs = end_of(connection.getpeername())
        owner = _ask(theirs, ours)
    except (OSError, ValueError):
        return None
    if owner is None or not owner.inode or not is_established(connection):
        return None
    return owner.uid


def trusted_uids() -> frozenset[int]:
    """Return who counts as this user: the user itself and root.

    Nobody does where the kernel shows strangers under this user's number, as in a user namespace
    that does not map them.
    """
    uid = os.getuid()
    if uid == _overflow_uid() and not _all_are_mapped():
        return frozenset()
    return frozenset({uid, 0})


def is_established(connection: socket.socket) -> bool:
    """Tell whether our end of a connection is established now."""
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED
    except OSError:
        return False


def end_of(name: tuple[object, ...]) -> End:
    """Return the end a socket's name says, an IPv4 address in IPv6 as IPv4.

    Raises:
        ValueError: It is no address of IPv4 or IPv6.
    """
    address = ipaddress.ip_address(str(name[0]).partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return End(mapped or address, int(str(name[1])))


def _ask(local: End, remote: End) -> Owner | None:
    """Return the owner of the established socket with these two ends."""
    try:
        return _ask_netlink(local, remote)
    except (OSError, AttributeError):  # not in this kernel, or not allowed in this sandbox
        return _ask_tables(local, remote)


def _ask_netlink(local: End, remote: End) -> Owner | None:
    forms = packed_forms(local, remote)
    family, ends = next(iter(forms.items()))
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 1 << _ESTABLISHED) + ends
    body += _REST.pack(0, 0xFFFFFFFF, 0xFFFFFFFF)
    head = _HEAD.pack(_HEAD.size + len(body), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(_ANSWER_WAIT_S)
        kernel.sendto(head + body, (0, 0))
        answer, sender = kernel.recvfrom(4096)
    return owner_in(answer, forms) if sender[0] == 0 else None


def packed_forms(local: End, remote: End) -> dict[int, bytes]:
    """Return how two ends are written by family: a socket of IPv6 may carry IPv4."""
    kinds = [(socket.AF_INET6, _mapped(local), _mapped(remote))]
    if local.address.version == 4:
        kinds.insert(0, (socket.AF_INET, local, remote))
    return {
        family: _ENDS.pack(a.port, b.port, a.address.packed, b.address.packed)
        for family, a, b in kinds
    }


def owner_in(answer: bytes, forms: Mapping[int, bytes]) -> Owner | None:
    """Return the owner that an answer of the kernel names, or None when it is about anything else.

    Args:
        answer: A message of SOCK_DIAG.
        forms: The two ends asked about, as `packed_forms` writes them.

    Raises:
        OSError: The kernel cannot answer such questions.
    """
    if len(answer) < _HEAD.size:
        return None
    kind = _HEAD.unpack_from(answer)[1]
    body = answer[_HEAD.size :]
    if kind != _SOCK_DIAG_BY_FAMILY:
        _raise_unless_absent(body)
        return None
    if len(body) < _OWNER_AT + _OWNER.size or body[1] != _ESTABLISHED:
        return None
    if body[4 : 4 + _ENDS.size] != forms.get(body[0]):
        return None  # a listener, which the kernel names where there is no connection
    return Owner(*_OWNER.unpack_from(body, _OWNER_AT))


def _raise_unless_absent(body: bytes) -> None:
    """Raise for an error other than that there is no such socket."""
    import errno

    number = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
    if number not in {0, errno.ENOENT, errno.ESTALE}:
        raise OSError(number, os.strerror(number))


def _ask_tables(local: End, remote: End) -> Owner | None:
    """Return the owner by the tables in /proc; None also when several rows would do."""
    pairs = ((local, remote), (_mapped(local), _mapped(remote)))
    found = [
        Owner(uid, inode)
        for table, (here, there) in zip(TABLES, pairs, strict=True)
        for uid, inode in _rows(table, _written(here), _written(there))
    ]
    return found[0] if len(found) == 1 else None


def _rows(table: str, local: str, remote: str) -> Iterator[tuple[int, int]]:
    """Yield uid and inode of the established sockets with these ends."""
    with suppress(FileNotFoundError), open(table, encoding="ascii") as lines:
        next(lines, None)
        for line in lines:
            fields = line.split()
            if fields[1:4] == [local, remote, f"{_ESTABLISHED:02X}"]:
                yield int(fields[7]), int(fields[9])


def _mapped(end: End) -> End:
    """Return an end as a socket of IPv6 has it."""
    if end.address.version == 6:
        return end
    return End(ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + end.address.packed), end.port)


def _written(end: End) -> str:
    """Return an end as the tables have it: 32-bit words in the order of this machine."""
    packed = end.address.packed
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    text = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{text}:{end.port:04X}"


def _overflow_uid() -> int:
    """Return the number under which the kernel shows users it has no number for."""
    try:
        with open("/proc/sys/kernel/overflowuid", encoding="ascii") as stream:
            return int(stream.read())
    except (OSError, ValueError):
        return 65534


def _all_are_mapped() -> bool:
    """Tell whether every user of the machine has a number of its own here."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as stream:
            return stream.read().split() == ["0", "0", str(0xFFFFFFFF)]
    except OSError:
        return False
