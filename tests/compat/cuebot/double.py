"""A server on loopback that answers as a recorded Cuebot did, and remembers what it was asked.

The n-th call that equals recorded ones is answered as the n-th of them was, and then as the last.
A call like none of them is answered as the next call of its method was; a method that was never
called is not there.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent import futures
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from tests.compat.cuebot.recording import Call, request_of, response_of
from tests.wire import message_class, methods

_THERE = Call("", 0, "/cue.CueInterface/GetSystemStats", grpc.StatusCode.OK, "", {}, {})
"""What a client is answered that looks whether there is a Cuebot, unless that was recorded."""
Key = tuple[str, bytes] | str


class ReplayingCuebot(grpc.GenericRpcHandler):
    """A Cuebot that has only these calls to remember.

    Args:
        calls: What was recorded, in order.
    """

    def __init__(self, calls: Iterable[Call]) -> None:
        self.asked: list[tuple[str, bytes]] = []
        """Paths and requests of the calls so far."""
        self._lock = threading.Lock()
        self.remember(calls)
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))
        self.host = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def remember(self, calls: Iterable[Call]) -> None:
        """Have only these calls to remember from now on, and none that it was asked."""
        answers: dict[Key, list[Call]] = defaultdict(list)
        known = list(calls)
        if all(call.method != _THERE.method for call in known):
            known.append(_THERE)
        for call in known:
            answers[call.method].append(call)
            message = request_of(call)
            if message is not None:
                answers[call.method, _canonical(message)].append(call)
        with self._lock:
            self.asked.clear()
            self._answers, self._used = answers, Counter[Key]()

    def close(self) -> None:
        """Hang up on everybody."""
        self._server.stop(0).wait()

    def service(self, handler_call_details: Any) -> Any:
        """Return the handler of a call."""
        method = handler_call_details.method

        def reply(raw: bytes, context: grpc.ServicerContext) -> bytes:
            call = self._next(method, raw)
            if call is None:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, f"Method not found: {method[1:]}")
            if call.status is not grpc.StatusCode.OK:
                context.abort(call.status, call.details)
            return bytes(response_of(call).SerializeToString())

        return grpc.unary_unary_rpc_method_handler(reply)

    def _next(self, method: str, raw: bytes) -> Call | None:
        with self._lock:
            self.asked.append((method, raw))
            key: Key = (method, _message(method, raw))
            if key not in self._answers:
                key = method
            answers = self._answers.get(key)
            if not answers:
                return None
            number = min(self._used[key], len(answers) - 1)
            self._used[key] += 1
            return answers[number]

    def names(self) -> list[str]:
        """Return the names of the calls so far, without those that only look who is there."""
        names = [method.rpartition("/")[2] for method, _ in self.asked]
        return [name for name in names if name not in {"Info", "GetSystemStats"}]

    def requests(self, method: str) -> list[Any]:
        """Return the requests so far of a method, given by its path."""
        kind = message_class(methods()[method].input_type)
        return [kind.FromString(raw) for asked, raw in self.asked if asked == method]


def _message(method: str, raw: bytes) -> bytes:
    """Return a request in the one form that equal messages have."""
    described = methods().get(method)
    if described is None:
        return raw
    message = message_class(described.input_type)()
    try:
        message.ParseFromString(raw)
    except DecodeError:
        return raw
    return _canonical(message)


def _canonical(message: Any) -> bytes:
    return bytes(message.SerializeToString(deterministic=True))
