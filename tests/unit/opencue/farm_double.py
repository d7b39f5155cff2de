"""An in-process farm: answers every OpenCue call as told, and remembers what it was asked."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import message_factory

_FILES = (
    "comment", "cue", "department", "depend", "facility", "filter", "host", "job", "limit",
    "monitoring", "renderPartition", "service", "show", "subscription", "task",
)  # fmt: skip
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for name in _FILES
    for service in importlib.import_module(
        f"opencue_proto.{name}_pb2"
    ).DESCRIPTOR.services_by_name.values()
    for method in service.methods
}


class RefusalError(Exception):
    """The status an answer stands for."""

    def __init__(self, status: grpc.StatusCode, details: str = "because") -> None:
        self.status, self.details = status, details
        super().__init__(details)


class FarmDouble(grpc.GenericRpcHandler):
    """A server on a free port or a unix socket.

    ``answers`` maps a short method name to what is answered: a dictionary of response fields, a
    function of the request, a `RefusalError`, or a list of these for one call each.
    What is not in it is answered with an empty response.
    """

    def __init__(self, address: str = "127.0.0.1:0", *, is_cuelet: bool = False) -> None:
        self.is_cuelet = is_cuelet
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, Any]] = []
        self._lock = threading.Lock()
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))
        port = self._server.add_insecure_port(address)
        self.host = address if address.startswith("unix:") else f"127.0.0.1:{port}"
        self._server.start()

    def close(self) -> None:
        self._server.stop(0).wait()

    def names(self) -> list[str]:
        """Return the calls so far, without the ones that only look who is there."""
        return [name for name, _ in self.calls if name not in {"Farm/Info", "Cue/GetSystemStats"}]

    def requests(self, name: str) -> list[Any]:
        return [request for called, request in self.calls if called == name]

    def service(self, details: Any) -> Any:
        service, _, name = details.method.removeprefix("/").partition("/")
        label = f"{service.rpartition('.')[2].removesuffix('Interface')}/{name}"
        if service == "cuelet.Farm":
            return self._json_handler(label) if self.is_cuelet else None
        method = METHODS.get(details.method)
        return self._message_handler(label, method) if method else None

    def _json_handler(self, label: str) -> Any:
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._answer(label, request, context) or {},
            request_deserializer=json.loads,
            response_serializer=lambda fields: json.dumps(fields).encode(),
        )

    def _message_handler(self, label: str, method: Any) -> Any:
        response = message_factory.GetMessageClass(method.output_type)
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: response(**(self._answer(label, request, context) or {})),
            request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    def _answer(self, label: str, request: Any, context: Any) -> Any:
        with self._lock:
            self.calls.append((label, request))
            answer = self.answers.get(label)
            if isinstance(answer, list):
                answer = answer.pop(0) if answer else None
        if isinstance(answer, Callable):  # type: ignore[arg-type]
            try:
                answer = answer(request)
            except RefusalError as refusal:
                answer = refusal
        if isinstance(answer, RefusalError):
            context.abort(answer.status, answer.details)
        return answer
