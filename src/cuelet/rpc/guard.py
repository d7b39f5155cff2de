"""The border of every call: what is served, and how refusals become status codes."""

from __future__ import annotations

import asyncio
import logging
import re
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
from cuelet.store.errors import StoreError

_log = logging.getLogger(__name__)

_STATUS: dict[type[FarmError], grpc.StatusCode] = {
    NotFoundError: grpc.StatusCode.NOT_FOUND,
    AmbiguousNameError: grpc.StatusCode.INVALID_ARGUMENT,
    DuplicateJobError: grpc.StatusCode.ALREADY_EXISTS,
    AlreadyThereError: grpc.StatusCode.ALREADY_EXISTS,
    InvalidSpecError: grpc.StatusCode.INVALID_ARGUMENT,
    InvalidRequestError: grpc.StatusCode.FAILED_PRECONDITION,
    OutOfDiskError: grpc.StatusCode.RESOURCE_EXHAUSTED,
}

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
            return grpc.unary_unary_rpc_method_handler(self._guarded(None, method))
        if handler.unary_unary is None:
            return handler
        wrapped = self._guarded(handler.unary_unary, method)
        return grpc.unary_unary_rpc_method_handler(
            wrapped,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    @staticmethod
    def _guarded(behaviour: Any, method: str) -> Behaviour:
        async def call(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:
            if not asyncio.iscoroutinefunction(behaviour):
                await context.abort(grpc.StatusCode.UNIMPLEMENTED, refusal_of(method))
            return await _translated(behaviour, request, context)

        return call


_SET_UP = re.compile(r"/(department|facility|host|renderPartition|service|show|task)\.")


def refusal_of(method: str) -> str:
    """Return why a method is not served, such as ``/show.ShowInterface/CreateShow``."""
    called = method.rpartition(".")[2].replace("/", ".")
    if _SET_UP.match(method):
        return f"the embedded farm does not have {called}: one machine has no use for it"
    return f"the embedded farm does not have {called}"


async def _translated(
    behaviour: Behaviour,
    request: Any,
    context: aio.ServicerContext[Any, Any],
) -> Any:
    try:
        return await behaviour(request, context)
    except FarmError as error:
        await context.abort(_STATUS.get(type(error), grpc.StatusCode.UNKNOWN), str(error))
    except (StoreError, OSError) as error:
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))
