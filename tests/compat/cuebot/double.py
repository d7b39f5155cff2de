"""A server on loopback that answers as a recorded Cuebot did, and remembers what it was asked.

The n-th call that equals recorded ones is answered as the n-th of them was, and then as the last.
A launch equals one of the same job and show, for sessions have other paths each time. A call like
none of them is answered as the next call of its method was, one about the same thing if there is one,
and of a list of jobs or frames the caller gets those that it asks for. By a name that is in no call
nothing is found. A method that was never called is not there.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent import futures
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from tests.compat.cuebot.narrowing import narrowed
from tests.compat.cuebot.recording import Call, response_of, sent
from tests.wire import message_class, methods

_THERE = Call("", 0, "/cue.CueInterface/GetSystemStats", grpc.StatusCode.OK, "", {}, {})
"""What a client is answered that looks whether there is a Cuebot, unless that was recorded."""
_NOBODY = Call(
    "", 0, "", grpc.StatusCode.NOT_FOUND, "Incorrect result size: expected 1, actual 0", {}, None
)
_SHOW, _JOB = re.compile(r"<show>(.*?)</show>"), re.compile(r'<job name="(.*?)"')
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
            for key in {call.method, *_keys(call.method, sent(call))}:
                answers[key].append(call)
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
            return self.answer(method, raw, context)

        return grpc.unary_unary_rpc_method_handler(reply)

    def answer(self, method: str, raw: bytes, context: grpc.ServicerContext) -> bytes:
        """Return the response to a request, or refuse it."""
        call, is_equal = self._next(method, raw)
        if call is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"Method not found: {method[1:]}")
        if call.status is not grpc.StatusCode.OK:
            context.abort(call.status, call.details)
        response = response_of(call)
        if not is_equal:
            request = message_class(methods()[method].input_type).FromString(raw)
            response = narrowed(request, response)
        return bytes(response.SerializeToString())

    def _next(self, method: str, raw: bytes) -> tuple[Call | None, bool]:
        """Return the call whose answer is due, and whether its request is this one."""
        equal, subject = _keys(method, raw)
        finds = method.rpartition("/")[2].startswith("Find") and equal != subject
        with self._lock:
            self.asked.append((method, raw))
            for key in (equal, subject) if finds else (equal, subject, method):
                answers = self._answers.get(key)
                if answers:
                    number = min(self._used[key], len(answers) - 1)
                    self._used[key] += 1
                    return answers[number], key == equal
        return (_NOBODY, True) if finds else (None, False)

    def names(self) -> list[str]:
        """Return the names of the calls so far, without those that only look who is there."""
        names = [method.rpartition("/")[2] for method, _ in self.asked]
        return [name for name in names if name not in {"Info", "GetSystemStats"}]

    def requests(self, method: str) -> list[Any]:
        """Return the requests so far of a method, given by its path."""
        kind = message_class(methods()[method].input_type)
        return [kind.FromString(raw) for asked, raw in self.asked if asked == method]


def _keys(method: str, raw: bytes) -> tuple[Key, Key]:
    """Return what equal requests of a method have in common, and what those about one thing have.

    For what is no message of the method both are the same.
    """
    described = methods().get(method)
    if described is None:
        return (method, raw), (method, raw)
    message = message_class(described.input_type)()
    try:
        message.ParseFromString(raw)
    except DecodeError:
        return (method, raw), (method, raw)
    return (method, _sameness(message)), (method, b"about " + _subject(message).encode())


def _sameness(message: Any) -> bytes:
    spec = getattr(message, "spec", "")
    show, job = _SHOW.search(spec), _JOB.search(spec)
    if "Launch" in message.DESCRIPTOR.name and show and job:
        return f"{show[1]} {job[1]}".encode()
    return bytes(message.SerializeToString(deterministic=True))


def _subject(message: Any) -> str:
    """Return the id or name of what a request is about."""
    for _, value in message.ListFields():
        if isinstance(value, str):
            return value
        if getattr(value, "id", ""):
            return str(value.id)
    return ""
