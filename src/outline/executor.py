"""Run several callables at once."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Any


class TaskExecutor:
    """A pool of threads.

    Args:
        threads: How many callables may run at the same time, at least 1.
    """

    def __init__(self, threads: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(max_workers=threads)
        self._futures: list[Future[Any]] = []

    def execute(self, callable_: Callable[..., Any], *args: Any) -> None:
        """Queue ``callable_(*args)``; a coroutine function runs in an event loop of its own."""
        self._futures.append(self._pool.submit(_to_its_end, callable_, *args))

    def wait(self) -> None:
        """Wait until everything queued has ended; raise the first error among them."""
        futures, self._futures = self._futures, []
        for future in futures:
            future.exception()
        for future in futures:
            future.result()


def _to_its_end(callable_: Callable[..., Any], *args: Any) -> Any:
    from outline._finish import run_to_end

    return run_to_end(callable_(*args))
