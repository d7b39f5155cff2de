"""One connection of a farm, seen from the resident: never waits, never grows without bound."""

from __future__ import annotations

import socket

from cuelet.runner import wire

READ_BYTES = 256 * 1024
FULL_BYTES = 1024 * 1024
"""Beyond it, figures of live runs are left out: newer ones follow."""
OVERFULL_BYTES = 64 * 1024 * 1024
"""Beyond it, the farm is given up: when it comes back it is told everything anew."""


class FarmLink:
    """Lines in and out of a non-blocking socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._lines = wire.LineBuffer()
        self._out = bytearray()
        self.is_open = True

    def fileno(self) -> int:
        """Return the descriptor, for a selector."""
        return self._socket.fileno()

    @property
    def is_full(self) -> bool:
        """Whether the farm does not keep up."""
        return len(self._out) > FULL_BYTES

    @property
    def has_output(self) -> bool:
        """Whether something waits to be written."""
        return self.is_open and bool(self._out)

    def receive(self) -> list[wire.Message]:
        """Return the messages that have arrived; closes itself at the end of the stream.

        Raises:
            ProtocolError: The farm sent something else than messages.
        """
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self.close()
        return [wire.decode(line) for line in self._lines.feed(data)]

    def drain(self) -> list[wire.Message]:
        """Return everything the other side has sent up to now."""
        messages: list[wire.Message] = []
        while self.is_open:
            more = self.receive()
            if not more:
                break
            messages += more
        return messages

    def send(self, lines: list[bytes]) -> None:
        """Queue lines and write what can be written now."""
        for line in lines:
            self._out += line
        self.flush()
        if len(self._out) > OVERFULL_BYTES:
            self.close()

    def flush(self) -> None:
        """Write what can be written now."""
        try:
            while self._out and self.is_open:
                del self._out[: self._socket.send(self._out)]
        except BlockingIOError:
            return
        except OSError:
            self.close()

    def close(self) -> None:
        """End the conversation.

        The descriptor stays taken until `dispose`: were its number given to the next connection
        while a selector still knows it, the two would be mixed up.
        """
        self.is_open = False
        self._out.clear()

    def dispose(self) -> None:
        """Give the descriptor back, once no selector knows it."""
        self.close()
        self._socket.close()
