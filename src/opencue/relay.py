"""The way to a server on this machine: each connection is made here, and used only if its holder is trusted.

gRPC connects, and connects again, whenever it likes, and asks nobody whom it has reached. So it is
given a socket of this process; what it sends there is passed on once the kernel has said whose the
connection is, and nothing is sent to anybody else.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from opencue import peers
from opencue.exception import ConnectionException, ServerNotOursException
from opencue.servers import Address, user_of

_CONNECT_TIMEOUT_S = 4.0
_CERTAIN_WITHIN_S = 3.0
"""A server may take so long to accept, and nobody holds what is not accepted."""
_POLL_S = 0.001
_LONGEST_POLL_S = 0.05
_PIECE_BYTES = 64 * 1024
_CREDENTIALS = struct.Struct("3i")


class Relay:
    """Pass on the connections of this process to a server on this machine.

    Args:
        target: The server, for messages.
        addresses: Where it may be, tried in order.
        users: The uids whose server is talked to.
    """

    def __init__(self, target: str, addresses: Sequence[Address], users: frozenset[int]) -> None:
        self._server, self._addresses, self._users = target, addresses, users
        self._name = f"cuelet-{os.urandom(16).hex()}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"\0{self._name}")
        self._listener.listen()
        self.trouble: ConnectionException | None = None
        """Why the latest connection could not be made."""
        threading.Thread(target=self._accept_all, name="cuelet relay", daemon=True).start()

    @property
    def target(self) -> str:
        """What gRPC connects to."""
        return f"unix-abstract:{self._name}"

    def end_with(self, channel: object) -> None:
        """Close when nobody has the channel any more."""
        weakref.finalize(channel, _close, self._listener, os.getpid())

    def _accept_all(self) -> None:
        with self._listener:
            while True:
                try:
                    inner, _ = self._listener.accept()
                except OSError:
                    return
                threading.Thread(
                    target=self._pass_on, args=(inner,), name="cuelet relay", daemon=True
                ).start()

    def _pass_on(self, inner: socket.socket) -> None:
        with inner:
            if _holder(inner).pid != os.getpid():
                return  # another process has guessed the name
            try:
                outer = self._connect()
            except ConnectionException as error:
                self.trouble = error
                return
            self.trouble = None
            with outer:
                back = threading.Thread(target=_pour, args=(outer, inner), daemon=True)
                back.start()
                _pour(inner, outer)
                back.join()

    def _connect(self) -> socket.socket:
        """Return a connection to a server that is trusted.

        Raises:
            ConnectionException: Nobody listens.
            ServerNotOursException: Somebody else does.
        """
        reasons, refusals = [], []
        for address in self._addresses:
            try:
                return self._connect_to(address)
            except ServerNotOursException as error:
                refusals.append(error)
            except OSError as error:
                reasons.append(error.strerror or str(error))
        if refusals:
            raise refusals[0]
        raise ConnectionException(target=self._server, details="; ".join(dict.fromkeys(reasons)))

    def _connect_to(self, address: Address) -> socket.socket:
        outer = socket.socket(address.family)
        try:
            outer.settimeout(_CONNECT_TIMEOUT_S)
            outer.connect(address.name)
            outer.settimeout(None)
            if address.is_here():
                uid = _server_uid(outer)
                if uid not in self._users:
                    user = "" if uid is None else user_of(uid)
                    raise ServerNotOursException(target=self._server, owner=uid, user=user)
            if address.family != socket.AF_UNIX:
                outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            outer.close()
            raise
        return outer


class _Holder(NamedTuple):
    """The process at the other end of a Unix socket."""

    pid: int
    uid: int
    gid: int


def _holder(connection: socket.socket) -> _Holder:
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return _Holder(*_CREDENTIALS.unpack(told))


def _server_uid(connection: socket.socket) -> int | None:
    """Return who holds the server's end, or None when that is not certain in time."""
    if connection.family == socket.AF_UNIX:
        return _holder(connection).uid
    deadline, pause_s = time.monotonic() + _CERTAIN_WITHIN_S, _POLL_S
    uid = peers.peer_uid(connection)
    while uid is None and peers.is_established(connection) and time.monotonic() < deadline:
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_POLL_S)
        uid = peers.peer_uid(connection)
    return uid


def _pour(source: socket.socket, sink: socket.socket) -> None:
    """Pass on all that one end sends; when it hangs up, both are done."""
    with suppress(OSError):
        while piece := source.recv(_PIECE_BYTES):
            sink.sendall(piece)
    _hang_up(source)
    _hang_up(sink)


def _close(listener: socket.socket, pid: int) -> None:
    """End a relay, but not from a fork, which has the very same socket."""
    if os.getpid() == pid:
        _hang_up(listener)


def _hang_up(end: socket.socket) -> None:
    """Wake whoever waits for an end: it will not be used any more."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
