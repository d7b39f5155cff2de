"""The border of every call: what is served, and how refusals become status codes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from grpc import aio

from cuelet.core.values.errors import (
    AlreadyThereError,
    AmbiguousNameError,
    DuplicateJobError,
    FarmError,
    InvalidRequestError,
    InvalidSpecError,
    NotFoundError,
    OutOfDiskError,
)
from cuelet.rpc.opencue.elsewhere import refusal_of
from cuelet.rpc.reading import UnreadableRequestError, read
from cuelet.store.errors import StoreError

_log = logging.getLogger(__name__)

_STATUS: dict[type[FarmError], grpc.StatusCode] = {
    NotFoundError: grpc.StatusCode.NOT_FOUND,
    AmbiguousNameError: grpc.StatusCode.INVALID_ARGUMENT,
    DuplicateJobError: grpc.StatusCode.ALREADY_EXISTS,
    AlreadyThereError: grpc.StatusCode.ALREADY_EXISTS,
    InvalidSpecError: grpc.StatusCode.INVALID_ARGUMENT,
    UnreadableRequestError: grpc.StatusCode.INVALID_ARGUMENT,
    InvalidRequestError: grpc.StatusCode.FAILED_PRECONDITION,
    OutOfDiskError: grpc.StatusCode.RESOURCE_EXHAUSTED,
}

_MOST_TEXT = 600
"""Characters of a refusal at most: it travels in a header, of which clients take 8 KB."""

Behaviour = Callable[[Any, aio.ServicerContext[Any, Any]], Awaitable[Any]]


class Guard(aio.ServerInterceptor):  # type: ignore[type-arg] # grpc has no parameters here
    """Refuse what is not served, and translate what the farm raises."""

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """Wrap the handler of a call."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None:
            return grpc.unary_unary_rpc_method_handler(self._guarded(None, None, method))
        if handler.unary_unary is None:
            return handler
        wrapped = self._guarded(handler.unary_unary, handler.request_deserializer, method)
        return grpc.unary_unary_rpc_method_handler(
            wrapped, response_serializer=handler.response_serializer
        )

    @staticmethod
    def _guarded(behaviour: Any, decode: Any, method: str) -> Behaviour:
        name = method.rpartition("/")[2]

        async def call(data: bytes, context: aio.ServicerContext[Any, Any]) -> Any:
            if not asyncio.iscoroutinefunction(behaviour):
                await context.abort(grpc.StatusCode.UNIMPLEMENTED, shortened(refusal_of(method)))
            return await _translated(behaviour, data, decode, name, context)

        return call


def shortened(text: str) -> str:
    """Return a refusal that a header has room for: of a long one the beginning and the end."""
    half = _MOST_TEXT // 2
    return text if len(text) <= _MOST_TEXT else f"{text[:half]} ... {text[-half:]}"


async def _translated(
    behaviour: Behaviour,
    data: bytes,
    decode: Callable[[bytes], Any] | None,
    name: str,
    context: aio.ServicerContext[Any, Any],
) -> Any:
    try:
        request = data if decode is None else read(data, decode, name)
        return await behaviour(request, context)
    except FarmError as error:
        status = _STATUS.get(type(error), grpc.StatusCode.UNKNOWN)
        await context.abort(status, shortened(str(error)))
    except (StoreError, OSError) as error:
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, shortened(str(error)))
