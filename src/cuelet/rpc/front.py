"""The loopback port: who connects is known before a byte is read, and only this user and root reach the farm.

gRPC itself listens on the farm's Unix socket alone; what a connection that is let in sends is passed
on to there. Stock clients cannot authenticate, so the kernel is asked whose they are.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from cuelet.rpc.refusal import refuse
from opencue import peers

_log = logging.getLogger(__name__)

_HOST = "127.0.0.1"
_BACKLOG = 1024
_MOST_REFUSALS = 16
"""Strangers that are told why at a time; more are hung up on."""
_PAUSE_S = 0.2


class Front:
    """The loopback port of a farm.

    Args:
        farm: The Unix socket that gRPC listens on.
        port: The port to listen on; when it is taken, a free one is used.
    """

    def __init__(self, farm: Path, port: int) -> None:
        self._farm = str(farm)
        self._listener = _listen(port)
        self._passing: set[asyncio.Task[None]] = set()
        self._refusing: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Let clients in from now on."""
        self._accepting = asyncio.create_task(self._accept_all(), name="loopback port")

    async def close(self) -> None:
        """Hang up on everybody."""
        tasks = [*self._passing, *self._refusing, *filter(None, [self._accepting])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    async def _accept_all(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except OSError as error:  # out of descriptors, say: who waits goes on waiting
                _log.warning("no connection can be accepted: %s", error)
                await asyncio.sleep(_PAUSE_S)
            else:
                self._take(connection)
                await asyncio.sleep(0)  # a flood of strangers shares the loop with the farm

    def _take(self, connection: socket.socket) -> None:
        if peers.peer_uid(connection) in peers.trusted_uids():
            self._keep(self._passing, self._pass_on(connection))
        elif len(self._refusing) < _MOST_REFUSALS:
            self._keep(self._refusing, refuse(connection))
        else:
            connection.close()

    @staticmethod
    def _keep(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _pass_on(self, connection: socket.socket) -> None:
        """Pass on what both ends send, until one of them hangs up."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            client, farm = await self._joined(connection)
        except OSError as error:
            _log.warning("a client of port %d was not served: %s", self.port, error)
            return
        try:
            await asyncio.wait([farm.ended, client.ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            client.hang_up()
            farm.hang_up()

    async def _joined(self, connection: socket.socket) -> tuple[_Half, _Half]:
        """Return the client's half of a connection and the farm's, which pour into each other."""
        loop = asyncio.get_running_loop()
        try:
            inner, farm = await loop.create_unix_connection(_Half, self._farm)
            outer, client = await loop.connect_accepted_socket(_Half, connection)
        except BaseException:
            connection.close()
            raise
        farm.pour_into(outer)
        client.pour_into(inner)
        return client, farm


class _Half(asyncio.Protocol):
    """One end of a connection that is passed on; it is read as fast as the other end takes it."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._own: asyncio.Transport | None = None
        self._other: asyncio.Transport | None = None

    def pour_into(self, other: asyncio.Transport) -> None:
        """Pass on to another end what this one sends, from now on."""
        self._other = other
        if self._own is not None:
            self._own.resume_reading()

    def hang_up(self) -> None:
        """Send what is left to send, and close this end."""
        if self._own is not None:
            self._own.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the other end."""
        assert isinstance(transport, asyncio.Transport)
        self._own = transport
        transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Pass on what has come."""
        if self._other is not None:
            self._other.write(data)

    def pause_writing(self) -> None:
        """Let the other end wait: this one does not take what it sends."""
        if self._other is not None:
            self._other.pause_reading()

    def resume_writing(self) -> None:
        """Let the other end go on."""
        if self._other is not None:
            self._other.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that this end has hung up."""
        if not self.ended.done():
            self.ended.set_result(None)


def _listen(port: int) -> socket.socket:
    listener = _bound(port)
    listener.setblocking(False)
    return listener


def _bound(port: int) -> socket.socket:
    try:
        return socket.create_server((_HOST, port), backlog=_BACKLOG)
    except (OSError, OverflowError):
        return socket.create_server((_HOST, 0), backlog=_BACKLOG)
