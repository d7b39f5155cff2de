"""The recordings of a real Cuebot: flows of calls, each with its request and what was answered."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from tests.wire import filled, methods

FLOWS = Path(__file__).parent / "flows"
EXTENSION = "/cuelet.Farm/"
"""Our own service, of which a Cuebot knows nothing."""


@dataclass(frozen=True)
class Call:
    """One recorded call; two of the same number in the same flow are the same."""

    flow: str
    number: int
    method: str
    """Path on the wire, as ``/job.JobInterface/FindJob``."""
    status: grpc.StatusCode
    details: str
    request: dict[str, Any] | None
    """None when it was no message of the method, or the method does not exist."""
    response: dict[str, Any] | None
    raw: bytes = b""
    """What was sent where that was no message."""

    @property
    def label(self) -> str:
        """Short name, as ``Job/FindJob``."""
        service, _, name = self.method.rpartition("/")
        return f"{service.rpartition('.')[2].removesuffix('Interface')}/{name}"

    def __str__(self) -> str:
        return f"{self.flow}:{self.number} {self.label}"


def flow_names() -> list[str]:
    """Return the names of the flows, in the order in which they were recorded."""
    return sorted(path.name.removesuffix(".jsonl.gz") for path in FLOWS.glob("*.jsonl.gz"))


@functools.cache
def flow(name: str) -> tuple[Call, ...]:
    """Return the calls of a flow."""
    text = gzip.decompress((FLOWS / f"{name}.jsonl.gz").read_bytes()).decode()
    return tuple(_call(name, number, line) for number, line in enumerate(text.splitlines(), 1))


def _call(name: str, number: int, line: str) -> Call:
    read = json.loads(line)
    return Call(
        flow=name,
        number=number,
        method=read["method"],
        status=grpc.StatusCode[read["status"]],
        details=read.get("details", ""),
        request=read.get("request"),
        response=read.get("response"),
        raw=base64.b64decode(read.get("request_b64", "")),
    )


def request_of(call: Call) -> Any:
    """Return the request of a call as a message, or None."""
    if call.request is None:
        return None
    return filled(methods()[call.method].input_type, call.request)


def sent(call: Call) -> bytes:
    """Return the bytes of a request."""
    message = request_of(call)
    return call.raw if message is None else bytes(message.SerializeToString())


def response_of(call: Call) -> Any:
    """Return the response of a call as a message, or None."""
    if call.response is None:
        return None
    return filled(methods()[call.method].output_type, call.response)
