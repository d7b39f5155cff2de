"""Repeat calls on channels that a script opens itself; the channel of this package needs none of it, see `opencue.rpc`."""

from __future__ import annotations

import abc
import time
from collections.abc import Callable, Collection
from typing import Any

import grpc


class SleepingPolicy(abc.ABC):
    """How long to wait between tries."""

    @abc.abstractmethod
    def sleep(self, attempt: int) -> None:
        """Wait after the try of that number, the first being 0."""


class ExponentialBackoff(SleepingPolicy):
    """Wait longer after each try.

    Args:
        init_backoff_ms: Milliseconds after the first try.
        max_backoff_ms: Milliseconds it never waits longer than.
        multiplier: How much longer each wait is than the one before.
    """

    def __init__(
        self, init_backoff_ms: float, max_backoff_ms: float, multiplier: float = 2
    ) -> None:
        self._first_ms, self._most_ms, self._factor = init_backoff_ms, max_backoff_ms, multiplier

    def sleep(self, attempt: int) -> None:
        """Wait after the try of that number, the first being 0."""
        time.sleep(min(self._first_ms * self._factor**attempt, self._most_ms) / 1000)


class RetryOnRpcErrorClientInterceptor(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[type-arg]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[type-arg]
):
    """Repeat the calls of a channel that fail, for `grpc.intercept_channel`.

    Args:
        max_attempts: Tries in all.
        sleeping_policy: How long to wait between them.
        status_for_retry: The statuses that are worth another try; all of them when not given.
    """

    def __init__(
        self,
        max_attempts: int,
        sleeping_policy: SleepingPolicy,
        status_for_retry: Collection[grpc.StatusCode] | None = None,
    ) -> None:
        self._most, self._policy, self._worth = max_attempts, sleeping_policy, status_for_retry

    def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], client_call_details: Any, request: Any
    ) -> Any:
        """Make a call, and again while it is worth it."""
        return self._repeat(lambda: continuation(client_call_details, request))

    def intercept_stream_unary(
        self,
        continuation: Callable[[Any, Any], Any],
        client_call_details: Any,
        request_iterator: Any,
    ) -> Any:
        """Make a call, and again while it is worth it."""
        return self._repeat(lambda: continuation(client_call_details, request_iterator))

    def _repeat(self, call: Callable[[], Any]) -> Any:
        """Return the answer, or the error of the last try, which gRPC raises where it is asked for."""
        for attempt in range(self._most):
            failure = _failure_of(answer := _tried(call))
            if failure is None or not self._is_worth(failure) or attempt == self._most - 1:
                return answer
            self._policy.sleep(attempt)
        return None

    def _is_worth(self, failure: Any) -> bool:
        return not self._worth or _status_of(failure) in self._worth


def _tried(call: Callable[[], Any]) -> Any:
    """Return the answer or the error of a call, whichever way gRPC gives it."""
    try:
        return call()
    except grpc.RpcError as error:
        return error


def _failure_of(answer: Any) -> Any:
    """Return the error that an answer is, or None; a call that has not ended yet counts as answered."""
    if not isinstance(answer, grpc.RpcError) or not getattr(answer, "done", lambda: True)():
        return None
    return None if _status_of(answer) is grpc.StatusCode.OK else answer


def _status_of(failure: Any) -> Any:
    return getattr(failure, "code", lambda: None)()
