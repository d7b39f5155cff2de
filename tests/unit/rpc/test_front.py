"""The loopback port: what is let in is passed on whole, what is not hears one sentence or nothing."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.rpc import front as front_module
from cuelet.rpc.front import Front
from cuelet.rpc.refusal import MOST_BYTES, SENTENCE, first_stream
from opencue import peers

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def headers(stream: int) -> bytes:
    return b"\0\0\2\1\4" + stream.to_bytes(4, "big") + b"\x82\x86"


def behind_a_front(
    folder: Path, client: Callable[[int], Awaitable[None]], *, port: int = 0
) -> list[bytes]:
    """Run a client at a front; return what each connection that was let in sent, echoed to it."""
    heard: list[bytes] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at = len(heard)
        heard.append(b"")
        while data := await reader.read(65536):
            heard[at] += data
            writer.write(data)
            await writer.drain()
        writer.close()

    async def run() -> None:
        path = folder / "farm.sock"
        async with await asyncio.start_unix_server(echo, path):
            front = Front(path, port)
            front.start()
            try:
                async with asyncio.timeout(60):
                    await client(front.port)
            finally:
                await front.close()

    asyncio.run(run())
    return heard


async def read_all(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        writer.write_eof()
        return await reader.read()
    except ConnectionError:
        return b"hung up"
    finally:
        writer.close()


def test_much_is_passed_on_whole_both_ways_at_once(tmp_path: Path) -> None:
    sent = os.urandom(1 << 20) * 8

    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await reader.readexactly(len(sent)) == sent
        writer.close()

    assert behind_a_front(tmp_path, client) == [sent]


def test_a_client_that_does_not_read_makes_the_farm_wait_not_the_front_grow(tmp_path: Path) -> None:
    read = []

    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(bytes(1 << 26))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await writer.drain()
        read.append(await reader.readexactly(1 << 20))
        writer.transport.abort()

    (heard,) = behind_a_front(tmp_path, client)

    assert read == [bytes(1 << 20)]
    assert len(heard) < 1 << 26


def test_a_client_whose_owner_is_not_certain_reaches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "peer_uid", lambda _connection: None)
    said = []

    async def client(port: int) -> None:
        said.append(await read_all(port, PREFACE + SETTINGS + headers(1) + bytes(1000)))

    assert behind_a_front(tmp_path, client) == []
    assert SENTENCE.encode() in said[0]
    assert said[0].startswith(SETTINGS)


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b"\0", bytes(range(100, 200))])
def test_a_stranger_who_speaks_something_else_is_hung_up_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(peers, "peer_uid", lambda _connection: None)
    said = []

    async def client(port: int) -> None:
        said.append(await read_all(port, sent))

    assert behind_a_front(tmp_path, client) == []
    assert said[0] in {SETTINGS, b"hung up"}


def test_more_strangers_than_are_answered_at_a_time_are_hung_up_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "peer_uid", lambda _connection: None)
    monkeypatch.setattr(front_module, "_MOST_REFUSALS", 2)
    said = []

    async def client(port: int) -> None:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, _ in silent:
            assert await reader.readexactly(len(SETTINGS)) == SETTINGS
        said.append(await read_all(port, b""))
        for _, writer in silent:
            writer.close()

    assert behind_a_front(tmp_path, client) == []
    assert said == [b""]


def test_a_port_that_is_taken_is_left_to_who_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        ports = []

        async def client(port: int) -> None:
            ports.append(port)

        behind_a_front(tmp_path, client, port=taken)
        assert ports[0] not in {0, taken}


class TestFirstStream:
    @given(
        st.lists(st.tuples(st.sampled_from([0, 2, 4, 6, 8]), st.binary(max_size=300)), max_size=9),
        st.integers(1, 2**31 - 1),
        st.binary(max_size=50),
    )
    def test_is_that_of_the_first_headers(
        self, before: list[tuple[int, bytes]], stream: int, after: bytes
    ) -> None:
        frames = b"".join(
            len(body).to_bytes(3, "big") + bytes([kind]) + bytes(5) + body for kind, body in before
        )
        seen = PREFACE + frames + headers(stream) + after
        assert first_stream(seen) == stream
        assert first_stream(PREFACE + frames) is None

    @given(st.binary(max_size=MOST_BYTES // 16))
    def test_of_anything_is_a_number_or_none(self, seen: bytes) -> None:
        found = first_stream(PREFACE + seen)
        assert found is None or 0 <= found < 2**31
