"""Messages between farm and resident: one JSON object per line, in both directions.

ASCII only, so that bytes that are not UTF-8 (surrogates in Python) survive the trip.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Any

from cuelet.core.values.runs import (
    LiveRun,
    OutputFile,
    RunEvent,
    RunExited,
    RunnerState,
    RunRequest,
    RunReturned,
    RunStarted,
    RunUsage,
    Step,
)
from cuelet.runner.errors import ProtocolError

PROTOCOL = 1
MAX_LINE_BYTES = 64 * 1024 * 1024
"""A longer message is taken for garbage; ten thousand steps with their arguments fit."""

Message = dict[str, Any]

_EVENTS: dict[str, type[RunEvent]] = {
    "started": RunStarted,
    "usage": RunUsage,
    "exited": RunExited,
    "returned": RunReturned,
}
_KIND_OF: dict[type, str] = {cls: kind for kind, cls in _EVENTS.items()}
_FIELDS: dict[type, tuple[str, ...]] = {
    cls: tuple(field.name for field in fields(cls))
    for cls in (RunStarted, RunUsage, RunExited, RunReturned, LiveRun)
}
_encode = json.JSONEncoder(separators=(",", ":")).encode


class LineBuffer:
    """Cut a byte stream into lines, however it was split on the way."""

    def __init__(self, limit: int = MAX_LINE_BYTES) -> None:
        self._parts: list[bytes] = []
        self._held = 0
        self._limit = limit

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes and return the lines they complete, without their newlines.

        Raises:
            ProtocolError: A line grew beyond the limit.
        """
        lines = data.split(b"\n")
        tail = lines.pop()
        if lines:
            self._parts.append(lines[0])
            lines[0] = b"".join(self._parts)
            self._parts.clear()
            self._held = 0
        self._keep(tail)
        return lines

    def _keep(self, tail: bytes) -> None:
        if tail:
            self._parts.append(tail)
            self._held += len(tail)
        if self._held > self._limit:
            raise ProtocolError(f"a message is longer than {self._limit} bytes")


def encode(message: Message) -> bytes:
    """Return the line of a message, newline included."""
    return _encode(message).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """Return the message of a line.

    Raises:
        ProtocolError: The line is not a JSON object.
    """
    try:
        message = json.loads(line)
    except ValueError as error:
        raise ProtocolError(f"not JSON: {line[:80]!r}") from error
    if not isinstance(message, dict):
        raise ProtocolError(f"not an object: {line[:80]!r}")
    return message


def message_from_request(request: RunRequest) -> Message:
    """Return the `spawn` message of a request."""
    message: Message = {
        "m": "spawn",
        "run_id": request.run_id,
        "steps": [[step.argv, step.env] for step in request.steps],
        "env_key": request.env_key,
        "env": request.env,
        "cwd": request.cwd,
        "log_path": request.log_path,
        "header": request.header,
        "memory_max_mb": request.memory_max_mb,
    }
    if request.umask is not None:
        message["umask"] = request.umask
    if request.freshness_note:
        message["look"] = request.freshness_note
    if request.outputs:
        message["outputs"] = [asdict(output) for output in request.outputs]
    if request.lane:
        message |= {"lane": request.lane, "patience_s": request.patience_s}
    return message


def request_from_message(message: Message) -> RunRequest:
    """Return the request of a `spawn` message."""
    return RunRequest(
        run_id=message["run_id"],
        steps=tuple(Step(tuple(argv), env) for argv, env in message["steps"]),
        env_key=message["env_key"],
        env=message["env"],
        cwd=message["cwd"],
        log_path=message["log_path"],
        umask=message.get("umask"),
        header=str(message["header"]),
        memory_max_mb=int(message.get("memory_max_mb", 0)),
        outputs=tuple(
            OutputFile(**{**output, "paths": tuple(output["paths"])})
            for output in message.get("outputs", ())
        ),
        freshness_note=str(message.get("look", "")),
        lane=message.get("lane", ""),
        patience_s=message.get("patience_s", 0.0),
    )


def message_from_event(event: RunEvent) -> Message:
    """Return the message that reports an event."""
    cls = type(event)
    message: Message = {"m": _KIND_OF[cls]}
    for name in _FIELDS[cls]:
        message[name] = getattr(event, name)
    return message


@lru_cache(maxsize=256)
def line_from_event(event: RunEvent) -> bytes:
    """Return the line that reports an event: the journal's record and the farm's news are one."""
    return encode(message_from_event(event))


def event_from_message(message: Message) -> RunEvent:
    """Return the event a message reports.

    Raises:
        ProtocolError: The message reports no event.
    """
    cls = _EVENTS.get(message.get("m", ""))
    if cls is None:
        raise ProtocolError(f"unknown message {message.get('m')!r}")
    return cls(**_known(cls, message))


def message_from_state(state: RunnerState) -> Message:
    """Return the `hello` message with which a resident answers a farm."""
    return {
        "m": "hello",
        "protocol": PROTOCOL,
        "pid": state.pid,
        "boot_id": state.boot_id,
        "running": [_as_dict(run) for run in state.running],
        "exited": [_as_dict(run) for run in state.exited],
        "has_lanes": state.has_lanes,
    }


def state_from_message(message: Message) -> RunnerState:
    """Return what a resident's `hello` says.

    Raises:
        ProtocolError: It is no hello, or of another version.
    """
    if message.get("m") != "hello":
        raise ProtocolError(f"expected hello, got {message.get('m')!r}")
    if message.get("protocol") != PROTOCOL:
        raise ProtocolError(
            f"the runner (pid {message.get('pid')}) speaks version {message.get('protocol')}, "
            f"this farm {PROTOCOL}; send the runner SIGTERM and it leaves after its last run"
        )
    return RunnerState(
        pid=message["pid"],
        boot_id=message["boot_id"],
        running=tuple(LiveRun(**_known(LiveRun, run)) for run in message["running"]),
        exited=tuple(exit_from_message(run) for run in message["exited"]),
        has_lanes=bool(message.get("has_lanes")),
    )


def exit_from_message(message: Message) -> RunExited:
    """Return the exit a journal record holds."""
    return RunExited(**_known(RunExited, message))


def _known(cls: type, message: Message) -> Message:
    # Fields of a newer minor version are dropped, missing ones with a default are filled in.
    return {name: message[name] for name in _FIELDS[cls] if name in message}


def _as_dict(value: LiveRun | RunExited) -> Message:
    return {name: getattr(value, name) for name in _FIELDS[type(value)]}
