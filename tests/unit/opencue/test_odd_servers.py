"""Servers that answer late, half, in another tongue, or not at all: a clear error, and a launch is never sent twice."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent import futures

import grpc
import pytest
from tests.stock_cuebot import StockCuebot

from opencue import api, connection
from opencue.cuebot import Cuebot
from opencue.exception import (
    ConnectionException,
    CueException,
    DeadlineExceededException,
    NoOpenCueException,
)

Talk = Callable[[socket.socket, threading.Event], None]
HTTP = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@contextlib.contextmanager
def listening(talk: Talk) -> Iterator[str]:
    """Serve each connection by a function, on a free port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError, OSError):
                    end, _ = server.accept()
                    with end:
                        talk(end, over)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            Cuebot.closeChannel()
            thread.join()


def say_nothing(_: socket.socket, over: threading.Event) -> None:
    over.wait()


def close_at_once(_: socket.socket, __: threading.Event) -> None:
    pass


def close_half_way(end: socket.socket, _: threading.Event) -> None:
    end.sendall(b"\x00\x00\x12\x04\x00\x00")  # how a settings frame of HTTP/2 begins
    end.recv(1 << 12)


def talk_garbage(end: socket.socket, over: threading.Event) -> None:
    end.sendall(b"\xde\xad\xbe\xef" * 100)
    over.wait(0.2)


def speak_http(end: socket.socket, over: threading.Event) -> None:
    end.recv(1 << 12)
    end.sendall(HTTP)
    over.wait(0.2)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PROBE_TIMEOUT_S", 0.5)
    monkeypatch.setenv(
        "CUELET_SERVER_USERS", "any"
    )  # whose a socket is that closes at once nobody can tell


@pytest.mark.parametrize(
    "talk", [say_nothing, close_at_once, close_half_way, talk_garbage, speak_http]
)
def test_a_server_that_is_none_is_not_reached(talk: Talk) -> None:
    with listening(talk) as host:
        Cuebot.setHosts(host)
        with pytest.raises(ConnectionException) as told:
            api.getJobs()
    assert f"no server reached: tried {host}" in str(told.value)
    assert "check CUEBOT_HOSTS or opencue.yaml" in str(told.value)
    assert "\n" not in str(told.value)


class Odd(grpc.GenericRpcHandler):
    """A gRPC server that answers what it is told once a client has connected."""

    def __init__(self) -> None:
        self.answer: Callable[[grpc.ServicerContext], bytes] = lambda _: b""
        self.calls: list[str] = []

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if "cuelet.Farm" in call.method:
            return None
        if "GetSystemStats" in call.method:
            return grpc.unary_unary_rpc_method_handler(lambda *_: b"")
        self.calls.append(call.method.rpartition("/")[2])
        return grpc.unary_unary_rpc_method_handler(lambda _, context: self.answer(context))


@pytest.fixture
def odd() -> Iterator[Odd]:
    handler = Odd()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((handler,))
    Cuebot.setHosts(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    server.start()
    yield handler
    server.stop(0).wait()


def test_an_answer_that_is_no_message_is_told_as_such(odd: Odd) -> None:
    odd.answer = lambda _: b"\xff\xff\xff not protobuf"

    for call in (api.getJobs, api.getHosts, lambda: api.findJob("x")):
        with pytest.raises(NoOpenCueException, match="is no Cuebot: its answer makes no sense"):
            call()


def test_half_an_answer_is_none(odd: Odd) -> None:
    whole = StockCuebot()
    job = whole.add_job("demo-sh010-ada_hello")
    whole.close()
    message = job.SerializeToString()
    odd.answer = lambda _: b"\x0a" + bytes([min(len(message), 127)]) + message[:10]

    with pytest.raises(NoOpenCueException):
        api.getJob(job.id)


def test_a_late_answer_is_not_taken_for_none(odd: Odd) -> None:
    over = threading.Event()
    odd.answer = lambda _: (over.wait(5), b"")[1]
    Cuebot.setTimeout(0.3)
    try:
        with pytest.raises(DeadlineExceededException, match="outcome is unknown"):
            api.getJobs()
        with pytest.raises(DeadlineExceededException):
            api.Job().kill()
    finally:
        over.set()
    assert odd.calls == ["GetJobs", "Kill"]


def test_a_launch_whose_answer_makes_no_sense_is_not_sent_again(odd: Odd) -> None:
    odd.answer = lambda _: b"\xff\xff\xff"

    with pytest.raises(CueException):
        api.launchSpecAndWait("<job name='x'>")
    assert odd.calls == ["LaunchSpecAndWait"]


def test_a_launch_that_a_server_drops_is_not_sent_again(odd: Odd) -> None:
    def drop(context: grpc.ServicerContext) -> bytes:
        context.abort(
            grpc.StatusCode.UNAVAILABLE, "Stream removed (recvmsg:Connection reset by peer (104))"
        )
        raise AssertionError("abort raises")

    odd.answer = drop

    with pytest.raises(ConnectionException, match="whether it was done is unknown"):
        api.launchSpecAndWait("<job name='x'>")
    assert odd.calls == ["LaunchSpecAndWait"]
