"""A replaying Cuebot that answers late, half, wrong or not at all, from a method of the test's choice on."""

from __future__ import annotations

import contextlib
import enum
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

import grpc

from tests.compat.cuebot.double import ReplayingCuebot
from tests.compat.cuebot.recording import Call

HUGE_BYTES = 3 * 1024 * 1024


class Fault(enum.Enum):
    """What goes wrong with the answer to a call."""

    LATE = "comes after the deadline"
    CLOSED = "the connection closes before it"
    HALF = "the connection closes in the middle of it"
    GARBAGE = "bytes that are no HTTP/2"
    NO_MESSAGE = "bytes that are no message"
    HUGE = "larger than a client takes"
    DENIED = "PERMISSION_DENIED"
    EXHAUSTED = "RESOURCE_EXHAUSTED"
    FAILED = "INTERNAL, with a long list of Java's lines"


_STATUS = {
    Fault.DENIED: (grpc.StatusCode.PERMISSION_DENIED, "no"),
    Fault.EXHAUSTED: (grpc.StatusCode.RESOURCE_EXHAUSTED, "too many requests"),
    Fault.FAILED: (
        grpc.StatusCode.INTERNAL,
        "\n".join(f"java.lang.Exception{n}: Could not open JDBC Connection" for n in range(99)),
    ),
}
_NO_MESSAGE = b"\xff" * 40
_UNKNOWN_FIELD = b"\xfa\xff\x7f"
"""Begins a field of bytes, number 262143, that no message has."""


class MisbehavingCuebot(ReplayingCuebot):
    """A Cuebot behind a wire that can be cut.

    Args:
        calls: What was recorded.
        fault: What goes wrong.
        fails: Tells whether it does with a method, given by its name.
        times: How often it does.
    """

    def __init__(
        self,
        calls: Iterable[Call],
        fault: Fault,
        fails: Callable[[str], bool],
        times: int = 1_000_000,
    ) -> None:
        super().__init__(calls)
        self.fault, self._fails, self._left = fault, fails, times
        self._released = threading.Event()
        self._wire = _Wire(self.host)
        self.host = self._wire.host

    def close(self) -> None:
        """Hang up on everybody, those who wait too."""
        self._released.set()
        self._wire.close()
        super().close()

    def answer(self, method: str, raw: bytes, context: grpc.ServicerContext) -> bytes:
        """Answer a call, or do what goes wrong instead."""
        answer = super().answer(method, raw, context)
        if self._left <= 0 or not self._fails(method.rpartition("/")[2]):
            return answer
        self._left -= 1
        return self._spoilt(answer, context)

    def _spoilt(self, answer: bytes, context: Any) -> bytes:
        if self.fault in _STATUS:
            context.abort(*_STATUS[self.fault])
        if self.fault is Fault.LATE:
            context.add_callback(self._released.set)  # the caller has hung up
            self._released.wait(60)
            self._released.clear()
        if self.fault is Fault.HUGE:
            return answer + _UNKNOWN_FIELD + _length(HUGE_BYTES) + bytes(HUGE_BYTES)
        if self.fault is Fault.NO_MESSAGE:
            return _NO_MESSAGE
        if self.fault in {Fault.CLOSED, Fault.HALF, Fault.GARBAGE}:
            self._wire.damage(self.fault)
        return answer


def _length(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


class _Wire:
    """A loopback port that passes on to another one, until it is told to damage what comes back."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._damage: Fault | None = None
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def damage(self, fault: Fault) -> None:
        """Damage what comes back next."""
        self._damage = fault

    def close(self) -> None:
        """Let go of everything."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            _hang_up(each)
        for thread in self._threads:
            thread.join(10)

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            self._open += [client, server]
            self._start(self._pass_on, client, server, False)
            self._start(self._pass_on, server, client, True)

    def _pass_on(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        try:
            while data := source.recv(65536):
                fault, self._damage = (self._damage, None) if is_answer else (None, self._damage)
                if fault is not None:
                    self._break(data, sink, fault)
                    break
                sink.sendall(data)
        except OSError:
            pass
        _hang_up(source)
        _hang_up(sink)

    @staticmethod
    def _break(data: bytes, sink: socket.socket, fault: Fault) -> None:
        if fault is Fault.HALF:
            sink.sendall(data[: len(data) // 2])
        if fault is Fault.GARBAGE:
            sink.sendall(b"\x00\xff\xfe garbage " * 100)


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
