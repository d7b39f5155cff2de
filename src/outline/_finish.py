"""Run to its end what a hook only began: a coroutine, a generator, or another iterator that it returned."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from typing import Any


def run_to_end(began: Any) -> Any:
    """Return what a call comes to.

    Args:
        began: What it returned: a coroutine or another awaitable, an iterator of either kind, a future, a list of these;
            anything else is returned as it is.
    """
    kind = type(began)
    if hasattr(kind, "__await__"):
        return run_to_end(_run(_awaited, began))
    if hasattr(kind, "__anext__"):
        return _run(_exhausted, began)
    if hasattr(kind, "__next__") or kind in (list, tuple):
        for each in began:
            run_to_end(each)
    elif hasattr(kind, "add_done_callback") and hasattr(kind, "result"):
        return began.result()
    return began


def _run(finish: Callable[[Any], Coroutine[Any, Any, Any]], began: Any) -> Any:
    """Finish something in an event loop of its own."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(finish(began))
    if hasattr(began, "close"):
        began.close()
    raise RuntimeError("a layer with async methods cannot run inside of a running event loop")


async def _awaited(began: Awaitable[Any]) -> Any:
    return await began


async def _exhausted(began: AsyncIterator[Any]) -> None:
    async for each in began:
        if hasattr(type(each), "__await__"):
            await each
