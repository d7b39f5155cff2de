"""Who is at the other end: stock clients cannot authenticate, so the kernel is asked.

A Unix socket lies in a folder only its owner can enter.
A loopback TCP peer is the user that owns its socket, read from /proc/net/tcp.
"""

from __future__ import annotations

import ipaddress
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

PeerCheck = Callable[[str], bool]

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_REMEMBER_S = 1.0


class OwnUserOnly:
    """Tell whether a gRPC peer is a process of this user (or root).

    Args:
        ports: The TCP ports this server listens on.
    """

    def __init__(self, ports: set[int]) -> None:
        self._ports = ports
        self._known: dict[str, tuple[float, bool]] = {}

    def __call__(self, peer: str) -> bool:
        """Return True when the peer may call."""
        if peer.startswith("unix:"):
            return True
        known = self._known.get(peer)
        now = time.monotonic()
        if known and now - known[0] < _REMEMBER_S:
            return known[1]
        if len(self._known) > 1000:
            self._known.clear()
        allowed = self._ask(peer)
        self._known[peer] = now, allowed
        return allowed

    def _ask(self, peer: str) -> bool:
        address = _split(peer)
        if address is None:
            return False
        if not Path(_TABLES[0]).exists():
            return True  # no /proc: loopback is all the fence there is on this platform
        uid = peer_uid(*address, self._ports)
        return uid is not None and uid in (os.getuid(), 0)


def _split(peer: str) -> tuple[str, int] | None:
    """Return (host, port) of ``ipv4:127.0.0.1:5000`` or ``ipv6:%5B::1%5D:5000``."""
    kind, _, rest = peer.partition(":")
    host, _, port = unquote(rest).rpartition(":")
    if kind not in ("ipv4", "ipv6") or not port.isdecimal():
        return None
    return host.strip("[]"), int(port)


def peer_uid(host: str, port: int, server_ports: set[int]) -> int | None:
    """Return the uid that owns the client's end of a connection to us, or None."""
    wanted = {f"{packed}:{port:04X}" for packed in _packed(host)}
    servers = {f"{number:04X}" for number in server_ports}
    for table in _TABLES:
        uid = _search(table, wanted, servers)
        if uid is not None:
            return uid
    return None


def _search(table: str, wanted: set[str], servers: set[str]) -> int | None:
    try:
        with Path(table).open(encoding="ascii") as lines:
            next(lines)
            for line in lines:
                fields = line.split()
                if fields[1] in wanted and fields[2].rpartition(":")[2] in servers:
                    return int(fields[7])
    except OSError:
        return None
    return None


def _packed(host: str) -> list[str]:
    """Return the forms an address has in /proc/net/tcp, the v4-mapped one included."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return []
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return [_words(address.packed)]
        address = address.ipv4_mapped
    return [_words(address.packed), _words(b"\0" * 10 + b"\xff\xff" + address.packed)]


def _words(packed: bytes) -> str:
    """Return bytes as the kernel prints them: 32-bit words in host order."""
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
