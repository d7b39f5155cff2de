"""What a stranger at the loopback port hears: one gRPC answer, written without any server behind it.

Of what the stranger sends only the heads of HTTP/2 frames are looked at, as long as it takes to
find the number of its first call; a few strangers at a time, each for a moment.
"""

from __future__ import annotations

import asyncio
import socket

SENTENCE = "this farm serves only the user it runs as"
MOST_BYTES = 16 * 1024
"""What is read of a stranger at most."""
_PATIENCE_S = 2.0
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEAD = 9
_HEADERS, _SETTINGS = 1, 4
_END_STREAM_AND_HEADERS = 0x05
_STATUS_200 = b"\x88"
_PERMISSION_DENIED = b"7"
_LITERAL = b"\0"
"""Begins a header that is written out and not to be remembered (RFC 7541, 6.2.2)."""


async def refuse(connection: socket.socket) -> None:
    """Answer the first call of a connection with PERMISSION_DENIED, and close it."""
    loop = asyncio.get_running_loop()
    with connection:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await loop.sock_sendall(connection, _frame(_SETTINGS, 0, 0, b""))
                stream = await _first_stream(loop, connection)
                if stream:
                    await loop.sock_sendall(connection, answer(stream))
        except (OSError, TimeoutError):
            return


async def _first_stream(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> int | None:
    seen = b""
    while len(seen) < MOST_BYTES:
        more = await loop.sock_recv(connection, MOST_BYTES - len(seen))
        seen += more
        if not more or not seen.startswith(_PREFACE[: len(seen)]):
            return None
        stream = first_stream(seen)
        if stream:
            return stream
    return None


def first_stream(seen: bytes) -> int | None:
    """Return the number of the first call in what a client has sent, or None when there is none yet."""
    at = len(_PREFACE)
    while at + _FRAME_HEAD <= len(seen):
        length = int.from_bytes(seen[at : at + 3], "big")
        if seen[at + 3] == _HEADERS:
            return int.from_bytes(seen[at + 5 : at + 9], "big") & 0x7FFFFFFF
        at += _FRAME_HEAD + length
    return None


def answer(stream: int) -> bytes:
    """Return the frame that ends a call with PERMISSION_DENIED."""
    block = _STATUS_200 + b"".join(
        _LITERAL + bytes([len(name)]) + name + bytes([len(value)]) + value
        for name, value in (
            (b"content-type", b"application/grpc"),
            (b"grpc-status", _PERMISSION_DENIED),
            (b"grpc-message", SENTENCE.encode()),
        )
    )
    return _frame(_HEADERS, _END_STREAM_AND_HEADERS, stream, block)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload
