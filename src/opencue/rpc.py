"""One gRPC call: its deadline, its errors as ours, and repeating it where that is safe.

A launch is safe to repeat where the server keeps the token that goes with it: it then answers with the job
that it has already.

Nothing else in this package talks to gRPC.
"""

from __future__ import annotations

import functools
import json
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc
from google.protobuf import message_factory

from opencue.exception import (
    CancelledException,
    ConnectionException,
    CueException,
    DeadlineExceededException,
    LaunchUnknownException,
    from_rpc,
)
from opencue.stock.sentences import translate

LAUNCH_TIMEOUT_S = 120.0
_NOTE = "cuelet-note-bin"
"""The trailing metadata of such a note."""
_shown: set[str] = set()
LAUNCH_KEY = "cuelet-launch-token"
"""Metadata that names a launch; a stock Cuebot passes over it."""
_UNKNOWN = (ConnectionException, DeadlineExceededException, CancelledException)
"""What a call ends with when the server may have done the work all the same."""
_JOB_NAME = re.compile(r"""<job\s+name=(["'])(.*?)\1""")
_IDEMPOTENT = ("Get", "Find", "Is", "Info", "Set", "Pause", "Resume", "Lock", "Unlock", "Satisfy")


@dataclass(frozen=True)
class Method:
    """One remote method: how it is addressed, spoken and treated."""

    path: str
    """Path on the wire, as ``/job.JobInterface/FindJob``."""
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]

    @property
    def label(self) -> str:
        """Short name for messages, as ``Job/FindJob``."""
        service, _, name = self.path.rpartition("/")
        return f"{service.rpartition('.')[2].removesuffix('Interface')}/{name}"

    @property
    def idempotent(self) -> bool:
        """Whether calling it twice is the same as calling it once."""
        return self.path.rpartition("/")[2].startswith(_IDEMPOTENT)

    @property
    def launches(self) -> bool:
        """Whether it submits a job, which may take long."""
        return self.path.rpartition("/")[2].startswith("Launch")


@dataclass
class Connection:
    """An open channel to one server that answered."""

    target: str
    channel: grpc.Channel
    embedded: bool
    answered_at: float = field(default_factory=time.monotonic)
    """Monotonic time of the last answer."""
    on_silence: Callable[[Method, float], CueException] | None = None
    """Makes the error of a call that was not answered within so many seconds; None: the usual one."""
    is_cuelet: bool = False
    """Whether a Cuelet farm answers there, rather than a stock Cuebot."""
    keeps_tokens: bool = False
    """Whether a launch that is repeated with its token is the same launch."""
    trouble: Callable[[], ConnectionException | None] = lambda: None
    """Returns why no connection could be made lately, where that is known better than to gRPC."""

    def send(
        self,
        method: Method,
        request: Any,
        timeout_s: float,
        metadata: tuple[tuple[str, str | bytes], ...] = (),
    ) -> Any:
        """Call once and return the response; failures are ours.

        Raises:
            CueException: The server refused, or did not answer.
        """
        call = self.channel.unary_unary(
            method.path, request_serializer=method.encode, response_deserializer=method.decode
        )
        try:
            response, ended = call.with_call(request, timeout=timeout_s, metadata=metadata)
        except grpc.RpcError as error:
            if self.on_silence and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                raise self.on_silence(method, timeout_s) from error
            trouble = self.trouble() if error.code() is grpc.StatusCode.UNAVAILABLE else None
            if trouble is not None:
                raise trouble from error
            refusal = from_rpc(error, method=method.label, target=self.target)
            raise translate(refusal, request=request) from None
        except ValueError as error:  # the channel was closed meanwhile
            raise ConnectionException(
                method=method.label, target=self.target, details=str(error)
            ) from error
        self.answered_at = time.monotonic()
        if trailing := ended.trailing_metadata():
            _show_notes(trailing)
        return response


class ConnectionKeeper(Protocol):
    """Whoever keeps the process's connection."""

    @property
    def timeout_s(self) -> float:
        """Seconds a call may take, launches excepted."""

    def connection(self) -> Connection:
        """Return the open connection, opening one when there is none."""

    def live_connection(self) -> Connection:
        """Return a connection that answered a moment ago."""

    def lost(self, connection: Connection) -> None:
        """Forget a connection that no longer answers."""

    def retry_pauses(self, connection: Connection) -> Iterator[float]:
        """Yield the seconds to wait before each further try."""


def _show_notes(metadata: Any) -> None:
    """Say on stderr, once each, what the embedded farm notes of a request that changed nothing."""
    for key, value in metadata:
        text = value.decode("utf-8", "replace") if key == _NOTE else ""
        if text and text not in _shown:
            _shown.add(text)
            if sys.stderr is not None:  # a DCC without a console
                sys.stderr.write(f"note: {text}\n")


def invoke(
    link: ConnectionKeeper, method: Method, request: Any, timeout_s: float | None = None
) -> Any:
    """Call a method; repeat it when the server was not reached and repeating is safe.

    Raises:
        CueException: The server refused, or did not answer.
    """
    limit_s = timeout_s or (LAUNCH_TIMEOUT_S if method.launches else link.timeout_s)
    if method.launches:
        return _launch(link, method, request, limit_s)
    connection = link.connection() if method.idempotent else link.live_connection()
    try:
        return connection.send(method, request, limit_s)
    except ConnectionException as error:
        link.lost(connection)
        if not method.idempotent:
            raise _with_doubt(error) from error
        return _again(link, method, request, limit_s, link.retry_pauses(connection), error)


def _with_doubt(error: ConnectionException) -> ConnectionException:
    """Return the error of a call that must not be repeated, with what that means for whoever made it."""
    said = f"{error.details()}; whether it was done is unknown, look before repeating it"
    return ConnectionException(method=error.method, target=error.target, details=said)


def _launch(link: ConnectionKeeper, method: Method, request: Any, limit_s: float) -> Any:
    """Launch, and ask once more for the same launch when the answer is lost.

    Raises:
        LaunchUnknownException: That is lost as well.
    """
    token: tuple[tuple[str, str | bytes], ...] = ((LAUNCH_KEY, secrets.token_hex(16)),)
    connection = link.live_connection()
    try:
        return connection.send(method, request, limit_s, token)
    except _UNKNOWN as error:
        if isinstance(error, ConnectionException):
            link.lost(connection)
            if not connection.keeps_tokens:
                raise _with_doubt(error) from error
        elif not connection.keeps_tokens:
            raise
    try:
        connection = link.connection()
        if connection.keeps_tokens:
            return connection.send(method, request, limit_s, token)
    except _UNKNOWN as error:
        raise _unknown_launch(request, method, connection, error) from error
    raise _unknown_launch(request, method, connection, None)


def _unknown_launch(
    request: Any, method: Method, connection: Connection, error: CueException | None
) -> LaunchUnknownException:
    found = _JOB_NAME.search(getattr(request, "spec", ""))
    return LaunchUnknownException(
        job=found[2] if found else "",
        reason=str(error.details() or error) if error else "another server answers there now",
        method=method.label,
        target=connection.target,
    )


def _again(
    link: ConnectionKeeper,
    method: Method,
    request: Any,
    limit_s: float,
    pauses: Iterator[float],
    error: CueException,
) -> Any:
    """Try again after each pause; raise the last failure when none is left."""
    for pause_s in pauses:
        time.sleep(pause_s)
        connection = None
        try:
            connection = link.connection()
            return connection.send(method, request, limit_s)
        except ConnectionException as failure:
            error = failure
            if connection is not None:
                link.lost(connection)
            if not failure.retryable:
                break
    raise error


class Stub:
    """The calls of one service, as ``stub.FindJob(request)``.

    Args:
        service: Descriptor of the protobuf service.
        link: Keeper of the connection.
    """

    def __init__(self, service: Any, link: ConnectionKeeper) -> None:
        self._service, self._link = service, link

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the call of that name."""
        descriptor = self._service.methods_by_name.get(name)
        if descriptor is None:
            raise AttributeError(f"{self._service.full_name} has no method {name!r}")
        method = _method(descriptor)

        def call(request: Any = None, timeout: float | None = None) -> Any:
            message = request_class(descriptor)() if request is None else request
            return invoke(self._link, method, message, timeout)

        self.__dict__[name] = call
        return call


class JsonStub:
    """The calls of a service that takes and returns JSON objects, as ``stub.Info({})``.

    Args:
        path: The service, as ``/cuelet.Farm``.
        link: Keeper of the connection.
    """

    def __init__(self, path: str, link: ConnectionKeeper) -> None:
        self._path, self._link = path, link

    def __getattr__(self, name: str) -> Callable[[dict[str, Any]], Any]:
        """Return the call of that name."""
        method = json_method(f"{self._path}/{name}")
        return lambda fields: invoke(self._link, method, fields)


def request_class(descriptor: Any) -> Callable[..., Any]:
    """Return the message class a method takes."""
    found: Callable[..., Any] = message_factory.GetMessageClass(descriptor.input_type)
    return found


@functools.cache
def _method(descriptor: Any) -> Method:
    response = message_factory.GetMessageClass(descriptor.output_type)
    return Method(
        path=f"/{descriptor.containing_service.full_name}/{descriptor.name}",
        encode=lambda message: bytes(message.SerializeToString()),
        decode=response.FromString,
    )


@functools.cache
def json_method(path: str) -> Method:
    """Return a method whose request and response are JSON objects."""
    return Method(
        path=path,
        encode=lambda fields: json.dumps(fields).encode(),
        decode=lambda text: json.loads(text or b"{}"),
    )
