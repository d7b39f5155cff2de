"""What ``SetHost`` says of the machine, read from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cuelet.core.values.errors import InvalidRequestError


def offer_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `cuelet.core.operations.machine.offer`; raises InvalidRequestError."""
    offer: dict[str, Any] = {
        key: _words(key, request[key])
        for key in ("tags", "services")
        if request.get(key) is not None
    }
    if request.get("gpus") is not None:
        offer["gpus"] = _whole("gpus", request["gpus"])
    return offer


def _whole(key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidRequestError(request=f"{key} {value!r}", reason="give a whole number")
    return value


def _words(key: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidRequestError(request=f"{key} {value!r}", reason="give a list of words")
    return value
