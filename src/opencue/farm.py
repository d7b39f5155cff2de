"""The Cuelet farm behind the connection: what it is, and calls that only it answers."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import grpc

from opencue import embedded, rpc
from opencue.connection import INFO, PROBE_TIMEOUT_S
from opencue.cuebot import _LINK, Cuebot
from opencue.exception import CueException, FarmSilentException

__all__ = ["call", "call_own", "holder", "info", "is_cuelet", "is_running", "state_dir", "stop"]


def call(method: str, /, **fields: Any) -> dict[str, Any]:
    """Call a method of the ``cuelet.Farm`` service on the current server.

    Raises:
        CueException: The server refused; status UNIMPLEMENTED means a stock Cuebot.
    """
    answer = getattr(Cuebot.getStub("cuelet"), method)(fields)
    if not isinstance(answer, dict):  # a test has put another stub in place, for a stock Cuebot
        raise CueException(method=method, status=grpc.StatusCode.UNIMPLEMENTED)
    return answer


def call_or_none(method: str, /, **fields: Any) -> dict[str, Any] | None:
    """Call a method of the ``cuelet.Farm`` service; return None on a stock Cuebot."""
    try:
        return call(method, **fields)
    except CueException as error:
        if error.status is grpc.StatusCode.UNIMPLEMENTED:
            return None
        raise


def info() -> dict[str, Any] | None:
    """Return what the current server says about itself, or None when it is a stock Cuebot."""
    return call_or_none("Info")


def is_cuelet() -> bool:
    """Tell whether the current server is a Cuelet farm, as far as it said so when it was connected to."""
    return _LINK.connection().is_cuelet


def state_dir() -> Path:
    """Return the directory the embedded farm keeps its state in."""
    return embedded.state_dir()


def holder() -> int | None:
    """Return the process that runs the embedded farm of this user, answering or not."""
    return embedded.holder()


def is_running() -> dict[str, Any] | None:
    """Return what the embedded farm of this user says about itself, or None; never start it.

    One that runs and does not answer is what `holder` tells.

    Raises:
        FarmNotOursException: Its files belong to another user.
    """
    try:
        connection = _LINK.running_farm()
    except FarmSilentException:
        return None
    if connection is None:
        return None
    with contextlib.closing(connection.channel):
        answer: dict[str, Any] = connection.send(INFO, {}, PROBE_TIMEOUT_S)
        return answer


def call_own(method: str, /, **fields: Any) -> dict[str, Any] | None:
    """Call a method of the embedded farm of this user; return None when it does not run."""
    connection = _LINK.running_farm()
    if connection is None:
        return None
    with contextlib.closing(connection.channel):
        called = rpc.json_method(f"/cuelet.Farm/{method}")
        answer: dict[str, Any] = connection.send(called, fields, _LINK.timeout_s)
        return answer


def stop() -> bool:
    """Stop the embedded farm of this user; running frames go on. Return whether there was one."""
    connection = _LINK.running_farm()
    if connection is None:
        return False
    with contextlib.closing(connection.channel):
        connection.send(rpc.json_method("/cuelet.Farm/Stop"), {}, _LINK.timeout_s)
    return True
